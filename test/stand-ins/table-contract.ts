import { beforeEach, describe, expect, it } from 'vitest';
import type { Item, Table } from '../../lib/ports.ts';

let made = 0;

/** What every implementation of the Table port promises. @param makeTable may give the same table again: each test uses a partition of its own */
export function tableContract(name: string, makeTable: () => Promise<Table>): void {
  describe(`the table port on ${name}`, () => {
    let table: Table;
    let acl: string;
    beforeEach(async () => {
      table = await makeTable();
      made += 1;
      acl = `contract-${made}`;
    });
    const all = async (pages: AsyncIterable<readonly Item[]>) => {
      const items: Item[] = [];
      for await (const page of pages) items.push(...page);
      return items;
    };

    it('gives back what was put, of every kind of value', async () => {
      const item = {
        acl,
        item: 'A',
        text: 'x',
        number: 1.5,
        flag: true,
        list: ['a', 'b'],
        map: { inner: ['c'], n: 0 },
      };
      expect(await table.write([{ put: item }])).toEqual({ written: true });
      expect(await table.get({ acl, item: 'A' })).toEqual(item);
      expect(await table.get({ acl, item: 'B' })).toBeUndefined();
    });

    it('writes all or nothing, and names every condition that failed', async () => {
      await table.write([{ put: { acl, item: 'A', n: 1 } }]);
      const result = await table.write([
        { put: { acl, item: 'B', n: 1 } },
        { put: { acl, item: 'A', n: 2 }, when: [{ absent: true }] },
        { check: { acl, item: 'C' }, when: [{ attribute: 'n', equals: 1 }] },
      ]);
      expect(result).toEqual({ written: false, failed: [1, 2] });
      expect(await table.get({ acl, item: 'B' })).toBeUndefined();
      expect(await table.get({ acl, item: 'A' })).toMatchObject({ n: 1 });
    });

    it.each([
      ['below a larger text', { attribute: 'order', below: '3' }, true],
      ['below the same text', { attribute: 'order', below: '2' }, false],
      ['equal', { attribute: 'order', equals: '2' }, true],
      ['not equal', { attribute: 'order', equals: '3' }, false],
      ['an attribute that is not there', { attribute: 'none', below: '3' }, false],
      ['one that may be absent, and is', { attribute: 'none', below: '3', orAbsent: true }, true],
      [
        'one that may be absent, and is there, but not below',
        { attribute: 'order', below: '1', orAbsent: true },
        false,
      ],
      ['absent, of an item that is there', { absent: true }, false],
    ] as const)('judges a condition: %s', async (_, condition, holds) => {
      await table.write([{ put: { acl, item: 'A', order: '2' } }]);
      const result = await table.write([{ check: { acl, item: 'A' }, when: [condition] }]);
      expect(result.written).toBe(holds);
    });

    it('takes several conditions as all of them', async () => {
      await table.write([{ put: { acl, item: 'A', a: 1, b: 2 } }]);
      const both = (b: number) => [{ attribute: 'a', equals: 1 } as const, { attribute: 'b', equals: b } as const];
      expect((await table.write([{ check: { acl, item: 'A' }, when: both(3) }])).written).toBe(false);
      expect((await table.write([{ check: { acl, item: 'A' }, when: both(2) }])).written).toBe(true);
    });

    it('updates: sets, sets once, adds and removes, and makes the item where there is none', async () => {
      const update = { acl, item: 'A' };
      await table.write([{ update, set: { a: 1, gone: 'x' }, setOnce: { since: 1 }, add: { n: 2 } }]);
      await table.write([{ update, set: { a: 3 }, setOnce: { since: 9 }, add: { n: 2 }, remove: ['gone', 'never'] }]);
      expect(await table.get(update)).toEqual({ acl, item: 'A', a: 3, since: 1, n: 4 });
    });

    it('removes, and removing what is not there is no failure', async () => {
      await table.write([{ put: { acl, item: 'A' } }]);
      expect((await table.write([{ remove: { acl, item: 'A' } }])).written).toBe(true);
      expect((await table.write([{ remove: { acl, item: 'A' } }])).written).toBe(true);
      expect(await table.get({ acl, item: 'A' })).toBeUndefined();
    });

    it('lists a prefix in the order of the sort key, and nothing of other partitions', async () => {
      for (const item of ['GRANT#2#', 'GRANT#1#b', 'GRANT#1#a', 'OTHER']) await table.write([{ put: { acl, item } }]);
      await table.write([{ put: { acl: `${acl}-other`, item: 'GRANT#1#' } }]);
      const found = await all(table.queryPrefix(acl, 'GRANT#'));
      expect(found.map(({ item }) => item)).toEqual(['GRANT#1#a', 'GRANT#1#b', 'GRANT#2#']);
    });

    it('lists by expiry: after the one moment, up to and including the other, soonest first', async () => {
      for (const expiresAt of [40, 10, 30, 20]) await table.write([{ put: { acl, item: `G${expiresAt}`, expiresAt } }]);
      await table.write([{ put: { acl, item: 'no expiry' } }]);
      const found = await all(table.queryExpiry(acl, 10, 30));
      expect(found.map(({ expiresAt }) => expiresAt)).toEqual([20, 30]);
      expect(await all(table.queryExpiry(acl, 0, Number.MAX_SAFE_INTEGER))).toHaveLength(4);
    });

    it('lists more than fits into one page', async () => {
      for (let at = 0; at < 250; at += 50) {
        const puts = Array.from({ length: 50 }, (_, i) => ({
          put: { acl, item: `GRANT#${at + i}`, filler: 'x'.repeat(6_000) },
        }));
        await table.write(puts);
      }
      expect(await all(table.queryPrefix(acl, 'GRANT#'))).toHaveLength(250);
    });
  });
}
