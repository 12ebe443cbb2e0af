import { beforeEach, expect, it } from 'vitest';
import { gatewaysIn } from '../../../lib/zones/zone-lists.ts';
import { LeaseLost, ZoneStates } from '../../../lib/zones/zone-state.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { ACL, NOW } from '../../helpers/events.ts';

const [A, B, C, D] = ['203.0.113.1/32', '203.0.113.2/32', '203.0.113.3/32', '203.0.113.4/32'] as const;
let table: MemoryTable;
let states: ZoneStates;
beforeEach(async () => {
  table = new MemoryTable();
  states = new ZoneStates(table);
  await states.acquire(ACL, 'me', NOW, NOW + 35_000);
});
const read = async () => states.lists(ACL, await states.get(ACL), 'me');
const known = async () => (await read()).known();
const settle = async (lists: Awaited<ReturnType<typeof read>>, found: Parameters<typeof lists.settle>[0]) =>
  states.save(ACL, 'me', { set: { confirmedWrites: await lists.settle(found, NOW) } });

it('knows of nothing at first', async () => {
  expect(await known()).toEqual({});
});

it('knows both lists from the announcement on, also in another run', async () => {
  await (await read()).announce('nzo1', [A, B], [B, C], NOW);
  expect(await known()).toEqual({ nzo1: { written: [A, B], intended: [B, C] } });
});

it('knows the new list alone once the write is confirmed', async () => {
  const lists = await read();
  await lists.announce('nzo1', [A, B], [B, C], NOW);
  await settle(lists, { nzo1: { written: [B, C] } });
  expect(await known()).toEqual({ nzo1: { written: [B, C] } });
});

it('knows the new list alone where a later run finds that the write was carried out', async () => {
  await (await read()).announce('nzo1', [A, B], [B, C], NOW);
  await settle(await read(), { nzo1: { written: [B, C] } });
  expect(await known()).toEqual({ nzo1: { written: [B, C] } });
});

it('knows the old list alone where a later run finds that the write was never carried out', async () => {
  await (await read()).announce('nzo1', [A, B], [B, C], NOW);
  await settle(await read(), { nzo1: { written: [A, B] } });
  expect(await known()).toEqual({ nzo1: { written: [A, B] } });
});

it('stays in doubt where the run could not find out', async () => {
  const lists = await read();
  await lists.announce('nzo1', [A], [B], NOW);
  await settle(lists, { nzo1: { written: [A], intended: [B] } });
  await settle(await read(), await known());
  expect(await known()).toEqual({ nzo1: { written: [A], intended: [B] } });
});

it('keeps a confirmed list through announcements for other zones and runs that change nothing', async () => {
  const lists = await read();
  await lists.announce('nzo1', [], [A], NOW);
  await settle(lists, { nzo1: { written: [A] }, nzo2: {} });
  await settle(await read(), await known());
  const later = await read();
  await later.announce('nzo2', [B], [C], NOW);
  await settle(later, { nzo1: { written: [A] }, nzo2: { written: [B], intended: [C] } });
  expect(await known()).toEqual({ nzo1: { written: [A] }, nzo2: { written: [B], intended: [C] } });
});

it('takes a second write for unconfirmed, whatever became of the first', async () => {
  const lists = await read();
  await lists.announce('nzo1', [A], [B], NOW);
  await settle(lists, { nzo1: { written: [B] } });
  await (await read()).announce('nzo1', [B], [C], NOW);
  expect(await known()).toEqual({ nzo1: { written: [B], intended: [C] } });
});

it('stores a list once for a change, and nothing for a run that changes nothing', async () => {
  let stores = 0;
  const write = table.write.bind(table);
  table.write = (writes) => {
    if (writes.some((each) => 'put' in each && each.put.item.startsWith('LIST#'))) stores += 1;
    return write(writes);
  };
  const lists = await read();
  await lists.announce('nzo1', [A], [B], NOW);
  await settle(lists, { nzo1: { written: [B] } });
  await settle(await read(), { nzo1: { written: [B] } });
  expect(stores).toBe(1);
});

it('knows lists in their order, and as they are, whatever a write has changed in them', async () => {
  await (await read()).announce('nzo1', [A, C], [A, B, C], NOW);
  expect(await known()).toEqual({ nzo1: { written: [A, C], intended: [A, B, C] } });
  await settle(await read(), { nzo1: { written: [A, B, D] } });
  expect(await known()).toEqual({ nzo1: { written: [A, B, D] } });
  await settle(await read(), { nzo1: { written: [A] } });
  expect(await known()).toEqual({ nzo1: { written: [A] } });
});

it('passes over what it cannot read', async () => {
  await table.write([{ put: { acl: ACL, item: 'LIST#nzo1', written: 'of another version' } }]);
  expect(await known()).toEqual({});
  await settle(await read(), { nzo1: { written: [A] } });
  expect(await known()).toEqual({ nzo1: { written: [A] } });
});

it('stores nothing without the lease', async () => {
  const reader = await states.lists(ACL, await states.get(ACL));
  await expect(reader.announce('nzo1', [A], [B], NOW)).rejects.toThrow(LeaseLost);
  const stranger = await states.lists(ACL, await states.get(ACL), 'another');
  await expect(stranger.settle({ nzo1: { written: [A] } }, NOW)).rejects.toThrow(LeaseLost);
  expect(await known()).toEqual({});
});

it('says since when a write is in doubt, until somebody has found out what became of it', async () => {
  const lists = await read();
  expect(lists.inDoubtSince()).toBeUndefined();
  await lists.announce('nzo1', [A], [B], NOW + 1);
  await lists.announce('nzo2', [B], [C], NOW + 2);
  expect((await read()).inDoubtSince()).toBe(NOW + 2);
  await settle(lists, { nzo1: { written: [A], intended: [B] }, nzo2: { written: [C] } });
  expect((await read()).inDoubtSince()).toBe(NOW + 1);
  await settle(await read(), { nzo1: { written: [A] }, nzo2: { written: [C] } });
  expect((await read()).inDoubtSince()).toBeUndefined();
});

it('counts the entries of all lists, without the sentinel', () => {
  const lists = { nzo1: { written: [A, B] }, nzo2: { written: ['192.0.2.0/32'] }, nzo3: {} };
  expect(gatewaysIn(lists, '192.0.2.0')).toBe(2);
});
