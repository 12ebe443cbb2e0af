import { beforeEach, describe, expect, it } from 'vitest';
import { ITEM } from '../../../lib/names.ts';
import { syncAcl } from '../../../lib/zones/rebuild-acl.ts';
import { ZoneStates } from '../../../lib/zones/zone-state.ts';
import { ACL, granted, NOW, revoked } from '../../helpers/events.ts';
import { RUN_MS, SyncWorld } from '../../helpers/sync-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let world: SyncWorld;
beforeEach(async () => {
  world = new SyncWorld();
  world.latencyMs = 1_000;
  await world.apply(granted(ALICE, 0));
});
const start = () => syncAcl(ACL, world.deps, world.clock.now() + RUN_MS);

describe('two rebuilds of one ACL at the same time', () => {
  it('never both call Okta: the second leaves a mark, and the first looks again before it lets go', async () => {
    const first = start();
    await world.clock.advance(1_500);
    await world.apply(granted(BOB, 1), revoked(ALICE, 2));
    await start();
    expect(world.calls()).toBe(2);
    await world.clock.finish(first);
    expect(world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.okta.requests().map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT']);
    expect(await world.state()).not.toHaveProperty('leaseUntil');
    expect(await world.state()).toMatchObject({ needsSync: false });
  });

  it('the second arms a message for the end of the lease, in case the first is dead', async () => {
    const first = start();
    await world.clock.advance(10);
    await start();
    expect(world.wakeUps()).toEqual([RUN_MS + 5_000]);
    await world.clock.finish(first);
  });

  it('one message is enough, however many find the lease taken', async () => {
    const first = start();
    await world.clock.advance(10);
    for (let i = 0; i < 5; i += 1) await start();
    expect(world.wakeUps()).toEqual([RUN_MS + 5_000]);
    await world.clock.finish(first);
  });

  it('any number of seconds means one more look, not one for each', async () => {
    const first = start();
    await world.clock.advance(10);
    await Promise.all([start(), start(), start()]);
    await world.clock.finish(first);
    expect(world.calls('GET')).toBe(2);
  });

  it('however they fall: what was applied before the last of them began is in the zone when all are over', async () => {
    for (const gap of [0, 1, 500, 999, 1_000, 1_001, 1_999, 2_000, 2_001, 2_500]) {
      world = new SyncWorld();
      world.latencyMs = 1_000;
      await world.apply(granted(ALICE, 0));
      const first = start();
      await world.clock.advance(gap);
      await world.apply(granted(BOB, 1));
      const second = start();
      await world.clock.finish(Promise.all([first, second]));
      expect([gap, ...world.gateways()]).toEqual([gap, `${ALICE}/32`, `${BOB}/32`]);
      expect(world.okta.requests().filter(({ overlapping }) => overlapping)).toEqual([]);
    }
  });
});

describe('a rebuild that died with the lease', () => {
  beforeEach(async () => {
    await new ZoneStates(world.table).acquire(ACL, 'dead', NOW, NOW + 35_000);
  });

  it('keeps others from calling until its lease is over, and not longer', async () => {
    await world.sync();
    await world.clock.advance(29_000);
    await world.sync();
    expect(world.calls()).toBe(0);
    expect(world.wakeUps()).toEqual([35_000]);
    await world.clock.advance(6_001);
    await world.sync();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('can save nothing once another has taken over, and its list is not believed', async () => {
    await world.clock.advance(35_001);
    await world.sync();
    const states = new ZoneStates(world.table);
    await expect(states.save(ACL, 'dead', { set: { failures: 9 } })).rejects.toThrow('taken over');
    const lists = await states.lists(ACL, await states.get(ACL), 'dead');
    await expect(lists.announce('nzo1', [], ['10.0.0.0/8'], NOW)).rejects.toThrow('taken over');
    expect((await world.state()).zones).toEqual({ nzo1: { written: [`${ALICE}/32`] } });
  });
});

describe('a message that is due just now', () => {
  it('may have come already, by another clock: it is sent once more', async () => {
    await new ZoneStates(world.table).acquire(ACL, 'dead', NOW, NOW + 35_000);
    await world.sync();
    await world.clock.advance(33_000);
    await world.sync();
    expect(world.wakeUps()).toEqual([35_000, 35_000]);
  });
});

describe('a rebuild that lost its lease', () => {
  it('writes nothing to Okta: it asks for its lease before every write', async () => {
    const run = start();
    await world.clock.advance(500);
    await world.table.write([{ update: { acl: ACL, item: ITEM.zone }, set: { leaseOwner: 'another' } }]);
    await world.clock.finish(run);
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([1, 0]);
    const said = world.lines.filter(({ level }) => level !== undefined && level !== 'INFO');
    expect(said).toMatchObject([{ level: 'WARN', acl: ACL, message: expect.stringContaining('lease was lost') }]);
  });

  it('does not take the lease from its new holder when it ends', async () => {
    const run = start();
    await world.clock.advance(1_500);
    const theirs = { leaseOwner: 'another', leaseUntil: NOW + 99_000 };
    await world.table.write([{ update: { acl: ACL, item: ITEM.zone }, set: theirs }]);
    await world.clock.finish(run);
    expect(world.table.items().find(({ item }) => item === ITEM.zone)).toMatchObject(theirs);
  });

  it('after the write was announced leaves no false timer about someone else', async () => {
    const run = start();
    await world.clock.advance(1_500);
    await world.table.write([{ update: { acl: ACL, item: ITEM.zone }, remove: ['leaseOwner', 'leaseUntil'] }]);
    await world.clock.finish(run);
    await world.clock.advance(5_000);
    await world.sync();
    expect(world.codes()).toEqual([]);
    expect(world.calls('PUT')).toBe(1);
  });
});
