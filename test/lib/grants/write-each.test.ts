import { beforeEach, describe, expect, it } from 'vitest';
import { writeEach } from '../../../lib/grants/write-each.ts';
import type { Item, Table } from '../../../lib/ports.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';

/** Keeps how many writes each request had, and fails from the nth on. */
class Watched extends MemoryTable {
  sizes: number[] = [];
  failsFrom = Number.POSITIVE_INFINITY;
  override async write(...[writes]: Parameters<Table['write']>): ReturnType<Table['write']> {
    this.sizes.push(writes.length);
    if (this.sizes.length >= this.failsFrom) throw new Error('the table does not answer');
    return super.write(writes);
  }
}

let table: Watched;
let done: string[];
beforeEach(() => {
  [table, done] = [new Watched(), []];
});
const rows = async (count: number): Promise<Item[]> => {
  const items = Array.from({ length: count }, (_, n) => ({ acl: 'a', item: `G${n}`, n }));
  for (const put of items) await table.write([{ put }]);
  table.sizes = [];
  return items;
};
const remove = (all: readonly Item[]) =>
  writeEach(
    table,
    all,
    ({ acl, item, n }) => ({ remove: { acl, item }, when: [{ attribute: 'n', equals: Number(n) }] }),
    ({ item }) => done.push(item),
  );

describe('many writes, each on its own condition', () => {
  it.each([
    [99, Array(99).fill(1)],
    [100, [100]],
    [250, [100, 100, ...Array(50).fill(1)]],
  ])('of %i are requests of a hundred, and what is left goes by itself', async (count, sizes) => {
    await remove(await rows(count));
    expect([table.sizes, table.items(), done.length]).toEqual([sizes, [], count]);
  });

  it('go one by one where one of a hundred is not as it was, which stays', async () => {
    const all = await rows(200);
    await table.write([{ update: { acl: 'a', item: 'G150' }, set: { n: 0 } }]);
    table.sizes = [];
    await remove(all);
    expect(table.sizes).toEqual([100, 100, ...Array(100).fill(1)]);
    expect(table.items().map(({ item }) => item)).toEqual(['G150']);
    expect([done.length, new Set(done).has('G150')]).toEqual([199, false]);
  });

  it('reject where one fails, once those beside it are done, which count', async () => {
    const all = await rows(450);
    table.failsFrom = 5;
    await expect(remove(all)).rejects.toThrow('does not answer');
    expect([table.sizes.length, done.length, table.items().length]).toEqual([29, 400, 50]);
  });
});
