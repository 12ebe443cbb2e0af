import { beforeEach, describe, expect, it } from 'vitest';
import type { Condition, Item, Table, Write } from '../../lib/ports.ts';

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
    const key = (item = 'A') => ({ acl, item });
    const get = (item = 'A') => table.get(key(item));
    const put = (more: Record<string, number | string> = {}, item = 'A') =>
      table.write([{ put: { ...key(item), ...more } }]);
    const all = async (pages: AsyncIterable<readonly Item[]>) => {
      const items: Item[] = [];
      for await (const page of pages) items.push(...page);
      return items;
    };

    it('gives back what was put, of every kind of value', async () => {
      const item = {
        ...key(),
        ...{ text: 'Zoë 💡 #', empty: '', number: 1.5, large: 1_795_543_200_123, negative: -1, flag: true, off: false },
        ...{ list: ['a', 'b'], nothing: [], map: { inner: ['c'], n: 0 } },
      };
      expect(await table.write([{ put: item }])).toEqual({ written: true });
      expect(await get()).toEqual(item);
      expect(await table.get(key(), { stale: true })).toBeDefined();
      expect(await get('B')).toBeUndefined();
    });

    it('replaces a whole item by a put', async () => {
      await put({ a: 1, b: 2 });
      await put({ a: 3 });
      expect(await get()).toEqual({ ...key(), a: 3 });
    });

    it('hands out copies: what a caller does with them stays its own', async () => {
      const mine = { ...key(), list: ['a'] };
      await table.write([{ put: mine }]);
      mine.list.push('b');
      const first = await get();
      if (Array.isArray(first?.list)) Object.assign(first.list, ['changed']);
      expect(await get()).toEqual({ ...key(), list: ['a'] });
    });

    it('writes all or nothing, and names every condition that failed', async () => {
      await put({ n: 1 });
      const result = await table.write([
        { put: { ...key('B'), n: 1 } },
        { put: { ...key(), n: 2 }, when: [{ absent: true }] },
        { check: key('C'), when: [{ attribute: 'n', equals: 1 }] },
      ]);
      expect(result).toEqual({ written: false, failed: [1, 2] });
      expect(await get('B')).toBeUndefined();
      expect(await get()).toMatchObject({ n: 1 });
    });

    it('checks all conditions against the items as they were before', async () => {
      const first: Write[] = [{ put: key() }, { check: key('B'), when: [{ absent: true }] }];
      expect(await table.write(first)).toEqual({ written: true });
      expect(await table.write([{ put: { ...key('B') } }, { check: key(), when: [{ absent: true }] }])).toMatchObject({
        failed: [1],
      });
    });

    const CONDITIONS: readonly (readonly [string, Condition, boolean])[] = [
      ['below a larger text', { attribute: 'order', below: '3' }, true],
      ['below the same text', { attribute: 'order', below: '2' }, false],
      ['below a text that is larger as a number only', { attribute: 'order', below: '10' }, false],
      ['below a larger number', { attribute: 'n', below: 10 }, true],
      ['below the same number', { attribute: 'n', below: 9 }, false],
      ['below a number, of a text', { attribute: 'order', below: 9 }, false],
      ['equal', { attribute: 'order', equals: '2' }, true],
      ['not equal', { attribute: 'order', equals: '3' }, false],
      ['equal but for its type', { attribute: 'order', equals: 2 }, false],
      ['an attribute that is not there', { attribute: 'none', below: '3' }, false],
      ['equal, of an attribute that is not there', { attribute: 'none', equals: '3' }, false],
      ['one that may be absent, and is', { attribute: 'none', below: '3', orAbsent: true }, true],
      ['one that may be absent or equal, and is absent', { attribute: 'none', equals: 0, orAbsent: true }, true],
      [
        'one that may be absent, and is there, but not below',
        { attribute: 'order', below: '1', orAbsent: true },
        false,
      ],
      ['one that may be absent, and is there, but not equal', { attribute: 'n', equals: 1, orAbsent: true }, false],
      ['absent, of an item that is there', { absent: true }, false],
    ];

    it.each(CONDITIONS)('judges a condition: %s', async (_, condition, holds) => {
      await put({ order: '2', n: 9 });
      const when = [condition];
      expect((await table.write([{ check: key(), when }])).written).toBe(holds);
      expect((await table.write([{ update: key(), set: { touched: 1 }, when }])).written).toBe(holds);
      expect((await get())?.touched).toBe(holds ? 1 : undefined);
      expect((await table.write([{ remove: key(), when }])).written).toBe(holds);
      expect((await get()) === undefined).toBe(holds);
    });

    it.each([
      ['absent', { absent: true }, true],
      ['an attribute that may be absent', { attribute: 'n', below: 1, orAbsent: true }, true],
      ['an attribute that is wanted', { attribute: 'n', below: 1 }, false],
    ] as const)('judges a condition on an item that is not there: %s', async (_, condition, holds) => {
      const when = [condition];
      expect((await table.write([{ check: key(), when }])).written).toBe(holds);
      expect((await table.write([{ remove: key(), when }])).written).toBe(holds);
      expect((await table.write([{ put: key(), when }])).written).toBe(holds);
      expect((await get()) !== undefined).toBe(holds);
    });

    it('takes several conditions as all of them', async () => {
      await put({ a: 1, b: 2 });
      const both = (b: number) => [{ attribute: 'a', equals: 1 } as const, { attribute: 'b', equals: b } as const];
      expect((await table.write([{ check: key(), when: both(3) }])).written).toBe(false);
      expect((await table.write([{ check: key(), when: both(2) }])).written).toBe(true);
    });

    it('updates: sets, sets once, adds and removes, and makes the item where there is none', async () => {
      const update = key();
      await table.write([{ update, set: { a: 1, gone: 'x' }, setOnce: { since: 1 }, add: { n: 2 } }]);
      await table.write([{ update, set: { a: 3 }, setOnce: { since: 9 }, add: { n: 2 }, remove: ['gone', 'never'] }]);
      expect(await get()).toEqual({ ...update, a: 3, since: 1, n: 4 });
    });

    it('updates attributes whose names are words of its own language', async () => {
      await table.write([{ update: key(), set: { order: 1, set: 2, ttl: 3, user: 4 }, remove: ['index'] }]);
      expect(await get()).toEqual({ ...key(), order: 1, set: 2, ttl: 3, user: 4 });
    });

    it('removes, and removing what is not there is no failure', async () => {
      await put();
      for (const _ of [1, 2]) expect((await table.write([{ remove: key() }])).written).toBe(true);
      expect(await get()).toBeUndefined();
    });

    it('takes a hundred writes, and refuses more, none, and two on one item', async () => {
      const puts = (count: number) => Array.from({ length: count }, (_, i) => ({ put: key(`GRANT#${i}`) }));
      await expect(table.write(puts(101))).rejects.toThrow();
      expect(await all(table.queryPrefix(acl, 'GRANT#'))).toEqual([]);
      expect(await table.write(puts(100))).toEqual({ written: true });
      await expect(table.write([])).rejects.toThrow();
      await expect(table.write([{ put: key() }, { check: key(), when: [{ absent: true }] }])).rejects.toThrow();
      expect(await get()).toBeUndefined();
    });

    it('lists a prefix in the order of the sort key, and nothing of other partitions', async () => {
      for (const item of ['GRANT#2#', 'GRANT#1#b', 'GRANT#1#', 'GRANT#10#', 'GRANT#1#B', 'GRANT', 'OTHER'])
        await put({}, item);
      await table.write([{ put: { acl: `${acl}-other`, item: 'GRANT#1#' } }]);
      const found = async (prefix: string) => (await all(table.queryPrefix(acl, prefix))).map(({ item }) => item);
      expect(await found('GRANT#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b', 'GRANT#10#', 'GRANT#2#']);
      expect(await found('GRANT#1#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b']);
      expect(await found('NONE')).toEqual([]);
    });

    it('lists by expiry: after the one moment, up to and including the other, soonest first', async () => {
      for (const expiresAt of [400, 9, 30, 20, 100]) await put({ expiresAt }, `G${expiresAt}`);
      await put({}, 'no expiry');
      const found = async (after: number, upTo: number) =>
        (await all(table.queryExpiry(acl, after, upTo))).map(({ expiresAt }) => expiresAt);
      expect(await found(9, 30)).toEqual([20, 30]);
      expect(await found(0, Number.MAX_SAFE_INTEGER)).toEqual([9, 20, 30, 100, 400]);
      expect(await found(400, 1_000)).toEqual([]);
    });

    it('lists whole items by expiry, by the latest one they have, as soon as it is written', async () => {
      await put({ expiresAt: 10, ip: 'x' });
      await table.write([{ update: key(), set: { expiresAt: 50 } }]);
      expect(await all(table.queryExpiry(acl, 0, 20))).toEqual([]);
      expect(await all(table.queryExpiry(acl, 20, 60))).toEqual([{ ...key(), expiresAt: 50, ip: 'x' }]);
      await table.write([{ remove: key() }]);
      expect(await all(table.queryExpiry(acl, 0, 60))).toEqual([]);
    });

    it('lists more than fits into one page, by prefix and by expiry', async () => {
      for (let at = 0; at < 250; at += 50) {
        const puts = Array.from({ length: 50 }, (_, i) => ({
          put: { ...key(`GRANT#${at + i}`), expiresAt: 1_000 - at - i, filler: 'x'.repeat(6_000) },
        }));
        await table.write(puts);
      }
      expect(await all(table.queryPrefix(acl, 'GRANT#'))).toHaveLength(250);
      const byExpiry = (await all(table.queryExpiry(acl, 0, 2_000))).map(({ expiresAt }) => Number(expiresAt));
      expect(byExpiry).toEqual(Array.from({ length: 250 }, (_, i) => 751 + i));
    });
  });
}
