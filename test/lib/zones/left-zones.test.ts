import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT } from '../../../lib/names.ts';
import type { Key, Write } from '../../../lib/ports.ts';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { configOf, granted, revoked } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.9'];
const BEFORE = { acls: { mine: { zoneIds: ['nzo1', 'nzo2'] }, other: { zoneIds: ['nzo3'] } } };
const WITHOUT_THE_ZONE = { acls: { mine: { zoneIds: ['nzo2'] }, other: { zoneIds: ['nzo3'] } } };
const WITHOUT_THE_ACL = { acls: { other: { zoneIds: ['nzo3'] } } };

/** Every call is refused from a moment on. */
let isOut = false;
class FailingTable extends MemoryTable {
  override async get(key: Key) {
    this.#assertThere();
    return super.get(key);
  }

  override async write(writes: readonly Write[]) {
    this.#assertThere();
    return super.write(writes);
  }

  #assertThere(): void {
    if (isOut) throw new Error('the table refuses');
  }
}

let world: ZoneWorld;
const told = () =>
  world.lines.flatMap(({ action, zoneId, acl, added }) =>
    action === AUDIT.zoneUpdated && zoneId === 'nzo1' ? [{ acl, added }] : [],
  );
const BOBS = { acl: 'mine', added: [`${BOB}/32`] };

beforeEach(async () => {
  isOut = false;
  world = new ZoneWorld({ config: configOf(BEFORE), Table: FailingTable });
  await world.apply(granted(ALICE, 0, { acl: 'mine' }));
  await world.rebuild('mine');
  await world.clock.advance(10_000);
  await world.apply(granted(BOB, 1, { acl: 'mine' }));
  world.lines.length = 0;
  world.okta.clearRequests();
});

describe('a write that Okta has carried out, after which the table fails', () => {
  beforeEach(async () => {
    world.onAnswer = (call) => {
      if (call === 'PUT nzo1') isOut = true;
    };
    await world.rebuild('mine').catch(() => {});
    isOut = false;
  });

  it.each([
    ['stays', BEFORE],
    ['is taken from the ACL', WITHOUT_THE_ZONE],
    ['is taken away with its ACL', WITHOUT_THE_ACL],
  ])('is in the audit, where the zone %s', async (_, settings) => {
    expect(told()).toEqual([BOBS]);
    world.lines.length = 0;
    // Another process, which can't know that.
    world.deploy(settings);
    await world.clock.advance(RUN_MS + 6_000);
    await world.rebuild('mine');
    expect(told().length).toBeLessThanOrEqual(1);
  });

  it('is not told again by the same process', async () => {
    await world.clock.advance(RUN_MS + 6_000);
    await world.rebuild('mine');
    await world.rebuild('mine');
    expect([told(), world.calls('PUT', 'nzo1')]).toEqual([[BOBS], 1]);
  });
});

describe('a zone that comes back into the configuration', () => {
  it('is read before anybody leaves another zone for it: an administrator has closed it meanwhile', async () => {
    await world.rebuild('mine');
    world.deploy(WITHOUT_THE_ZONE);
    await world.rebuild('mine');
    world.okta.editZone('nzo1', { usage: 'BLOCKLIST' });
    await world.clock.advance(10_000);
    world.deploy(BEFORE);
    world.okta.clearRequests();
    await world.rebuild('mine');
    expect([world.calls('GET', 'nzo1'), world.calls('PUT', 'nzo2')]).toEqual([1, 0]);
    expect(world.codes()).toEqual(['ZONE004']);
  });
});

