import { describe, expect, it } from 'vitest';
import type { Write } from '../../lib/ports.ts';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { tableContract } from './table-contract.ts';

tableContract('the stand-in', async () => new MemoryTable());

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
      { eventName: 'REMOVE', key, byTtl: false },
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
    expect(changes).toEqual([{ eventName: 'REMOVE', key: { acl: 'a', item: 'old' }, byTtl: true }]);
  });
});

describe('an item that DynamoDB would not take', () => {
  const text = (bytes: number) => 'x'.repeat(bytes);

  it('is refused by the stand-in as well, with the whole transaction', async () => {
    const { changes, table } = watched();
    const writes = [{ put: { acl: 'a', item: 'small' } }, { put: { ...key, text: text(400 * 1024) } }];
    await expect(table.write(writes)).rejects.toThrow('maximum allowed size');
    await table.write([{ put: { ...key, list: Array.from({ length: 3_000 }, () => text(100)) } }]);
    await expect(table.write([{ update: key, set: { more: text(110_000) } }])).rejects.toThrow('maximum allowed size');
    expect(changes).toHaveLength(1);
    expect(await table.get(key)).not.toHaveProperty('more');
  });
});

describe('the stand-in out of reach', () => {
  it('fails every call, and has lost nothing afterwards', async () => {
    const { changes, table } = watched();
    await table.write([{ put: key }]);
    table.unreachable = true;
    await expect(table.get(key)).rejects.toThrow();
    await expect(table.write([{ remove: key }])).rejects.toThrow();
    for (const pages of [table.queryPrefix('a', ''), table.queryExpiry('a', 0, 1)]) {
      await expect(pages[Symbol.asyncIterator]().next()).rejects.toThrow();
    }
    table.unreachable = false;
    expect(await table.get(key)).toEqual(key);
    expect(changes).toHaveLength(1);
  });
});

describe('a value that is undefined', () => {
  it.each([
    ['put', { put: { ...key, gone: undefined } }],
    ['set', { update: key, set: { gone: undefined } }],
    ['deep inside', { update: key, set: { zones: { a: { gone: undefined } } } }],
  ])('is refused, as the client of DynamoDB does: %s', async (_, write) => {
    const { table } = watched();
    await expect(table.write([write as unknown as Write])).rejects.toThrow('gone is undefined');
    expect(table.items()).toEqual([]);
  });
});
