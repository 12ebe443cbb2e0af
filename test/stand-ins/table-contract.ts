import { beforeEach, describe, expect, it } from 'vitest';
import type { Condition, Item, Table, Value, Write } from '../../lib/ports.ts';

/** In what an implementation that nobody here wrote differs from DynamoDB. */
export interface Differences {
  /** It knows transactions: several items at once, or a look at one. */
  readonly transactions?: boolean;
  /** What it takes, though DynamoDB refuses it: titles of the cases below. */
  readonly takes?: readonly string[];
  /** Conditions that it judges otherwise: titles too. */
  readonly misjudges?: readonly string[];
}

let made = 0;
/** Texts whose order by bytes of UTF-8 is another than JavaScript's. */
const BY_BYTES = ['z', 'é', '\uffee', '💡'];

/** What every implementation of the Table port promises. @param makeTable may give the same table again: each test uses a partition of its own */
export function tableContract(name: string, makeTable: () => Promise<Table>, differences: Differences = {}): void {
  const { transactions = true, takes = [], misjudges = [] } = differences;
  const isTaken = ([title]: readonly [string, ...unknown[]]) => takes.includes(title);
  const isRefused = (one: readonly [string, ...unknown[]]) => !isTaken(one);

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
    const put = (more: Readonly<Record<string, Value>> = {}, item = 'A') =>
      table.write([{ put: { ...key(item), ...more } }]);
    const all = async (pages: AsyncIterable<readonly Item[]>) => {
      const items: Item[] = [];
      for await (const page of pages) items.push(...page);
      return items;
    };
    const prefixed = async (prefix: string) => (await all(table.queryPrefix(acl, prefix))).map(({ item }) => item);

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
        expect(await table.write([{ put: item }])).toEqual({ written: true });
        expect(await get()).toEqual(item);
        expect(await table.get(key(), { stale: true })).toBeDefined();
        expect(await get('B')).toBeUndefined();
      });

      it('is replaced as a whole by a put', async () => {
        await put({ a: 1, b: 2 });
        await put({ a: 3 });
        expect(await get()).toEqual({ ...key(), a: 3 });
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
        ['below a text, by the bytes of UTF-8', { attribute: 'wide', below: '💡' }, true],
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
      const judged = CONDITIONS.filter(([title]) => !misjudges.includes(title));
      const stored = { order: '2', n: 9, wide: '\uffee' };
      const resultOf = (holds: boolean) => (holds ? { written: true } : { written: false, failed: [0] });

      it.each(judged)('is written on a condition: %s', async (_, condition, holds) => {
        await put(stored);
        const when = [condition];
        expect(await table.write([{ update: key(), set: { touched: 1 }, when }])).toEqual(resultOf(holds));
        expect((await get())?.touched).toBe(holds ? 1 : undefined);
        expect(await table.write([{ put: { ...key(), ...stored, again: 1 }, when }])).toEqual(resultOf(holds));
        expect((await get())?.again).toBe(holds ? 1 : undefined);
        expect(await table.write([{ remove: key(), when }])).toEqual(resultOf(holds));
        expect((await get()) === undefined).toBe(holds);
      });

      it.runIf(transactions).each(judged)('is looked at: %s', async (_, condition, holds) => {
        await put(stored);
        expect(await table.write([{ check: key(), when: [condition] }])).toEqual(resultOf(holds));
      });

      const ON_NONE: readonly (readonly [string, Condition, boolean])[] = [
        ['absent', { absent: true }, true],
        ['an attribute that may be absent', { attribute: 'n', below: 1, orAbsent: true }, true],
        ['an attribute that is wanted', { attribute: 'n', below: 1 }, false],
      ];

      it.each(ON_NONE)('is written on a condition where there is none yet: %s', async (_, condition, holds) => {
        const when = [condition];
        expect((await table.write([{ remove: key(), when }])).written).toBe(holds);
        expect((await table.write([{ put: key(), when }])).written).toBe(holds);
        expect((await get()) !== undefined).toBe(holds);
      });

      it.runIf(transactions).each(ON_NONE)('is looked at where there is none: %s', async (_, condition, holds) => {
        expect((await table.write([{ check: key(), when: [condition] }])).written).toBe(holds);
      });

      it('is written where all of several conditions hold', async () => {
        await put({ a: 1, b: 2 });
        const both = (b: number) => [{ attribute: 'a', equals: 1 } as const, { attribute: 'b', equals: b } as const];
        expect((await table.write([{ update: key(), set: { c: 1 }, when: both(3) }])).written).toBe(false);
        expect((await table.write([{ update: key(), set: { c: 1 }, when: both(2) }])).written).toBe(true);
      });

      it('is updated: sets, sets once, adds and removes, and makes the item where there is none', async () => {
        const update = key();
        await table.write([{ update, set: { a: 1, gone: 'x' }, setOnce: { since: 1 }, add: { n: 2 } }]);
        await table.write([{ update, set: { a: 3 }, setOnce: { since: 9 }, add: { n: 2 }, remove: ['gone', 'never'] }]);
        expect(await get()).toEqual({ ...update, a: 3, since: 1, n: 4 });
      });

      it('is updated in attributes whose names are words of the table’s own language', async () => {
        await table.write([{ update: key(), set: { order: 1, set: 2, ttl: 3, user: 4 }, remove: ['index'] }]);
        expect(await get()).toEqual({ ...key(), order: 1, set: 2, ttl: 3, user: 4 });
      });

      it('is removed, and removing what is not there is no failure', async () => {
        await put();
        for (const _ of [1, 2]) expect((await table.write([{ remove: key() }])).written).toBe(true);
        expect(await get()).toBeUndefined();
      });
    });

    describe.runIf(transactions)('several items', () => {
      it('are written together or not at all, and every condition that failed is named', async () => {
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

      it('are judged as they were before', async () => {
        const first: Write[] = [{ put: key() }, { check: key('B'), when: [{ absent: true }] }];
        expect(await table.write(first)).toEqual({ written: true });
        expect(await table.write([{ put: { ...key('B') } }, { check: key(), when: [{ absent: true }] }])).toMatchObject(
          {
            failed: [1],
          },
        );
      });

      it('are written, updated and removed in one', async () => {
        await put({}, 'B');
        await put({ n: 1 }, 'C');
        const writes: Write[] = [{ put: key() }, { remove: key('B') }, { update: key('C'), add: { n: 1 } }];
        expect(await table.write(writes)).toEqual({ written: true });
        expect(await all(table.queryPrefix(acl, 'B'))).toEqual([]);
        expect([await get(), await get('C')]).toEqual([key(), { ...key('C'), n: 2 }]);
      });

      it('are a hundred at most', async () => {
        const puts = (count: number) => Array.from({ length: count }, (_, i) => ({ put: key(`GRANT#${i}`) }));
        await expect(table.write(puts(101))).rejects.toThrow();
        expect(await prefixed('GRANT#')).toEqual([]);
        expect(await table.write(puts(100))).toEqual({ written: true });
      });

      const REFUSED: readonly (readonly [title: string, writes: (of: typeof key) => Write[]])[] = [
        ['two writes on one item', (of) => [{ put: of('A') }, { remove: of('A') }]],
        ['a write and a look at one item', (of) => [{ put: of('A') }, { check: of('A'), when: [{ absent: true }] }]],
        ['one that is too large', (of) => [{ put: of('A') }, { put: { ...of('B'), text: 'x'.repeat(409_600) } }]],
        [
          'one that is updated twice over',
          (of) => [{ put: of('A') }, { update: of('B'), set: { a: 1 }, remove: ['a'] }],
        ],
      ];
      it.each(REFUSED.filter(isRefused))('are refused with %s, and nothing is written', async (_, writes) => {
        await expect(table.write(writes(key))).rejects.toThrow();
        expect(await get()).toBeUndefined();
      });

      it.each(REFUSED.filter(isTaken))('are written here, unlike in DynamoDB, with %s', async (_, writes) => {
        await expect(table.write(writes(key))).resolves.toBeDefined();
      });
    });

    describe('what is refused', () => {
      const long = (bytes: number) => 'x'.repeat(bytes);
      const when = (condition: Condition) => [condition];
      type Refusal = readonly [title: string, write: (of: ReturnType<typeof key>) => Write];
      const nested = (levels: number): Value => (levels === 0 ? 'x' : [nested(levels - 1)]);
      const undefinedValue = JSON.parse('{}').nothing;

      const WRITES: readonly Refusal[] = [
        ['a key without a partition', (of) => ({ put: { ...of, acl: '' } })],
        ['a key without a sort key', (of) => ({ remove: { ...of, item: '' } })],
        ['a partition key of more than 2,048 bytes', (of) => ({ put: { ...of, acl: long(2_049) } })],
        ['a sort key of more than 1,024 bytes', (of) => ({ update: { ...of, item: long(1_025) }, set: { a: 1 } })],
        [
          'a sort key of more than 1,024 bytes in fewer characters',
          (of) => ({ put: { ...of, item: 'é'.repeat(513) } }),
        ],
        ['more than a key for a key', (of) => ({ update: { ...of, ip: 'x' }, set: { a: 1 } })],
        ['an item of more than 400 KB', (of) => ({ put: { ...of, text: 'x'.repeat(409_600) } })],
        ['a value that is undefined', (of) => ({ put: { ...of, a: undefinedValue } })],
        ['a value that is undefined, deep inside', (of) => ({ update: of, set: { a: { b: [undefinedValue] } } })],
        ['a number that is none', (of) => ({ put: { ...of, n: Number.NaN } })],
        ['a number without an end', (of) => ({ put: { ...of, n: Number.POSITIVE_INFINITY } })],
        ['a number that is not exact', (of) => ({ put: { ...of, n: 2 ** 60 } })],
        ['a number too near to 0', (of) => ({ put: { ...of, n: 1e-200 } })],
        ['a name of an attribute that is empty', (of) => ({ update: of, set: { '': 1 } })],
        ['values too deep inside one another', (of) => ({ put: { ...of, a: nested(40) } })],
        ['a text where the index wants a number', (of) => ({ put: { ...of, expiresAt: 'soon' } })],
        ['a text set where the index wants a number', (of) => ({ update: of, set: { expiresAt: 'soon' } })],
        ['an update that changes nothing', (of) => ({ update: of, set: {} })],
        ['an update of the key', (of) => ({ update: of, set: { item: 'B' } })],
        ['an attribute both set and removed', (of) => ({ update: of, set: { a: 1 }, remove: ['a'] })],
        ['an attribute both set and set once', (of) => ({ update: of, set: { a: 1 }, setOnce: { a: 1 } })],
        ['an attribute both set and added to', (of) => ({ update: of, set: { a: 1 }, add: { a: 1 } })],
        ['an attribute both added to and removed', (of) => ({ update: of, add: { a: 1 }, remove: ['a'] })],
        ['an attribute removed twice', (of) => ({ update: of, remove: ['a', 'a'] })],
        ['truth values in an order', (of) => ({ put: of, when: when({ attribute: 'a', below: true }) })],
        ['a condition on an attribute without a name', (of) => ({ put: of, when: when({ attribute: '', equals: 1 }) })],
        [
          'a condition with a number that is none',
          (of) => ({ put: of, when: when({ attribute: 'a', equals: Number.NaN }) }),
        ],
      ];
      it.each(WRITES.filter(isRefused))('is %s', async (_, write) => {
        await expect(table.write([write(key())])).rejects.toThrow();
        expect(await get()).toBeUndefined();
      });

      it.each(WRITES.filter(isTaken))('is here, unlike in DynamoDB, not %s', async (_, write) => {
        await expect(table.write([write(key())])).resolves.toBeDefined();
      });

      it('is an addition to what is no number', async () => {
        await put({ n: 'x' });
        await expect(table.write([{ update: key(), add: { n: 1 } }])).rejects.toThrow();
        expect(await get()).toEqual({ ...key(), n: 'x' });
      });

      it('is an update that makes an item too large', async () => {
        await put({ list: Array.from({ length: 3_000 }, () => 'x'.repeat(100)) });
        await expect(table.write([{ update: key(), set: { more: 'x'.repeat(110_000) } }])).rejects.toThrow();
        expect(await get()).not.toHaveProperty('more');
      });

      it('is a list without writes', async () => {
        await expect(table.write([])).rejects.toThrow();
      });

      it.runIf(transactions)('is a look without a condition', async () => {
        await expect(table.write([{ check: key(), when: [] }])).rejects.toThrow();
      });

      it.each([
        ['without a partition', { acl: '', item: 'A' }],
        ['without a sort key', { acl: 'a', item: '' }],
        ['with more than a key', { acl: 'a', item: 'A', ip: 'x' }],
        ['with a sort key of more than 1,024 bytes', { acl: 'a', item: long(1_025) }],
      ])('is a question for a key %s', async (_, wanted) => {
        await expect(table.get(wanted)).rejects.toThrow();
      });

      const RANGES = [
        ['that ends before it begins', 20, 10],
        ['that is empty', 20, 20],
        ['without an end', 20, Number.POSITIVE_INFINITY],
      ] as const;
      it.each(RANGES.filter(isRefused))('is a range of expiries %s', async (_, after, upTo) => {
        await expect(all(table.queryExpiry(acl, after, upTo))).rejects.toThrow();
      });

      it.each(RANGES.filter(isTaken))('is here, unlike in DynamoDB, no range %s', async (_, after, upTo) => {
        await expect(all(table.queryExpiry(acl, after, upTo))).resolves.toEqual([]);
      });

      it('is not what is just within the limits', async () => {
        const largest = { acl: long(2_048), item: long(1_024) };
        await expect(table.write([{ put: { ...largest, list: nested(31) } }])).resolves.toEqual({ written: true });
        expect(await table.get(largest)).toEqual({ ...largest, list: nested(31) });
        await put({ text: 'x'.repeat(409_000) });
        expect(await all(table.queryExpiry(acl, 20, 21))).toEqual([]);
      });
    });

    it('lists a prefix in the order of the sort key, and nothing of other partitions', async () => {
      for (const item of ['GRANT#2#', 'GRANT#1#b', 'GRANT#1#', 'GRANT#10#', 'GRANT#1#B', 'GRANT', 'OTHER'])
        await put({}, item);
      await table.write([{ put: { acl: `${acl}-other`, item: 'GRANT#1#' } }]);
      expect(await prefixed('GRANT#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b', 'GRANT#10#', 'GRANT#2#']);
      expect(await prefixed('GRANT#1#')).toEqual(['GRANT#1#', 'GRANT#1#B', 'GRANT#1#b']);
      expect(await prefixed('NONE')).toEqual([]);
    });

    it('orders sort keys by their bytes', async () => {
      for (const text of BY_BYTES.toReversed()) await put({}, `GRANT#${text}`);
      expect(await prefixed('GRANT#')).toEqual(BY_BYTES.map((text) => `GRANT#${text}`));
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
      for (let at = 0; at < 250; at += 1) {
        await put({ expiresAt: 1_000 - at, filler: 'x'.repeat(6_000) }, `GRANT#${at}`);
      }
      expect(await prefixed('GRANT#')).toHaveLength(250);
      const byExpiry = (await all(table.queryExpiry(acl, 0, 2_000))).map(({ expiresAt }) => Number(expiresAt));
      expect(byExpiry).toEqual(Array.from({ length: 250 }, (_, i) => 751 + i));
    });
  });
}