describe('a zone that the configuration has taken away', () => {
  /** The run dies with a write whose answer it does not get. */
  const die = async (when: 'onCall' | 'onAnswer') => {
    const goOn = world.holdUp('PUT nzo1', when);
    void rebuildAcl('mine', world.deps, world.clock.now() + RUN_MS).catch(() => {});
    await world.clock.advance(RUN_MS + 6_000);
    world.lines.length = 0;
    world.okta.clearRequests();
    return goOn;
  };

  it.each([
    ['by the ACL that had it', WITHOUT_THE_ZONE],
    ['though its ACL is gone as well', WITHOUT_THE_ACL],
  ])('is told of once, where nobody could tell of its last write: %s', async (_, settings) => {
    await die('onAnswer');
    world.deploy(settings);
    await world.rebuild('mine');
    expect([told(), world.callList().filter((call) => call.endsWith('nzo1'))]).toEqual([[BOBS], ['GET nzo1']]);
    world.deploy(settings);
    await world.rebuild('mine');
    await world.clock.advance(300_000);
    await world.rebuild('mine');
    expect([told().length, world.calls(undefined, 'nzo1')]).toEqual([1, 1]);
    expect(world.codes()).toEqual([]);
  });

  it.each([
    ['its ACL again', BEFORE, 'mine'],
    ['another', { acls: { other: { zoneIds: ['nzo1', 'nzo3'] } } }, 'other'],
  ])('is not told of again once %s has it', async (_, settings, acl) => {
    await die('onAnswer');
    world.deploy(WITHOUT_THE_ZONE);
    await world.rebuild('mine');
    world.lines.length = 0;
    world.deploy(settings);
    await world.apply(granted('203.0.113.30', 2, { acl: 'other' }));
    await world.rebuild(acl);
    expect(told().filter((line) => line.acl === 'mine')).toEqual([]);
    expect(world.gateways('nzo1')).toContain(acl === 'mine' ? `${BOB}/32` : '203.0.113.30/32');
  });

  it('is told of where an older run has written it once more, and died, after all had been told', async () => {
    const gatewayLimit = 1;
    world = new ZoneWorld({ config: configOf({ ...BEFORE, gatewayLimit }) });
    await world.apply(granted(ALICE, 0, { acl: 'mine' }), granted(BOB, 1, { acl: 'mine' }));
    await world.rebuild('mine');
    const older = world.deps;
    const acls = { mine: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo3'] } };
    world.deploy({ acls, gatewayLimit });
    await world.clock.advance(5_000);
    await world.rebuild('mine');
    const newer = world.deps;
    world.deps = older;
    await world.clock.advance(5_000);
    await world.apply(revoked(BOB, 30, { acl: 'mine' }));
    world.holdUp('PUT nzo2', 'onAnswer');
    void rebuildAcl('mine', world.deps, world.clock.now() + RUN_MS).catch(() => {});
    await world.clock.advance(RUN_MS + 6_000);
    expect(world.gateways('nzo2')).toEqual(['192.0.2.0/32']);
    world.deps = newer;
    world.lines.length = 0;
    for (let i = 0; i < 2; i += 1) await world.minute('mine');
    const lines = world.lines.filter(({ action, zoneId }) => action === AUDIT.zoneUpdated && zoneId === 'nzo2');
    expect(lines).toMatchObject([{ acl: 'mine', removed: [`${BOB}/32`] }]);
  });

  it('is neither read nor written where all was told', async () => {
    await world.rebuild('mine');
    world.okta.clearRequests();
    world.deploy(WITHOUT_THE_ZONE);
    await world.rebuild('mine');
    world.deploy(WITHOUT_THE_ACL);
    await world.rebuild('mine');
    expect(world.calls(undefined, 'nzo1')).toBe(0);
  });

  it('is told of where its last write comes late', async () => {
    const arrives = await die('onCall');
    world.deploy(WITHOUT_THE_ZONE);
    await world.rebuild('mine');
    expect(told()).toEqual([]);
    arrives();
    await world.clock.advance(1_000);
    await world.rebuild('mine');
    expect([told(), world.calls('GET', 'nzo1')]).toEqual([[BOBS], 2]);
  });

  it('is asked for no longer than a write can come late', async () => {
    await die('onCall');
    world.deploy(WITHOUT_THE_ZONE);
    for (const _ of [1, 2, 3, 4]) {
      await world.clock.advance(60_000);
      await world.rebuild('mine');
    }
    expect([told(), world.calls('GET', 'nzo1')]).toEqual([[], 1]);
  });

  it('is asked for again where Okta did not answer, and its ACL goes on meanwhile', async () => {
    await die('onAnswer');
    world.deploy(WITHOUT_THE_ZONE);
    world.okta.addFault({ count: 1, zoneId: 'nzo1', method: 'GET', fault: { status: 503 } });
    await world.rebuild('mine');
    expect([told(), world.codes(), world.gateways('nzo2')]).toEqual([[], [], [`${ALICE}/32`, `${BOB}/32`]]);
    await world.rebuild('mine');
    expect(told()).toEqual([BOBS]);
  });
});
