import { beforeEach, describe, expect, it } from 'vitest';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import { WakeItem } from '../../../lib/grants/wake-item.ts';
import { ZONE_PARTITION } from '../../../lib/names.ts';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, configOf, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  await world.apply(granted(ALICE, 0, { expiresAt: NOW + 600_000 }), granted(BOB, 0, { expiresAt: NOW + 900_000 }));
});

describe('a rebuild', () => {
  it('makes the zone equal to the live grants', async () => {
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([1, 1]);
  });

  it('leaves out a grant from the moment of its expiry, also while it lies in the table', async () => {
    await world.clock.advance(599_999);
    await world.rebuild();
    expect(world.gateways()).toHaveLength(2);
    await world.clock.advance(1);
    await world.rebuild();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
  });

  it('costs no call where nothing has changed and nothing is due', async () => {
    await world.rebuild();
    world.okta.clearRequests();
    for (let i = 0; i < 3; i += 1) {
      await world.clock.advance(60_000);
      await world.rebuild();
    }
    expect(world.calls()).toBe(0);
  });

  it('costs no write where the zone is equal, in whatever spelling and order', async () => {
    await world.rebuild();
    world.okta.editZone('nzo1', { gateways: [BOB, `${ALICE}-${ALICE}`, `${ALICE}/32`] });
    for (let i = 0; i < 3; i += 1) {
      await world.clock.advance(300_000 / 3);
      await world.rebuild();
    }
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([2, 1]);
    expect(world.codes()).toEqual([]);
  });

  it('asks for the grants once, also where it checks several zones, and not where there is nothing to do', async () => {
    world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2', 'nzo3'] } } }) });
    await world.apply(granted(ALICE, 0));
    let asked = 0;
    class Counting extends GrantBook {
      override holders(...args: Parameters<GrantBook['holders']>) {
        asked += 1;
        return super.holders(...args);
      }
    }
    const grants = new Counting(world.table, world.deps.config, world.deps.telemetry);
    for (const [ms, calls, times] of [
      [0, 4, 1],
      [60_000, 4, 1],
      [240_000, 7, 2],
    ] as const) {
      await world.clock.advance(ms);
      await world.rebuild(ACL, { grants });
      expect([ms, world.calls(), asked]).toEqual([ms, calls, times]);
    }
  });

  it('finds with a check what was changed in the table without a word', async () => {
    await world.rebuild();
    const [alice] = await world.deps.grants.between(ACL, 0, NOW + 600_000);
    if (!alice) throw new Error('no such grant');
    await world.deps.grants.end([alice], world.clock.now());
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.codes()).toEqual([]);
  });

  it('says up to which event the zones are right, once', async () => {
    await world.rebuild();
    expect(world.confirmed()).toEqual([positionAt(2)]);
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.confirmed()).toEqual([positionAt(2)]);
    await world.apply(revoked(ALICE, 1));
    await world.rebuild();
    expect(world.confirmed()).toEqual([positionAt(2), positionAt(3)]);
  });

  it('says what changed, in one line', async () => {
    await world.rebuild();
    await world.apply(revoked(ALICE, 1));
    await world.clock.advance(5_000);
    await world.rebuild();
    expect(world.lines.filter(({ message }) => message === 'zone updated')[1]).toMatchObject({
      ...{ zoneId: 'nzo1', before: 2, after: 1, added: [], removed: [`${ALICE}/32`] },
    });
  });

  it('claims no more than it has read where an event comes while it reads', async () => {
    await world.rebuild();
    await world.apply(granted('203.0.113.8', 2));
    await world.minute();
    world.okta.clearRequests();
    await world.apply(granted('203.0.113.7', 3));
    // The event arrives between the reading of the position and the reading of the grants.
    const news: (() => Promise<void>)[] = [() => world.apply(granted('203.0.113.9', 4))];
    class Busy extends WakeItem {
      override async read(acl: string) {
        const wake = await super.read(acl);
        await news.pop()?.();
        return wake;
      }
    }
    class BusyBook extends GrantBook {
      override readonly wake = new Busy(world.table);
    }
    await world.rebuild(ACL, { grants: new BusyBook(world.table, world.deps.config, world.deps.telemetry) });
    expect(world.gateways()).toContain('203.0.113.9/32');
    expect(world.confirmed().at(-1)).toBe(positionAt(4));
    await world.minute();
    expect(world.confirmed().at(-1)).toBe(positionAt(5));
    expect(world.calls('PUT')).toBe(1);
  });
});

