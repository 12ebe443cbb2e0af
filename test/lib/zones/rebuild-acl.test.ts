import { beforeEach, describe, expect, it } from 'vitest';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import { queuePosition } from '../../../lib/queue-position.ts';
import { syncAcl } from '../../../lib/zones/rebuild-acl.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, configOf, granted, NOW, revoked } from '../../helpers/events.ts';
import { RUN_MS, SyncWorld } from '../../helpers/sync-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: SyncWorld;
beforeEach(async () => {
  world = new SyncWorld();
  await world.apply(granted(ALICE, 0, { expiresAt: NOW + 600_000 }), granted(BOB, 0, { expiresAt: NOW + 900_000 }));
});

describe('a rebuild', () => {
  it('makes the zone equal to the live grants', async () => {
    await world.sync();
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([1, 1]);
  });

  it('leaves out a grant from the moment of its expiry, also while it lies in the table', async () => {
    await world.clock.advance(599_999);
    await world.sync();
    expect(world.gateways()).toHaveLength(2);
    await world.clock.advance(1);
    await world.sync();
    expect(world.gateways()).toEqual([`${BOB}/32`]);
  });

  it('costs no write where the zone is equal, in whatever spelling and order', async () => {
    await world.sync();
    world.okta.editZone('nzo1', { gateways: [BOB, `${ALICE}-${ALICE}`, `${ALICE}/32`] });
    for (let i = 0; i < 3; i += 1) {
      await world.clock.advance(10_000);
      await world.sync();
    }
    expect(world.calls('PUT')).toBe(1);
    expect(world.codes()).toEqual([]);
  });

  it('remembers what is confirmed, up to which event, and the soonest expiry in it', async () => {
    await world.sync();
    const state = await world.state();
    expect(state).toMatchObject({
      ...{ confirmedPosition: queuePosition('2'), needsSync: false, failures: 0 },
      ...{ nextExpiry: NOW + 600_000, zones: { nzo1: { written: [`${ALICE}/32`, `${BOB}/32`] } } },
    });
    expect(state).not.toHaveProperty('leaseUntil');
    expect(state).not.toHaveProperty('lastError');
  });

  it('says what changed, in one line', async () => {
    await world.sync();
    await world.apply(revoked(ALICE, 1));
    await world.clock.advance(5_000);
    await world.sync();
    expect(world.lines.filter(({ message }) => message === 'zone updated')[1]).toMatchObject({
      ...{ zoneId: 'nzo1', before: 2, after: 1, added: [], removed: [`${ALICE}/32`] },
    });
  });

  it('claims no more than it has read where an event comes while it reads', async () => {
    // The event arrives between the reading of the position and the reading of the grants.
    class Busy extends GrantBook {
      override async events(acl: string) {
        const applied = await super.events(acl);
        await world.apply(granted('203.0.113.9', 2));
        return applied;
      }
    }
    await world.sync(ACL, { grants: new Busy(world.table, world.deps.config, world.deps.telemetry) });
    expect(world.gateways()).toContain('203.0.113.9/32');
    expect(await world.state()).toMatchObject({ confirmedPosition: queuePosition('2') });
  });
});

