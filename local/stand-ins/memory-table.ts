import { TABLE } from '../../lib/names.ts';
import type { Item, Key, Table, Value, Write, WriteResult } from '../../lib/ports.ts';
import { briefItem, compareText, holds, isSame, keyOf, updated } from '../../lib/table-changes.ts';
import {
  checkItem,
  checkKey,
  checkPrefix,
  checkRange,
  checkTransactionSize,
  checkWrites,
} from '../../lib/table-rules.ts';

/** What the table's stream tells of one change. */
export interface Change {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly key: Key;
  /** The item was removed by its TTL. */
  readonly byTtl: boolean;
  /** What it was; only of an item that was removed. */
  readonly before?: Item;
}

export interface MemoryTableOptions {
  /** Items on one page: small, so that paging is walked through with few items. */
  readonly page?: number;
  /** Takes and hands out the stored items themselves: for whoever treats them as read-only, and is in a hurry. */
  readonly shares?: boolean;
}

/** DynamoDB's promises in memory: atomic conditional writes, strongly consistent reads, a stream, TTL, and what it refuses. */
export class MemoryTable implements Table {
  /** Every call fails. */
  unreachable = false;
  /** Every write fails. */
  takesNoWrites = false;
  /** By partition, then by sort key. */
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** The items of each partition in their order, from the first query on. */
  readonly #sorted = new Map<string, Item[]>();
  readonly #onChange: (change: Change) => void;
  readonly #page: number;
  readonly #copyOf: (item: Item) => Item;

  constructor(onChange: (change: Change) => void = () => {}, { page = 100, shares = false }: MemoryTableOptions = {}) {
    this.#onChange = onChange;
    this.#page = page;
    this.#copyOf = shares ? (item) => item : copyOf;
  }

  async get(key: Key): Promise<Item | undefined> {
    this.#reach();
    checkKey(key);
    const item = this.look(key);
    return item && this.#copyOf(item);
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    this.#reach();
    if (this.takesNoWrites) throw new Error('the table takes no writes');
    checkWrites(writes);
    const failed = writes.flatMap((write, index) => {
      if (!write.when?.length) return [];
      const item = this.look(keyOf(write));
      return write.when.every((condition) => holds(condition, item)) ? [] : [index];
    });
    if (failed.length > 0) return { written: false, failed };
    const after = this.#afterAll(writes);
    for (const [index, write] of writes.entries()) {
      const item = after[index];
      if (item) this.#store(item);
      else if (!('check' in write)) this.#remove(keyOf(write), false);
    }
    return { written: true };
  }

  async *queryPrefix(
    acl: string,
    prefix: string,
    { page = this.#page }: { readonly page?: number } = {},
  ): AsyncIterable<readonly Item[]> {
    this.#reach();
    checkPrefix(acl, prefix);
    const items = this.#in(acl);
    const first = placeOf(prefix, items);
    let end = first;
    while (items[end]?.item.startsWith(prefix)) end += 1;
    yield* this.#pages(items.slice(first, end), Math.min(page, this.#page));
  }

  async *queryExpiry(acl: string, after: number, upTo: number, { brief = false } = {}): AsyncIterable<readonly Item[]> {
    this.#reach();
    checkRange(acl, after, upTo);
    const inRange = ({ [TABLE.expiryAttribute]: at }: Item) => typeof at === 'number' && at > after && at <= upTo;
    const found = this.#in(acl).filter(inRange).sort(byExpiry);
    yield* this.#pages(brief ? found.map(briefItem) : found);
  }

  /**
   * What DynamoDB does in the background, days later at worst.
   * @param now milliseconds since the epoch
   * @returns how many items went
   */
  removeExpired(now: number): number {
    const isExpired = ({ [TABLE.ttlAttribute]: ttl }: Item) => typeof ttl === 'number' && ttl * 1000 < now;
    const expired = this.#all().filter(isExpired);
    for (const item of expired) this.#remove(item, true);
    return expired.length;
  }

  /** A look from outside, without waiting. */
  look(key: Key): Item | undefined {
    return this.#partitions.get(key.acl)?.get(key.item);
  }

  /** All items, for a look from outside. */
  items(): Item[] {
    return this.#all().sort(bySortKey).map(copyOf);
  }

  #reach(): void {
    if (this.unreachable) throw new Error('the table does not answer');
  }

  #in(acl: string): Item[] {
    const known = this.#sorted.get(acl);
    if (known) return known;
    const items = [...(this.#partitions.get(acl)?.values() ?? [])].sort(bySortKey);
    this.#sorted.set(acl, items);
    return items;
  }

  #all(): Item[] {
    return [...this.#partitions.values()].flatMap((partition) => [...partition.values()]);
  }

  /** @returns the item that each write leaves; undefined where it leaves none, or only checks */
  #afterAll(writes: readonly Write[]): (Item | undefined)[] {
    let bytes = 0;
    const after = writes.map((write) => {
      if ('put' in write) return this.#copyOf(write.put);
      if (!('update' in write)) return undefined;
      const item = updated(this.look(write.update), write);
      bytes += checkItem(item);
      return this.#copyOf(item);
    });
    checkTransactionSize(bytes);
    return after;
  }

  #store(after: Item): void {
    const before = this.look(after);
    const partition = this.#partitions.get(after.acl) ?? new Map<string, Item>();
    this.#partitions.set(after.acl, partition.set(after.item, after));
    const sorted = this.#sorted.get(after.acl);
    if (sorted) sorted.splice(placeOf(after.item, sorted), before ? 1 : 0, after);
    // DynamoDB writes no stream record where a write leaves the item as it was.
    if (isSame(before, after)) return;
    const key = { acl: after.acl, item: after.item };
    this.#onChange({ eventName: before ? 'MODIFY' : 'INSERT', key, byTtl: false });
  }

  #remove({ acl, item }: Key, byTtl: boolean): void {
    const before = this.look({ acl, item });
    if (!before) return;
    this.#partitions.get(acl)?.delete(item);
    const sorted = this.#sorted.get(acl);
    if (sorted) sorted.splice(placeOf(item, sorted), 1);
    this.#onChange({ eventName: 'REMOVE', key: { acl, item }, byTtl, before });
  }

  *#pages(items: readonly Item[], page = this.#page): Iterable<readonly Item[]> {
    for (let at = 0; at < items.length; at += page) {
      yield items.slice(at, at + page).map((item) => this.#copyOf(item));
    }
  }
}

/** By hand: `structuredClone` takes most of the time of a large run. */
function copyOf(item: Item): Item {
  return copyOfMap(item) as Item;
}

function copyOfMap(map: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, copyOfValue(value)]));
}

function copyOfValue(value: Value): Value {
  if (typeof value !== 'object') return value;
  return Array.isArray(value) ? value.map(copyOfValue) : copyOfMap(value as Readonly<Record<string, Value>>);
}

/** Where an item with this sort key is, or would be. */
function placeOf(key: string, sorted: readonly Item[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareText(sorted[middle]?.item ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bySortKey(a: Item, b: Item): number {
  return compareText(a.item, b.item);
}

function byExpiry(a: Item, b: Item): number {
  return Number(a[TABLE.expiryAttribute]) - Number(b[TABLE.expiryAttribute]) || bySortKey(a, b);
}
