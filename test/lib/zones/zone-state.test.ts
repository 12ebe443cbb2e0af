import { beforeEach, describe, expect, it } from 'vitest';
import { ITEM } from '../../../lib/names.ts';
import type { Write, WriteResult } from '../../../lib/ports.ts';
import { LeaseLost, ZoneStates } from '../../../lib/zones/zone-state.ts';
import { type Change, MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, NOW } from '../../helpers/events.ts';

const UNTIL = NOW + 35_000;
let table: MemoryTable;
let states: ZoneStates;
beforeEach(() => {
  table = new MemoryTable();
  states = new ZoneStates(table);
});
const take = (owner: string, now = NOW, until = UNTIL) => states.acquire(ACL, owner, now, until);
const nothing = { set: { failures: 0 } };

describe('the lease on an ACL’s zones', () => {
  it('is taken by the first, with an empty state where nothing was saved', async () => {
    expect(await take('a')).toMatchObject({ taken: true, state: { leaseUntil: UNTIL } });
    expect(await states.get('other')).toEqual({});
  });

  it('is refused to everybody else until it is over, and says when that is', async () => {
    await take('a');
    expect(await take('b')).toMatchObject({ taken: false, until: UNTIL });
    expect(await take('b', UNTIL, UNTIL + 1)).toMatchObject({ taken: false, until: UNTIL });
    expect(await take('a')).toMatchObject({ taken: false, until: UNTIL });
  });

  it('is taken over once it is over: the holder can save nothing more', async () => {
    await take('a');
    expect(await take('b', UNTIL + 1, UNTIL + 35_000)).toMatchObject({ taken: true });
    await expect(states.save(ACL, 'a', { set: { failures: 9 } })).rejects.toThrow(LeaseLost);
    await expect(states.release(ACL, 'a', { set: { failures: 9 } })).rejects.toThrow(LeaseLost);
    expect(await states.get(ACL)).not.toHaveProperty('failures');
    await states.save(ACL, 'b', { set: { failures: 1 } });
    expect(await states.get(ACL)).toMatchObject({ failures: 1 });
  });

  it('of one ACL is none of another', async () => {
    await take('a');
    expect(await states.acquire('other', 'b', NOW, UNTIL)).toMatchObject({ taken: true });
  });

  it('lets go with what is to be remembered, and can then be taken at once', async () => {
    await take('a');
    expect(await states.release(ACL, 'a', { set: { failures: 2, needsSync: true } })).toBe(true);
    expect(await states.get(ACL)).toEqual({ failures: 2, needsSync: true });
    expect(await take('b')).toMatchObject({ taken: true, state: { failures: 2 } });
  });

  it('is not let go twice', async () => {
    await take('a');
    await states.release(ACL, 'a', nothing);
    await expect(states.release(ACL, 'a', nothing)).rejects.toThrow(LeaseLost);
  });

  it('forgets what is to be forgotten, and keeps the rest', async () => {
    await take('a');
    await states.save(ACL, 'a', { set: { failures: 1, waiting: ['x'], verifiedAt: 5 } });
    await states.release(ACL, 'a', { set: { failures: 0 }, clear: ['waiting', 'lastError'] });
    expect(await states.get(ACL)).toEqual({ failures: 0, verifiedAt: 5 });
  });
});

describe('a mark left on a taken lease', () => {
  it('keeps the holder from letting go until it has looked again', async () => {
    const lease = await take('a');
    const news = lease.taken ? lease.state.news : -1;
    await take('b');
    expect(await states.release(ACL, 'a', { set: { failures: 3 } }, news)).toBe(false);
    const state = await states.get(ACL);
    expect(state).toMatchObject({ leaseUntil: UNTIL, failures: 3, news: 1 });
    expect(await states.release(ACL, 'a', nothing, state.news)).toBe(true);
  });

  it('counts: each of several is news by itself', async () => {
    await take('a');
    await take('b');
    const seen = (await states.get(ACL)).news;
    await take('c');
    expect(await states.release(ACL, 'a', nothing, seen)).toBe(false);
    expect((await states.get(ACL)).news).toBe(2);
  });

  it('of long ago is no news to the next holder', async () => {
    await take('a');
    await take('b');
    await states.release(ACL, 'a', nothing, 1);
    const lease = await take('c');
    expect(await states.release(ACL, 'c', nothing, lease.taken ? lease.state.news : -1)).toBe(true);
  });

  it('says also to the minute tick that something is left to do, should the holder die', async () => {
    await take('a');
    await take('b');
    expect(await states.get(ACL)).toMatchObject({ needsSync: true });
  });

  it('turns into the lease itself where the holder let go just before it', async () => {
    class LettingGo extends MemoryTable {
      override async write(writes: readonly Write[]): Promise<WriteResult> {
        // Between the refusal and the mark, the holder is done.
        if (writes.some((write) => 'add' in write)) await new ZoneStates(table).release(ACL, 'a', nothing);
        return table.write(writes);
      }
      override get(...args: Parameters<MemoryTable['get']>) {
        return table.get(...args);
      }
    }
    await take('a');
    expect(await new ZoneStates(new LettingGo()).acquire(ACL, 'b', NOW, UNTIL)).toMatchObject({ taken: true });
  });
});

describe('a request for a rebuild', () => {
  it('shows on the stream every time, also for the same reason', async () => {
    const changes: Change[] = [];
    const watched = new ZoneStates(new MemoryTable((change) => changes.push(change)));
    await watched.requestRebuild(ACL, 'timer', NOW);
    await watched.requestRebuild(ACL, 'timer', NOW + 1);
    expect(changes.map(({ key }) => key)).toEqual(Array(2).fill({ acl: ACL, item: ITEM.wake }));
  });
});

describe('a state that another version left', () => {
  it('is read with fields that are not known', async () => {
    await table.write([{ put: { acl: ACL, item: ITEM.zone, future: 'x', failures: 2 } }]);
    expect(await states.get(ACL)).toMatchObject({ failures: 2 });
  });

  it('with an error code that is not known does not stop the zone for ever', async () => {
    const lastError = { code: 'ZONE999', at: NOW, detail: 'from a newer version that was rolled back' };
    await table.write([{ put: { acl: ACL, item: ITEM.zone, lastError, failures: 2 } }]);
    expect(await states.get(ACL)).toMatchObject({ failures: 2 });
  });
});