describe('the pace', () => {
  it('is a second between two updates: what comes meanwhile waits, and goes out together', async () => {
    await world.rebuild();
    await world.apply(granted('203.0.113.3', 1), granted('203.0.113.4', 1));
    await world.rebuild();
    const puts = world.okta.requests().filter(({ method }) => method === 'PUT');
    expect(puts).toHaveLength(2);
    expect((puts[1]?.at ?? 0) - (puts[0]?.at ?? 0)).toBe(750);
  });

  it('is left to a timer where the pause is long, instead of holding up the stream', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 14, resetInSeconds: 30 });
    await world.rebuild();
    await world.apply(granted('203.0.113.3', 1));
    const began = world.clock.now();
    await world.rebuild();
    expect(world.clock.now() - began).toBeLessThan(3_000);
    expect(world.calls('PUT')).toBe(1);
    expect(world.timers).toHaveLength(1);
    const pause = world.nextTimer() ?? 0;
    expect(pause).toBeGreaterThan(3_000);
    await world.clock.advance(pause);
    await world.rebuild();
    expect(world.clock.now() - began).toBe(pause);
    expect(world.gateways()).toContain('203.0.113.3/32');
  });

  it.each([
    ['of three seconds is waited out', 3_000, RUN_MS, 3_000, []],
    ['of more than three seconds is left to a timer', 3_001, RUN_MS, 0, [3_001]],
    ['that leaves no time for a pass behind it is left to a timer', 2_000, 21_999, 0, [2_000]],
    ['that leaves just the time for a step is waited out', 2_000, 22_000, 2_000, []],
  ])('pauses: one %s', async (_, pause, runMs, waited, wakeUps) => {
    await world.deps.states.rest.refused(pause, NOW, NOW);
    await world.clock.finish(rebuildAcl(ACL, world.deps, NOW + runMs));
    expect([world.clock.now() - NOW, world.wakeUps(), world.calls('PUT')]).toEqual([
      ...[waited, wakeUps, wakeUps.length === 0 ? 1 : 0],
    ]);
  });

  it('is not held up by a check, after which little is left of the quota', async () => {
    await world.rebuild();
    world.okta.setRateLimit({ limit: 100, remaining: 40, resetInSeconds: 30 });
    await world.clock.advance(300_000);
    await world.rebuild();
    world.okta.setRateLimit({ limit: 100, remaining: 40, resetInSeconds: 30 });
    await world.apply(revoked(ALICE, 1));
    const began = world.clock.now();
    await world.rebuild();
    expect([world.gateways(), world.clock.now() - began]).toEqual([[`${BOB}/32`], 0]);
  });

  it('goes by what the last answer says of the quota, which is that to the write', async () => {
    const pauseAt = async (remaining: number) => {
      world = new ZoneWorld();
      await world.apply(granted(ALICE, 0));
      world.okta.setRateLimit({ limit: 100, remaining, resetInSeconds: 30 });
      await world.rebuild();
      await world.apply(granted(BOB, 1));
      await world.rebuild();
      const puts = world.okta.requests().filter(({ method }) => method === 'PUT');
      return (puts[1]?.at ?? 0) - (puts[0]?.at ?? 0);
    };
    // The read leaves one less, the write another: of 52 just half.
    expect(await pauseAt(52)).toBe(750);
    expect(await pauseAt(51)).toBeGreaterThan(750);
  });

  it('reckons with a read and a write, however many zones the ACL has', async () => {
    const pauses: unknown[] = [];
    for (const zoneIds of [['nzo1'], ['nzo1', 'nzo2']]) {
      world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds } } }) });
      world.okta.editZone('nzo1', { gateways: [] });
      await world.apply(granted(ALICE, 0));
      world.okta.setRateLimit({ limit: 100, remaining: 31 + zoneIds.length, resetInSeconds: 60 });
      await world.rebuild();
      await world.apply(granted(BOB, 1));
      await world.rebuild();
      pauses.push(world.nextTimer());
    }
    // 20 calls above the share of others: ten updates of one zone.
    expect(pauses).toEqual([6_000, 6_000]);
  });

  it('arms one timer, however many events come in the pause', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 14, resetInSeconds: 30 });
    await world.rebuild();
    for (let i = 3; i < 8; i += 1) {
      await world.apply(granted(`203.0.113.${i}`, i));
      await world.rebuild();
    }
    expect(world.timers).toHaveLength(1);
  });
});