describe('the pace', () => {
  it('is a second between two updates: what comes meanwhile waits, and goes out together', async () => {
    await world.sync();
    await world.apply(granted('203.0.113.3', 1), granted('203.0.113.4', 1));
    await world.sync();
    const puts = world.okta.requests().filter(({ method }) => method === 'PUT');
    expect(puts).toHaveLength(2);
    expect((puts[1]?.at ?? 0) - (puts[0]?.at ?? 0)).toBe(1_000);
  });

  it('is left to a message where the pause is long, instead of holding up the stream', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 14, resetInSeconds: 30 });
    await world.sync();
    await world.apply(granted('203.0.113.3', 1));
    const began = world.clock.now();
    await world.sync();
    expect(world.clock.now() - began).toBeLessThan(3_000);
    expect(world.calls('PUT')).toBe(1);
    expect(world.timers).toHaveLength(1);
    const { notBefore = 0, needsSync, wakeAt } = await world.state();
    expect(needsSync).toBe(true);
    expect(wakeAt).toBe(notBefore);
    expect(world.wakeUps()).toEqual([notBefore - NOW]);
    await world.clock.advance(notBefore - world.clock.now());
    await world.sync();
    expect(world.gateways()).toContain('203.0.113.3/32');
  });

  it.each([
    ['of three seconds is waited out', 3_000, RUN_MS, 3_000, []],
    ['of more than three seconds is left to a message', 3_001, RUN_MS, 0, [3_001]],
    ['that leaves no time for a pass behind it is left to a message', 2_000, 21_999, 0, [2_000]],
    ['that leaves just the time for a pass is waited out', 2_000, 22_000, 2_000, []],
  ])('pauses: one %s', async (_, pause, runMs, waited, wakeUps) => {
    await world.deps.states.rest.refused(pause, NOW, NOW);
    await world.clock.finish(syncAcl(ACL, world.deps, NOW + runMs));
    expect([world.clock.now() - NOW, world.wakeUps(), world.calls('PUT')]).toEqual([
      ...[waited, wakeUps, wakeUps.length === 0 ? 1 : 0],
    ]);
  });

  it('goes by what Okta says of the quota also where nothing had to be written', async () => {
    await world.sync();
    world.okta.setRateLimit({ limit: 100, remaining: 5, resetInSeconds: 30 });
    await world.clock.advance(2_000);
    await world.sync();
    expect(world.calls('PUT')).toBe(1);
    expect((await world.state()).notBefore).toBeGreaterThan(world.clock.now() + 20_000);
  });

  it('goes by what the last answer says of the quota, which is that to the write', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 51, resetInSeconds: 30 });
    await world.sync();
    // The read left 50, just half; the write 49.
    expect(world.calls('PUT')).toBe(1);
    expect((await world.state()).notBefore).toBeGreaterThan(world.clock.now() + 1_000);
  });

  it('reckons with a read and a write for every zone of the ACL', async () => {
    const pauses: number[] = [];
    for (const zoneIds of [['nzo1'], ['nzo1', 'nzo2']]) {
      world = new SyncWorld({ config: configOf({ acls: { [ACL]: { zoneIds } } }) });
      world.okta.setRateLimit({ limit: 100, remaining: 30 + zoneIds.length, resetInSeconds: 60 });
      await world.sync();
      pauses.push(((await world.state()).notBefore ?? 0) - world.clock.now());
    }
    // 20 calls above the share of others: ten updates of one zone, five of two.
    expect(pauses).toEqual([6_000, 12_000]);
  });

  it('arms one message, however many events come in the pause', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 14, resetInSeconds: 30 });
    await world.sync();
    for (let i = 3; i < 8; i += 1) {
      await world.apply(granted(`203.0.113.${i}`, i));
      await world.sync();
    }
    expect(world.timers).toHaveLength(1);
  });
});

describe('the end of a run’s time', () => {
  it('lets no pass begin that could outlive it, and is woken to go on', async () => {
    await world.clock.finish(syncAcl(ACL, world.deps, NOW + 19_999));
    expect(world.calls()).toBe(0);
    expect(world.wakeUps()).toEqual([0]);
    expect(await world.state()).toMatchObject({ needsSync: true });
    expect(await world.state()).not.toHaveProperty('leaseUntil');
    await world.clock.finish(syncAcl(ACL, world.deps, world.clock.now() + 20_000));
    expect(world.gateways()).toHaveLength(2);
  });

  it('lets no call go out that could outlive it: the next run goes on where this one stopped', async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } };
    world = new SyncWorld({ config: configOf({ acls, gatewayLimit: 1 }) });
    await world.apply(granted(ALICE, 0), granted(BOB, 1));
    world.latencyMs = 7_900;
    await world.sync();
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([2, 1]);
    expect(world.okta.requests().at(-1)?.at).toBeLessThanOrEqual(NOW + RUN_MS - 11_000);
    expect(await world.state()).toMatchObject({ needsSync: true, wakeAt: expect.any(Number) });
    await world.sync();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[`${ALICE}/32`], [`${BOB}/32`]]);
    expect(world.calls('PUT')).toBe(2);
  });
});

describe('trouble with the table', () => {
  it('rejects, so that the stream brings the change again', async () => {
    world.table.unreachable = true;
    await expect(world.sync()).rejects.toThrow('the table does not answer');
    world.table.unreachable = false;
    await world.sync();
    expect(world.gateways()).toHaveLength(2);
  });

  it('in the middle of a run rejects too, and is no failure of Okta', async () => {
    class DyingTable extends MemoryTable {
      override async write(...args: Parameters<MemoryTable['write']>) {
        if (JSON.stringify(args[0]).includes('LIST#')) throw new Error('the table does not answer');
        return super.write(...args);
      }
    }
    world = new SyncWorld({ table: new DyingTable() });
    await world.apply(granted(ALICE, 0));
    await expect(world.sync()).rejects.toThrow('the table does not answer');
    expect(world.calls('PUT')).toBe(0);
    expect(world.lines.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });
});
