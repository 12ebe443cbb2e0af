import { describe, expect, it } from 'vitest';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { tableContract } from './table-contract.ts';

tableContract('the stand-in', async () => new MemoryTable());
tableContract('the stand-in of the simulation', async () => new MemoryTable(() => {}, { page: 3, shares: true }));

function watched() {
  const changes: Change[] = [];
  return { changes, table: new MemoryTable((change) => changes.push(change)) };
}
const key = { acl: 'a', item: 'i' };

describe('the stream of the stand-in', () => {
  it('tells of every change, and not of a write that changes nothing', async () => {
    const { changes, table } = watched();
    await table.write([{ put: { ...key, n: 1 } }]);
    await table.write([{ put: { ...key, n: 1 } }]);
    await table.write([{ update: key, set: { n: 2 } }]);
    await table.write([{ update: key, set: { n: 2 } }]);
    await table.write([{ check: key, when: [{ attribute: 'n', equals: 2 }] }]);
    await table.write([{ remove: key }]);
    await table.write([{ remove: key }]);
    expect(changes).toEqual([
      { eventName: 'INSERT', key, byTtl: false },
      { eventName: 'MODIFY', key, byTtl: false },
      { eventName: 'REMOVE', key, byTtl: false, before: { ...key, n: 2 } },
    ]);
  });

  it('tells nothing of a transaction that was not written', async () => {
    const { changes, table } = watched();
    await table.write([{ put: key }, { check: { acl: 'a', item: 'none' }, when: [{ attribute: 'n', equals: 1 }] }]);
    expect(changes).toEqual([]);
  });

  it('removes what its TTL has passed, and marks it as that', async () => {
    const { changes, table } = watched();
    await table.write([
      { put: { acl: 'a', item: 'old', ttl: 99 } },
      { put: { acl: 'a', item: 'at it', ttl: 100 } },
      { put: { acl: 'a', item: 'new', ttl: 101 } },
      { put: { acl: 'a', item: 'none' } },
      { put: { acl: 'a', item: 'text', ttl: '1' } },
    ]);
    changes.length = 0;
    table.removeExpired(100_000);
    expect(table.items().map(({ item }) => item)).toEqual(['at it', 'new', 'none', 'text']);
    const old = { acl: 'a', item: 'old' };
    expect(changes).toEqual([{ eventName: 'REMOVE', key: old, byTtl: true, before: { ...old, ttl: 99 } }]);
  });
});

describe('what a caller does with an item', () => {
  it('stays its own: what it put, and what it was given, are copies', async () => {
    const { table } = watched();
    const mine = { ...key, list: ['a'] };
    await table.write([{ put: mine }]);
    mine.list.push('b');
    const first = await table.get(key);
    if (Array.isArray(first?.list)) Object.assign(first.list, ['changed']);
    expect(await table.get(key)).toEqual({ ...key, list: ['a'] });
  });
});

describe('a transaction of more than 4 MB', () => {
  it('is refused, and tells the stream nothing', async () => {
    const { changes, table } = watched();
    const writes = Array.from({ length: 11 }, (_, i) => ({
      put: { acl: 'a', item: `i${i}`, text: 'x'.repeat(400_000) },
    }));
    await expect(table.write(writes)).rejects.toThrow('4 MB');
    expect(await table.write(writes.slice(1))).toEqual({ written: true });
    expect(changes).toHaveLength(10);
  });
});

describe('the stand-in out of reach', () => {
  it('fails every call, and has lost nothing afterwards', async () => {
    const { changes, table } = watched();
    await table.write([{ put: key }]);
    table.unreachable = true;
    await expect(table.get(key)).rejects.toThrow();
    await expect(table.write([{ remove: key }])).rejects.toThrow();
    for (const pages of [table.queryPrefix('a', 'i'), table.queryExpiry('a', 0, 1)]) {
      await expect(pages[Symbol.asyncIterator]().next()).rejects.toThrow();
    }
    table.unreachable = false;
    expect(await table.get(key)).toEqual(key);
    expect(changes).toHaveLength(1);
  });
});