describe('the end of a run’s time', () => {
  const twoZones = async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } };
    world = new ZoneWorld({ config: configOf({ acls, gatewayLimit: 1 }) });
    await world.apply(granted(ALICE, 0), granted(BOB.replace('.2', '.8'), 1));
  };
  const bothAreRight = () =>
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[`${ALICE}/32`], ['203.0.113.8/32']]);

  it('lets no step begin that could outlive it, and a timer goes on', async () => {
    await world.clock.finish(rebuildAcl(ACL, world.deps, NOW + 19_999));
    expect(world.calls()).toBe(0);
    expect(world.wakeUps()).toEqual([0]);
    await world.clock.finish(rebuildAcl(ACL, world.deps, world.clock.now() + 20_000));
    expect(world.gateways()).toHaveLength(2);
  });

  it('is ten seconds after its start, whatever time is left, so that others get their turn; a timer goes on', async () => {
    await twoZones();
    world.latencyMs = 5_100;
    await world.clock.finish(rebuildAcl(ACL, world.deps, NOW + 900_000));
    expect(world.callList()).toEqual(['GET nzo1', 'PUT nzo1']);
    expect(world.nextTimer()).toBe(0);
    await world.rebuild();
    bothAreRight();
    expect(world.calls()).toBe(4);
  });

  it('lets no call go out that could outlive it: the next run goes on where this one stopped', async () => {
    await twoZones();
    world.latencyMs = 7_900;
    await world.rebuild();
    expect(world.callList()).toEqual(['GET nzo1', 'PUT nzo1']);
    expect(world.okta.requests().at(-1)?.at).toBeLessThanOrEqual(NOW + RUN_MS - 11_000);
    expect(world.nextTimer()).toBe(0);
    await world.rebuild();
    bothAreRight();
    expect(world.calls('PUT')).toBe(2);
  });
});

describe('trouble with the table', () => {
  it('rejects, so that the stream brings the change again', async () => {
    world.table.unreachable = true;
    await expect(world.rebuild()).rejects.toThrow('the table does not answer');
    world.table.unreachable = false;
    await world.rebuild();
    expect(world.gateways()).toHaveLength(2);
  });

  class DyingTable extends MemoryTable {
    override async write(...args: Parameters<MemoryTable['write']>) {
      if (JSON.stringify(args[0]).includes(ZONE_PARTITION)) throw new Error('the table does not answer');
      return super.write(...args);
    }
  }

  it('hides no trouble of a zone that was found before', async () => {
    world = new ZoneWorld({ Table: DyingTable, config: configOf({ acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } }) });
    world.okta.addFault({ count: 1, zoneId: 'nzo1', fault: { status: 404 } });
    await world.apply(granted(ALICE, 0));
    await expect(world.rebuild()).rejects.toThrow('the table does not answer');
    expect(world.codes()).toEqual(['ZONE001']);
  });

  it('in the middle of a run rejects too, and is no failure of Okta', async () => {
    world = new ZoneWorld({ Table: DyingTable });
    await world.apply(granted(ALICE, 0));
    await expect(world.rebuild()).rejects.toThrow('the table does not answer');
    expect(world.calls('PUT')).toBe(0);
    expect(world.lines.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });
});
