import { TABLE } from './names.ts';
import type { Condition, Item, Key, Value, Write } from './ports.ts';
import { keyOf, Refused } from './table-changes.ts';

/*
 * What DynamoDB refuses. The limits are those of its developer guide ("Quotas", "Constraints"), the
 * rest is what it and its client answer to what this project's port can ask for.
 */

const MOST_WRITES = 100;
const PARTITION_KEY_BYTES = 2_048;
const SORT_KEY_BYTES = 1_024;
const ITEM_BYTES = 400 * 1024;
const TRANSACTION_BYTES = 4 * 1024 * 1024;
const DEEPEST = 32;
/** A number takes up to 21 bytes. */
const NUMBER_BYTES = 21;
/** Nearer to 0 than this, a number is none. */
const SMALLEST_NUMBER = 1e-130;
const KEY_ATTRIBUTES: readonly string[] = [TABLE.partitionKey, TABLE.sortKey];

/** What is wrong with writes whatever is stored. @throws {Refused} */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > MOST_WRITES) throw new Refused('a transaction holds 1 to 100 writes');
  const seen = new Set<string>();
  let bytes = 0;
  for (const write of writes) {
    const key = keyOf(write);
    checkKey(key);
    if (writes.length > 1) seen.add(`${key.acl.length} ${key.acl} ${key.item}`);
    if (write.when) checkConditions(write.when);
    if ('put' in write) bytes += checkItem(write.put);
    else if ('update' in write) checkUpdate(write);
    else if ('check' in write && write.when.length === 0) throw new Refused('a check has no condition');
  }
  if (writes.length > 1 && seen.size < writes.length) throw new Refused('a transaction holds one write on an item');
  checkTransactionSize(bytes);
}

/** Of all items that a transaction leaves, together. @throws {Refused} */
export function checkTransactionSize(bytes: number): void {
  if (bytes > TRANSACTION_BYTES) throw new Refused('the items of a transaction exceed 4 MB');
}

/** @throws {Refused} */
export function checkKey(key: Key): void {
  checkKeyPart(key.acl, PARTITION_KEY_BYTES, 'hashkey');
  checkKeyPart(key.item, SORT_KEY_BYTES, 'range key');
  // A whole item has the shape of a key too.
  for (const name in key) {
    if (!KEY_ATTRIBUTES.includes(name)) throw new Refused('The provided key element does not match the schema');
  }
}

/** @throws {Refused} */
export function checkPrefix(acl: string, prefix: string): void {
  checkKeyPart(acl, PARTITION_KEY_BYTES, 'hashkey');
  checkKeyPart(prefix, SORT_KEY_BYTES, 'range key');
}

/** @throws {Refused} where the range ends before it begins, or an end of it is no number */
export function checkRange(acl: string, after: number, upTo: number): void {
  checkKeyPart(acl, PARTITION_KEY_BYTES, 'hashkey');
  checkValue(after, 'after', 0);
  checkValue(upTo, 'upTo', 0);
  if (after + 1 > upTo) throw new Refused('BETWEEN requires its upper bound to be greater than or equal to its lower');
}

/** @returns the size of the item, in bytes @throws {Refused} */
export function checkItem(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += checkAttribute(name, item[name]);
  if (bytes > ITEM_BYTES) throw new Refused('Item size has exceeded the maximum allowed size');
  return bytes;
}

function checkKeyPart(text: unknown, limit: number, name: string): void {
  if (typeof text !== 'string') throw new Refused(`the ${name} is no text`);
  if (text === '') throw new Refused(`the ${name} is empty`);
  if (bytesOf(text) > limit) throw new Refused(`Size of ${name} has exceeded the maximum size limit of ${limit} bytes`);
}

function checkUpdate({ set, setOnce, add, remove }: Extract<Write, { update: Key }>): void {
  const touched: string[] = [];
  for (const values of [set, setOnce, add]) {
    for (const name in values) {
      touched.push(name);
      const value = values[name];
      checkAttribute(name, value);
      if (values === add && typeof value !== 'number') throw new Refused(`${name}: only a number can be added`);
    }
  }
  for (const name of remove ?? []) {
    touched.push(name);
    checkName(name);
  }
  if (touched.length === 0) throw new Refused('an update changes nothing');
  if (touched.some((name) => KEY_ATTRIBUTES.includes(name))) throw new Refused('an update cannot change the key');
  if (new Set(touched).size < touched.length) throw new Refused('Two document paths overlap with each other');
}

function checkConditions(when: readonly Condition[]): void {
  for (const condition of when) {
    if ('absent' in condition) continue;
    checkName(condition.attribute);
    const value = 'below' in condition ? condition.below : condition.equals;
    checkValue(value, condition.attribute, 0);
    if ('below' in condition && typeof value === 'boolean') throw new Refused('no truth value is below another');
  }
}

function checkName(name: string): void {
  if (name === '') throw new Refused('the name of an attribute is empty');
}

/** @returns its size, in bytes */
function checkAttribute(name: string, value: Value | undefined): number {
  checkName(name);
  if (name === TABLE.expiryAttribute && typeof value !== 'number') {
    throw new Refused(`Type mismatch for Index Key ${name}`);
  }
  return bytesOf(name) + checkValue(value, name, 0);
}

/** As DynamoDB counts: names and texts in bytes of UTF-8, some overhead for what is nested. */
function checkValue(value: Value | undefined, name: string, depth: number): number {
  if (typeof value === 'string') return bytesOf(value);
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number') {
    checkNumber(value);
    return NUMBER_BYTES;
  }
  if (typeof value !== 'object' || value === null) throw new Refused(`the attribute ${name} is ${value}`);
  if (depth === DEEPEST) throw new Refused('Nesting Levels have exceeded supported limits');
  let bytes = 3;
  if (Array.isArray(value)) for (const part of value) bytes += 1 + checkValue(part, name, depth + 1);
  else {
    for (const [inner, part] of Object.entries(value)) bytes += 1 + bytesOf(inner) + checkValue(part, inner, depth + 1);
  }
  return bytes;
}

/** The client refuses what a number of JavaScript cannot tell exactly, the table what is too near to 0. */
function checkNumber(value: number): void {
  const size = Math.abs(value);
  // Also for what is no number at all.
  if (!(size <= Number.MAX_SAFE_INTEGER)) throw new Refused(`the number ${value} is not supported`);
  if (size > 0 && size < SMALLEST_NUMBER) throw new Refused(`the number ${value} is out of range`);
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
