import { expect, it } from 'vitest';
import { TABLE } from '../../lib/names.ts';
import type { Condition, Key, Value, Write } from '../../lib/ports.ts';
import type { ContractPartition, OwnKey } from './contract-partition.ts';
import type { Alike } from './table-contract.ts';

const text = (bytes: number) => 'x'.repeat(bytes);
const nested = (levels: number): Value => (levels === 0 ? 'x' : [nested(levels - 1)]);
/** What no type lets through, but a cast or a stored row may bring. */
const UNDEFINED = JSON.parse('{}').nothing;
const TOO_LARGE = text(400 * 1024);
const on = (condition: Condition) => [condition];

const WRITES: readonly (readonly [title: string, write: (key: OwnKey) => Write])[] = [
  ['a key without a partition', (key) => ({ put: { ...key, acl: '' } })],
  ['a key without a sort key', (key) => ({ remove: { ...key, item: '' } })],
  ['a partition key of more than 2,048 bytes', (key) => ({ put: { ...key, acl: text(2_049) } })],
  ['a sort key of more than 1,024 bytes', (key) => ({ update: { ...key, item: text(1_025) }, set: { a: 1 } })],
  ['a sort key of too many bytes, in few characters', (key) => ({ put: { ...key, item: 'é'.repeat(513) } })],
  ['more than a key for a key', (key) => ({ update: { ...key, ip: 'x' }, set: { a: 1 } })],
  ['an item of more than 400 KB', (key) => ({ put: { ...key, text: TOO_LARGE } })],
  ['a value that is undefined', (key) => ({ put: { ...key, a: UNDEFINED } })],
  ['a value that is set undefined', (key) => ({ update: key, set: { a: UNDEFINED } })],
  ['a value that is undefined, deep inside', (key) => ({ update: key, set: { a: { b: [UNDEFINED] } } })],
  ['a number that is none', (key) => ({ put: { ...key, n: Number.NaN } })],
  ['a number without an end', (key) => ({ put: { ...key, n: Number.POSITIVE_INFINITY } })],
  ['a number that is not exact', (key) => ({ put: { ...key, n: 2 ** 60 } })],
  ['a number too near to 0', (key) => ({ put: { ...key, n: 1e-200 } })],
  ['an attribute without a name', (key) => ({ update: key, set: { '': 1 } })],
  ['values too deep inside one another', (key) => ({ put: { ...key, a: nested(40) } })],
  ['a text where the index wants a number', (key) => ({ put: { ...key, [TABLE.expiryAttribute]: 'soon' } })],
  ['a text set where the index wants a number', (key) => ({ update: key, set: { [TABLE.expiryAttribute]: 'soon' } })],
  ['an update that changes nothing', (key) => ({ update: key, set: {} })],
  ['an update of the key', (key) => ({ update: key, set: { item: 'B' } })],
  ['an attribute both set and removed', (key) => ({ update: key, set: { a: 1 }, remove: ['a'] })],
  ['an attribute both set and set once', (key) => ({ update: key, set: { a: 1 }, setOnce: { a: 1 } })],
  ['an attribute both set and added to', (key) => ({ update: key, set: { a: 1 }, add: { a: 1 } })],
  ['an attribute both added to and removed', (key) => ({ update: key, add: { a: 1 }, remove: ['a'] })],
  ['an attribute removed twice', (key) => ({ update: key, remove: ['a', 'a'] })],
  ['truth values in an order', (key) => ({ put: key, when: on({ attribute: 'a', below: true }) })],
  ['a condition on an attribute without a name', (key) => ({ put: key, when: on({ attribute: '', equals: 1 }) })],
  ['a condition with a number that is none', (key) => ({ put: key, when: on({ attribute: 'a', equals: Number.NaN }) })],
];

const QUESTIONS: readonly (readonly [title: string, key: Key])[] = [
  ['an item without a partition', { acl: '', item: 'A' }],
  ['an item without a sort key', { acl: 'a', item: '' }],
  ['an item with a sort key of more than 1,024 bytes', { acl: 'a', item: text(1_025) }],
  ['an item by more than its key', Object.assign({ acl: 'a', item: 'A' }, { ip: 'x' })],
];

const RANGES: readonly (readonly [title: string, after: number, upTo: number])[] = [
  ['expiries that end before they begin', 20, 10],
  ['expiries between a moment and the same', 20, 20],
  ['expiries without an end', 20, Number.POSITIVE_INFINITY],
];

type Writes = (key: (item: string) => OwnKey) => Write[];
const TRANSACTIONS: readonly (readonly [title: string, writes: Writes])[] = [
  ['two writes on one item', (key) => [{ put: key('A') }, { remove: key('A') }]],
  ['a write and a look at one item', (key) => [{ put: key('A') }, { check: key('A'), when: on({ absent: true }) }]],
  ['an item that is too large', (key) => [{ put: key('A') }, { put: { ...key('B'), text: TOO_LARGE } }]],
  ['an attribute touched twice', (key) => [{ put: key('A') }, { update: key('B'), set: { a: 1 }, remove: ['a'] }]],
  ['a look without a condition', (key) => [{ put: key('A') }, { check: key('B'), when: [] }]],
];

/** What DynamoDB refuses of one item, be it written or asked for. */
export function writeRefusals(partition: ContractPartition, alike: Alike): void {
  const { key, get, put, write, prefixed, expiring } = partition;

  it.each(alike(WRITES))('to write: %s', async (_, refused) => {
    await expect(write(refused(key()))).rejects.toThrow();
    expect(await get()).toBeUndefined();
  });

  it('to add to what is no number', async () => {
    await put({ n: 'x' });
    await expect(write({ update: key(), add: { n: 1 } })).rejects.toThrow();
    expect(await get()).toEqual({ ...key(), n: 'x' });
  });

  it('to make an item too large by an update', async () => {
    await put({ list: Array.from({ length: 3_000 }, () => text(100)) });
    await expect(write({ update: key(), set: { more: text(110_000) } })).rejects.toThrow();
    expect(await get()).not.toHaveProperty('more');
  });

  it.each(alike([['nothing at all']] as const))('to write: %s', async () => {
    await expect(write()).rejects.toThrow();
  });

  it.each(alike(QUESTIONS))('to ask for: %s', async (_, asked) => {
    await expect(partition.table.get(asked)).rejects.toThrow();
  });

  it.each(alike(RANGES))('to ask for: %s', async (_, after, upTo) => {
    await expect(expiring(after, upTo)).rejects.toThrow();
  });

  it.each(alike([['what begins with nothing']] as const))('to ask for: %s', async () => {
    await expect(prefixed('')).rejects.toThrow();
  });

  it('is not what is just within the limits', async () => {
    const largest = { acl: text(2_048), item: text(1_024) };
    expect(await write({ put: { ...largest, list: nested(31) } })).toEqual({ written: true });
    expect(await partition.table.get(largest)).toEqual({ ...largest, list: nested(31) });
    expect(await put({ text: text(400_000) })).toEqual({ written: true });
    expect(await expiring(20, 21)).toEqual([]);
  });
}

/** What DynamoDB refuses of several items; then none of them is written. */
export function transactionRefusals({ key, get, write }: ContractPartition, alike: Alike): void {
  it.each(alike(TRANSACTIONS))('is refused with %s', async (_, refused) => {
    await expect(write(...refused(key))).rejects.toThrow();
    expect(await get()).toBeUndefined();
  });
}
