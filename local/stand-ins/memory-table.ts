import { TABLE } from '../../lib/names.ts';
import type { Condition, Item, Key, Table, Value, Write, WriteResult } from '../../lib/ports.ts';

/** What the table's stream tells of one change. */
export interface Change {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly key: Key;
  /** The item was removed by its TTL. */
  readonly byTtl: boolean;
}

/** Items of one page: small, so that paging is walked through with few items. */
const PAGE = 100;
/** DynamoDB takes no item that is larger, names and values counted. */
const LARGEST_ITEM_BYTES = 400 * 1024;

/** DynamoDB's promises in memory: atomic conditional writes, strongly consistent reads, a stream, TTL. */
export class MemoryTable implements Table {
  /** Every call fails. */
  unreachable = false;
  /** By partition, then by sort key. */
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #onChange: (change: Change) => void;

  constructor(onChange: (change: Change) => void = () => {}) {
    this.#onChange = onChange;
  }

  async get(key: Key): Promise<Item | undefined> {
    this.#reach();
    return copyOf(this.#find(key));
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    this.#reach();
    if (writes.length === 0 || writes.length > 100) throw new RangeError('a transaction holds 1 to 100 writes');
    const keys = writes.map(keyOf);
    if (new Set(keys.map(id)).size < keys.length) throw new Error('a transaction can hold only one write on an item');
    const failed = writes.flatMap((write, index) => {
      const item = this.#find(keys[index] ?? keyOf(write));
      return (write.when ?? []).every((condition) => holds(condition, item)) ? [] : [index];
    });
    if (failed.length > 0) return { written: false, failed };
    refuseUndefined(writes);
    const after = writes.map((write) => this.#after(write));
    if (after.some((item) => item && sizeOf(item) > LARGEST_ITEM_BYTES)) {
      throw new RangeError('Item size has exceeded the maximum allowed size');
    }
    for (const [index, key] of keys.entries()) {
      const item = after[index];
      if (item) this.#store(item);
      else if ('remove' in (writes[index] ?? {})) this.#remove(key, false);
    }
    return { written: true };
  }

  async *queryPrefix(acl: string, prefix: string): AsyncIterable<readonly Item[]> {
    this.#reach();
    yield* pages([...this.#in(acl)].filter(({ item }) => item.startsWith(prefix)).sort(bySortKey));
  }

  async *queryExpiry(acl: string, after: number, upTo: number): AsyncIterable<readonly Item[]> {
    this.#reach();
    const inRange = ({ expiresAt }: Item) => typeof expiresAt === 'number' && expiresAt > after && expiresAt <= upTo;
    yield* pages([...this.#in(acl)].filter(inRange).sort(byExpiry));
  }

  /** What DynamoDB does in the background, days later at worst. @param now milliseconds since the epoch */
  removeExpired(now: number): void {
    for (const item of this.#all()) {
      const ttl = item[TABLE.ttlAttribute];
      if (typeof ttl === 'number' && ttl * 1000 < now) this.#remove(item, true);
    }
  }

  /** All items, for a look from outside. */
  items(): Item[] {
    return this.#all().sort(bySortKey).map(copyOf);
  }

  #reach(): void {
    if (this.unreachable) throw new Error('the table does not answer');
  }

  #find(key: Key): Item | undefined {
    return this.#partitions.get(key.acl)?.get(key.item);
  }

  #in(acl: string): Iterable<Item> {
    return this.#partitions.get(acl)?.values() ?? [];
  }

  #all(): Item[] {
    return [...this.#partitions.values()].flatMap((partition) => [...partition.values()]);
  }

  /** @returns the item that a write leaves; undefined where it leaves none, or only checks */
  #after(write: Write): Item | undefined {
    if ('put' in write) return copyOf(write.put);
    return 'update' in write ? copyOf(updated(this.#find(write.update), write)) : undefined;
  }

  #store(after: Item): void {
    const before = this.#find(after);
    const partition = this.#partitions.get(after.acl) ?? new Map<string, Item>();
    this.#partitions.set(after.acl, partition.set(after.item, after));
    // DynamoDB writes no stream record where a write leaves the item as it was.
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#onChange({
      eventName: before ? 'MODIFY' : 'INSERT',
      key: { acl: after.acl, item: after.item },
      byTtl: false,
    });
  }

  #remove(key: Key, byTtl: boolean): void {
    if (!this.#partitions.get(key.acl)?.delete(key.item)) return;
    this.#onChange({ eventName: 'REMOVE', key: { acl: key.acl, item: key.item }, byTtl });
  }
}

/** As the client of DynamoDB does, wherever in an item it stands. */
function refuseUndefined(writes: readonly Write[]): void {
  for (const write of writes) {
    const values = 'put' in write ? [write.put] : 'update' in write ? [write.set, write.setOnce, write.add] : [];
    JSON.stringify(
      values.filter((each) => each !== undefined),
      (name, value) => {
        if (value === undefined) throw new TypeError(`the attribute ${name} is undefined`);
        return value;
      },
    );
  }
}

function updated(before: Item | undefined, write: Extract<Write, { update: Key }>): Item {
  const item: Record<string, Value> & Key = { ...(before ?? write.update) };
  for (const [attribute, value] of Object.entries(write.setOnce ?? {})) item[attribute] ??= value;
  Object.assign(item, write.set);
  for (const [attribute, value] of Object.entries(write.add ?? {})) {
    item[attribute] = Number(item[attribute] ?? 0) + value;
  }
  for (const attribute of write.remove ?? []) delete item[attribute];
  return item;
}

function holds(condition: Condition, item: Item | undefined): boolean {
  if ('absent' in condition) return item === undefined;
  const value = item?.[condition.attribute];
  if (value === undefined) return condition.orAbsent === true;
  if ('equals' in condition) return value === condition.equals;
  return typeof value === typeof condition.below && value < condition.below;
}

function keyOf(write: Write): Key {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'check' in write ? write.check : write.remove;
}

function id(key: Key): string {
  return JSON.stringify([key.acl, key.item]);
}

/** By hand: `structuredClone` takes most of the time of a large run. */
function copyOf<T extends Value | undefined>(value: T): T {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copyOf) as unknown as T;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)])) as T;
}

/** As DynamoDB counts: names and texts in bytes of UTF-8, some overhead for what is nested. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 21;
  if (typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, part: Value) => sum + sizeOf(part) + 1, 3);
  return Object.entries(value).reduce((sum, [name, part]) => sum + Buffer.byteLength(name) + sizeOf(part) + 1, 3);
}

function bySortKey(a: Item, b: Item): number {
  return a.item < b.item ? -1 : 1;
}

function byExpiry(a: Item, b: Item): number {
  return Number(a.expiresAt) - Number(b.expiresAt) || bySortKey(a, b);
}

function* pages(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += PAGE) yield items.slice(at, at + PAGE).map(copyOf);
}
