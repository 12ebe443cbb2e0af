import { beforeEach, describe, expect, it } from 'vitest';
import { TABLE } from '../../lib/names.ts';
import type { Condition, Item, Table, Write } from '../../lib/ports.ts';
import { ContractPartition } from './contract-partition.ts';
import { transactionRefusals, writeRefusals } from './table-refusals.ts';

const EXPIRY = TABLE.expiryAttribute;

/** In what an implementation that nobody here wrote differs from DynamoDB. */
export interface Differences {
  /** It knows transactions: several items at once, or a look at one. */
  readonly transactions?: boolean;
  /** Cases, by their titles below, in which it does otherwise; they are left out. */
  readonly otherwise?: readonly string[];
}

/** Of some cases those in which an implementation does as DynamoDB does. */
export type Alike = <T extends readonly [title: string, ...unknown[]]>(cases: readonly T[]) => T[];

const CONDITIONS: readonly (readonly [title: string, condition: Condition, holds: boolean])[] = [
  ['below a larger text', { attribute: 'order', below: '3' }, true],
  ['below the same text', { attribute: 'order', below: '2' }, false],
  ['below a text that is larger as a number only', { attribute: 'order', below: '10' }, false],
  ['below a larger number', { attribute: 'n', below: 10 }, true],
  ['below the same number', { attribute: 'n', below: 9 }, false],
  ['below a number, of a text', { attribute: 'order', below: 9 }, false],
  ['equal', { attribute: 'order', equals: '2' }, true],
  ['not equal', { attribute: 'order', equals: '3' }, false],
  ['equal but for its type', { attribute: 'order', equals: 2 }, false],
  ['below a text, by the bytes of UTF-8', { attribute: 'wide', below: '💡' }, true],
  ['an attribute that is not there', { attribute: 'none', below: '3' }, false],
  ['equal, of an attribute that is not there', { attribute: 'none', equals: '3' }, false],
  ['one that may be absent, and is', { attribute: 'none', below: '3', orAbsent: true }, true],
  ['one that may be absent or equal, and is absent', { attribute: 'none', equals: 0, orAbsent: true }, true],
  ['one that may be absent, and is there, but not below', { attribute: 'order', below: '1', orAbsent: true }, false],
  ['one that may be absent, and is there, but not equal', { attribute: 'n', equals: 1, orAbsent: true }, false],
  ['absent, of an item that is there', { absent: true }, false],
];
const STORED = { order: '2', n: 9, wide: '\uffee' };
const ON_NONE: readonly (readonly [title: string, condition: Condition, holds: boolean])[] = [
  ['absent', { absent: true }, true],
  ['an attribute that may be absent', { attribute: 'n', below: 1, orAbsent: true }, true],
  ['an attribute that is wanted', { attribute: 'n', below: 1 }, false],
];
/** Texts whose order by bytes of UTF-8 is another than JavaScript's. */
const BY_BYTES = ['z', 'é', '\uffee', '💡'];

const resultOf = (holds: boolean) => (holds ? { written: true } : { written: false, failed: [0] });

