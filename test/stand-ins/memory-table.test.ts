import { describe, expect, it } from 'vitest';
import { type Change, MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { tableContract } from './table-contract.ts';

tableContract('the stand-in', async () => new MemoryTable());

describe('the stream of the stand-in', () => {
  it('tells of every change, and not of a write that changes nothing', async () => {
    const changes: Change[] = [];
    const table = new MemoryTable((change) => changes.push(change));
    const key = { acl: 'a', item: 'i' };
    await table.write([{ put: { ...key, n: 1 } }]);
    await table.write([{ put: { ...key, n: 1 } }]);
    await table.write([{ update: key, set: { n: 2 } }]);
    await table.write([{ remove: key }]);
    await table.write([{ remove: key }]);
    expect(changes.map(({ eventName, byTtl }) => [eventName, byTtl])).toEqual([
      ['INSERT', false],
      ['MODIFY', false],
      ['REMOVE', false],
    ]);
  });

  it('removes what its TTL has passed, and marks it as that', async () => {
    const changes: Change[] = [];
    const table = new MemoryTable((change) => changes.push(change));
    await table.write([{ put: { acl: 'a', item: 'old', ttl: 99 } }, { put: { acl: 'a', item: 'new', ttl: 101 } }]);
    changes.length = 0;
    table.removeExpired(100_000);
    expect(table.items().map(({ item }) => item)).toEqual(['new']);
    expect(changes).toEqual([{ eventName: 'REMOVE', key: { acl: 'a', item: 'old' }, byTtl: true }]);
  });
});
