import { beforeEach, describe, expect, it } from 'vitest';
import { ITEM } from '../../../lib/names.ts';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, configOf, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  world.latencyMs = 1_000;
  await world.apply(granted(ALICE, 0));
});
const start = () => rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS);
/** A rebuild that takes the lease and is never heard of again. */
const dies = () => world.deps.states.take(ACL, 'dead', world.clock.now(), world.clock.now() + 35_000);
const leaseIs = (fields: { readonly leaseOwner: string; readonly leaseUntil?: number }) =>
  world.table.write([{ update: { acl: ACL, item: ITEM.state }, set: fields }]);

describe('two rebuilds of one ACL at the same time', () => {
  it('never both call Okta: the second comes again five seconds later', async () => {
    const first = start();
    await world.clock.advance(1_500);
    await world.apply(granted(BOB, 1), revoked(ALICE, 2));
    await start();
    expect(world.calls()).toBe(2);
    expect(world.nextTimer()).toBe(5_000);
    await world.clock.finish(first);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    await world.timersGoOff();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.okta.requests().map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT']);
    expect(world.confirmed()).toEqual([positionAt(1), positionAt(3)]);
  });

  it('cost no more calls than one after the other, however many come', async () => {
    const first = start();
    await world.clock.advance(10);
    await Promise.all([start(), start(), start()]);
    await world.clock.finish(first);
    await world.timersGoOff();
    expect(world.okta.requests().map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  it('however they fall: what was applied before the last of them began is in the zone when all are over', async () => {
    for (const gap of [0, 1, 500, 999, 1_000, 1_001, 1_999, 2_000, 2_001, 2_500]) {
      world = new ZoneWorld();
      world.latencyMs = 1_000;
      await world.apply(granted(ALICE, 0));
      const first = start();
      await world.clock.advance(gap);
      await world.apply(granted(BOB, 1));
      const second = start();
      await world.clock.finish(Promise.all([first, second]));
      await world.timersGoOff();
      expect([gap, ...world.gateways()]).toEqual([gap, `${ALICE}/32`, `${BOB}/32`]);
      expect(world.okta.requests().filter(({ overlapping }) => overlapping)).toEqual([]);
    }
  });
});

describe('a rebuild that died with the lease', () => {
  beforeEach(dies);

  it('keeps others from calling until its lease is over, and not longer', async () => {
    await world.rebuild();
    expect(world.nextTimer()).toBe(5_000);
    await world.clock.advance(32_000);
    await world.rebuild();
    expect(world.calls()).toBe(0);
    expect(world.nextTimer()).toBe(3_000);
    await world.clock.advance(3_001);
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('can save nothing once another has taken over, and announce no write', async () => {
    const stored = await world.deps.states.items.get('nzo1');
    await world.clock.advance(35_001);
    await world.rebuild();
    const { states } = world.deps;
    await expect(states.assertHeld(ACL, 'dead', world.clock.now())).rejects.toThrow('taken over');
    const lists = { before: [], after: ['10.0.0.0/8'] };
    expect(await states.items.announce('nzo1', ACL, stored, lists, NOW)).toBeUndefined();
    world.okta.clearRequests();
    await world.clock.advance(60_000);
    await world.rebuild();
    expect(world.calls()).toBe(0);
  });
});

describe('what a rebuild was shown that died before it could store it', () => {
  /** The table does not take the next question of this kind. */
  let failsAt: string | undefined;
  class Failing extends MemoryTable {
    override async get(...of: Parameters<MemoryTable['get']>) {
      if (of[0].item === failsAt) {
        failsAt = undefined;
        throw new Error('the table does not answer');
      }
      return super.get(...of);
    }
  }
  beforeEach(async () => {
    world = new ZoneWorld({ config: configOf({ verifyMinutes: 60 }), Table: Failing });
    await world.apply(granted(ALICE, 0, { expiresAt: NOW + 7_200_000 }));
    await world.rebuild();
    await world.clock.advance(60_000);
    await dies();
    world.okta.editZone('nzo1', { gateways: ['192.0.2.0/32'] });
    await world.clock.advance(35_001);
    world.okta.clearRequests();
  });

  it.each<[string, () => unknown]>([
    ['at once', () => {}],
    ['once Okta rests no more', () => world.deps.states.rest.refused(60_000, world.clock.now(), world.clock.now())],
    [
      'once the table answers',
      () => {
        failsAt = ITEM.wake;
      },
    ],
  ])('is looked for by the next one: %s', async (_, happens) => {
    await happens();
    await world.rebuild().catch(() => {});
    for (let i = 0; i < 2; i += 1) await world.minute();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('is looked for only until it was seen', async () => {
    for (let i = 0; i < 4; i += 1) await world.minute();
    const { zones } = await world.deps.states.get(ACL);
    expect(Object.keys(zones.nzo1 ?? {})).toEqual(['write', 'rightAt']);
    world.okta.clearRequests();
    await world.minute();
    expect(world.calls()).toBe(0);
  });
});

describe('a rebuild that has let go of its lease', () => {
  it('makes the next one read nothing', async () => {
    await world.rebuild();
    await world.clock.advance(60_000);
    world.okta.clearRequests();
    await world.rebuild();
    expect(world.calls()).toBe(0);
  });
});

describe('a rebuild that lost its lease', () => {
  it('writes nothing to Okta: it asks for its lease before every write', async () => {
    const run = start();
    await world.clock.advance(500);
    await leaseIs({ leaseOwner: 'another' });
    await world.clock.finish(run);
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([1, 0]);
    const said = world.lines.filter(({ level }) => level !== undefined && level !== 'INFO');
    expect(said).toMatchObject([{ level: 'WARN', acl: ACL, message: expect.stringContaining('lease was lost') }]);
  });

  it('does not take the lease from its new holder when it ends', async () => {
    const run = start();
    await world.clock.advance(1_500);
    await leaseIs({ leaseOwner: 'another', leaseUntil: NOW + 99_000 });
    await world.clock.finish(run);
    expect(await world.deps.states.lease(ACL, world.clock.now())).toMatchObject({
      owner: 'another',
      until: NOW + 99_000,
    });
  });

  it('after its write was announced is blamed on nobody else, and costs no second write', async () => {
    const run = start();
    await world.clock.advance(1_500);
    await leaseIs({ leaseOwner: 'another', leaseUntil: NOW + 5_000 });
    await world.clock.finish(run);
    await world.clock.advance(5_000);
    await world.rebuild();
    expect(world.codes()).toEqual([]);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.calls('PUT')).toBe(1);
  });
});