/** What every implementation of the Table port promises. @param makeTable may give the same table again: each test uses a partition of its own */
export function tableContract(name: string, makeTable: () => Promise<Table>, differences: Differences = {}): void {
  const { transactions = true, otherwise = [] } = differences;
  const titles = new Set<string>();
  const alike: Alike = (cases) => {
    for (const [title] of cases) titles.add(title);
    return cases.filter(([title]) => !otherwise.includes(title));
  };

  describe(`the table port on ${name}`, () => {
    const partition = new ContractPartition(makeTable);
    const { key, get, put, write, prefixed, expiring } = partition;
    beforeEach(() => partition.renew());

    describe('one item', () => {
      it('comes back as it was put, with every kind of value', async () => {
        const item = {
          ...key(),
          ...{
            text: 'Zoë 💡 #',
            empty: '',
            number: 1.5,
            large: 1_795_543_200_123,
            negative: -1,
            flag: true,
            off: false,
          },
          ...{ list: ['a', 'b'], nothing: [], map: { inner: ['c'], n: 0 } },
        };
        expect(await write({ put: item })).toEqual({ written: true });
        expect(await get()).toEqual(item);
        expect(await partition.table.get(key(), { stale: true })).toBeDefined();
        expect(await get('B')).toBeUndefined();
      });

      it('is replaced as a whole by a put', async () => {
        await put({ a: 1, b: 2 });
        await put({ a: 3 });
        expect(await get()).toEqual({ ...key(), a: 3 });
      });

      it.each(alike(CONDITIONS))('is written on a condition: %s', async (_, condition, holds) => {
        await put(STORED);
        const when = [condition];
        expect(await write({ update: key(), set: { touched: 1 }, when })).toEqual(resultOf(holds));
        expect((await get())?.touched).toBe(holds ? 1 : undefined);
        expect(await write({ put: { ...key(), ...STORED, again: 1 }, when })).toEqual(resultOf(holds));
        expect((await get())?.again).toBe(holds ? 1 : undefined);
        expect(await write({ remove: key(), when })).toEqual(resultOf(holds));
        expect((await get()) === undefined).toBe(holds);
      });

      it.each(ON_NONE)('is written on a condition where there is none yet: %s', async (_, condition, holds) => {
        const when = [condition];
        expect((await write({ remove: key(), when })).written).toBe(holds);
        expect((await write({ put: key(), when })).written).toBe(holds);
        expect((await get()) !== undefined).toBe(holds);
      });

      it('is written where all of several conditions hold', async () => {
        await put({ a: 1, b: 2 });
        const both = (b: number) => [{ attribute: 'a', equals: 1 } as const, { attribute: 'b', equals: b } as const];
        expect((await write({ update: key(), set: { c: 1 }, when: both(3) })).written).toBe(false);
        expect((await write({ update: key(), set: { c: 1 }, when: both(2) })).written).toBe(true);
      });

      it('is updated: sets, sets once, adds and removes, and makes the item where there is none', async () => {
        const update = key();
        await write({ update, set: { a: 1, gone: 'x' }, setOnce: { since: 1 }, add: { n: 2 } });
        await write({ update, set: { a: 3 }, setOnce: { since: 9 }, add: { n: 2 }, remove: ['gone', 'never'] });
        expect(await get()).toEqual({ ...update, a: 3, since: 1, n: 4 });
      });

      it('is updated in attributes whose names are words of the table’s own language', async () => {
        await write({ update: key(), set: { order: 1, set: 2, ttl: 3, user: 4 }, remove: ['index'] });
        expect(await get()).toEqual({ ...key(), order: 1, set: 2, ttl: 3, user: 4 });
      });

      it('is removed, and removing what is not there is no failure', async () => {
        await put();
        for (const _ of [1, 2]) expect((await write({ remove: key() })).written).toBe(true);
        expect(await get()).toBeUndefined();
      });
    });

    const inTransactions = () => {
      it.each(alike(CONDITIONS))('looks at an item: %s', async (_, condition, holds) => {
        await put(STORED);
        expect(await write({ check: key(), when: [condition] })).toEqual(resultOf(holds));
      });

      it.each(ON_NONE)('looks at an item that is not there: %s', async (_, condition, holds) => {
        expect((await write({ check: key(), when: [condition] })).written).toBe(holds);
      });

      it('writes all or nothing, and names every condition that failed', async () => {
        await put({ n: 1 });
        const result = await write(
          { put: { ...key('B'), n: 1 } },
          { put: { ...key(), n: 2 }, when: [{ absent: true }] },
          { check: key('C'), when: [{ attribute: 'n', equals: 1 }] },
        );
        expect(result).toEqual({ written: false, failed: [1, 2] });
        expect(await get('B')).toBeUndefined();
        expect(await get()).toMatchObject({ n: 1 });
      });

      it('judges all conditions by the items as they were before', async () => {
        const absent = [{ absent: true }] as const;
        expect(await write({ put: key() }, { check: key('B'), when: absent })).toEqual({ written: true });
        expect(await write({ put: key('B') }, { check: key(), when: absent })).toMatchObject({ failed: [1] });
      });

      it('puts, updates and removes in one', async () => {
        await put({}, 'B');
        await put({ n: 1 }, 'C');
        const writes: Write[] = [{ put: key() }, { remove: key('B') }, { update: key('C'), add: { n: 1 } }];
        expect(await write(...writes)).toEqual({ written: true });
        expect(await get('B')).toBeUndefined();
        expect([await get(), await get('C')]).toEqual([key(), { ...key('C'), n: 2 }]);
      });

      it('holds a hundred writes, and no more', async () => {
        const puts = (count: number) => Array.from({ length: count }, (_, i) => ({ put: key(`GRANT#${i}`) }));
        await expect(write(...puts(101))).rejects.toThrow();
        expect(await prefixed('GRANT#')).toEqual([]);
        expect(await write(...puts(100))).toEqual({ written: true });
      });

      transactionRefusals(partition, alike);
    };
    if (transactions) describe('a transaction', inTransactions);

    describe('what is refused', () => writeRefusals(partition, alike));

    describe('a list', () => {
      it('of a prefix is in the order of the sort key, and has nothing of other partitions', async () => {
        for (const item of ['GRANT#2#', 'GRANT#1#b', 'GRANT#1#', 'GRANT#10#', 'GRANT#1#B', 'GRANT', 'OTHER']) {
          await put({}, item);
        }
        await write({ put: { acl: `${key().acl}-other`, item: 'GRANT#1#' } });
        expect(await prefixed('GRANT#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b', 'GRANT#10#', 'GRANT#2#']);
        expect(await prefixed('GRANT#1#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b']);
        expect(await prefixed('NONE')).toEqual([]);
      });

      it('has sort keys in the order of their bytes', async () => {
        for (const text of BY_BYTES.toReversed()) await put({}, `GRANT#${text}`);
        expect(await prefixed('GRANT#')).toEqual(BY_BYTES.map((text) => `GRANT#${text}`));
      });

      const expiries = (items: readonly Item[]) => items.map(({ [EXPIRY]: at }) => Number(at));

      it('by expiry is of those after the one moment, up to and including the other, soonest first', async () => {
        for (const at of [400, 9, 30, 20, 100]) await put({ [EXPIRY]: at }, `G${at}`);
        await put({}, 'no expiry');
        expect(expiries(await expiring(9, 30))).toEqual([20, 30]);
        expect(expiries(await expiring(0, Number.MAX_SAFE_INTEGER))).toEqual([9, 20, 30, 100, 400]);
        expect(await expiring(400, 1_000)).toEqual([]);
      });

      it('by expiry has whole items, by the latest expiry they have, as soon as it is written', async () => {
        await put({ [EXPIRY]: 10, ip: 'x' });
        await write({ update: key(), set: { [EXPIRY]: 50 } });
        expect(await expiring(0, 20)).toEqual([]);
        expect(await expiring(20, 60)).toEqual([{ ...key(), [EXPIRY]: 50, ip: 'x' }]);
        await write({ remove: key() });
        expect(await expiring(0, 60)).toEqual([]);
      });

      it('by expiry has, where that will do, what the index holds', async () => {
        await put({ expiresAt: 10, ip: 'x', since: '1', order: '2', user: 'alice' });
        await put({ expiresAt: 20, ip: 'y', grantId: 'z' }, 'B');
        expect(await expiring(0, 60, { brief: true })).toEqual([
          { ...key(), expiresAt: 10, ip: 'x', since: '1' },
          { ...key('B'), expiresAt: 20, ip: 'y' },
        ]);
      });

      it('comes with as many on a page as are asked for, and no more', async () => {
        for (let at = 0; at < 5; at += 1) await put({}, `GRANT#${at}`);
        const pages: number[] = [];
        const found = partition.table.queryPrefix(key().acl, 'GRANT#', { stale: true, page: 2 });
        for await (const page of found) pages.push(page.length);
        expect(pages.filter((length) => length > 0)).toEqual([2, 2, 1]);
      });

      it('has more than fits into one page, by prefix and by expiry', async () => {
        const filler = 'x'.repeat(6_000);
        for (let at = 0; at < 250; at += 1) await put({ [EXPIRY]: 1_000 - at, filler }, `GRANT#${at}`);
        expect(await prefixed('GRANT#')).toHaveLength(250);
        expect(expiries(await expiring(0, 2_000))).toEqual(Array.from({ length: 250 }, (_, i) => 751 + i));
      });
    });

    it('has no case that is left out, but is none', () => {
      expect(otherwise.filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
