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

/** DynamoDB's promises in memory: atomic conditional writes, strongly consistent reads, a stream, TTL. */
export class MemoryTable implements Table {
  /** Every call fails. */
  unreachable = false;
  readonly #items = new Map<string, Item>();
  readonly #onChange: (change: Change) => void;

  constructor(onChange: (change: Change) => void = () => {}) {
    this.#onChange = onChange;
  }

  async get(key: Key): Promise<Item | undefined> {
    this.#reach();
    return copy(this.#items.get(id(key)));
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    this.#reach();
    if (writes.length === 0 || writes.length > 100) throw new RangeError('a transaction holds 1 to 100 writes');
    const keys = writes.map((write) => id(keyOf(write)));
    if (new Set(keys).size < keys.length) throw new Error('a transaction can hold only one write on an item');
    const failed = writes.flatMap((write, index) => {
      const item = this.#items.get(keys[index] ?? '');
      return (write.when ?? []).every((condition) => holds(condition, item)) ? [] : [index];
    });
    if (failed.length > 0) return { written: false, failed };
    for (const write of writes) this.#apply(write);
    return { written: true };
  }

  async *queryPrefix(acl: string, prefix: string): AsyncIterable<readonly Item[]> {
    this.#reach();
    const found = this.#sorted((item) => item.acl === acl && item.item.startsWith(prefix), bySortKey);
    yield* pages(found);
  }

  async *queryExpiry(acl: string, after: number, upTo: number): AsyncIterable<readonly Item[]> {
    this.#reach();
    const inRange = ({ expiresAt }: Item) => typeof expiresAt === 'number' && expiresAt > after && expiresAt <= upTo;
    const found = this.#sorted((item) => item.acl === acl && inRange(item), byExpiry);
    yield* pages(found);
  }

  /** What DynamoDB does in the background, days later at worst. @param now milliseconds since the epoch */
  removeExpired(now: number): void {
    for (const item of this.#items.values()) {
      const ttl = item[TABLE.ttlAttribute];
      if (typeof ttl === 'number' && ttl * 1000 < now) this.#remove(item, true);
    }
  }

  /** All items, for a look from outside. */
  items(): Item[] {
    return this.#sorted(() => true, bySortKey);
  }

  #reach(): void {
    if (this.unreachable) throw new Error('the table does not answer');
  }

  #apply(write: Write): void {
    if ('put' in write) this.#store(write.put);
    if ('remove' in write && !('update' in write)) this.#remove(write.remove, false);
    if ('update' in write) this.#store(updated(this.#items.get(id(write.update)), write));
  }

  #store(item: Item): void {
    const before = this.#items.get(id(item));
    const after = copy(item);
    this.#items.set(id(item), after);
    // DynamoDB writes no stream record where a write leaves the item as it was.
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#onChange({ eventName: before ? 'MODIFY' : 'INSERT', key: { acl: item.acl, item: item.item }, byTtl: false });
  }

  #remove(key: Key, byTtl: boolean): void {
    if (!this.#items.delete(id(key))) return;
    this.#onChange({ eventName: 'REMOVE', key: { acl: key.acl, item: key.item }, byTtl });
  }

  #sorted(wanted: (item: Item) => boolean, order: (a: Item, b: Item) => number): Item[] {
    return [...this.#items.values()].filter(wanted).sort(order).map(copy);
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

function copy<T extends Item | undefined>(item: T): T {
  return structuredClone(item);
}

function bySortKey(a: Item, b: Item): number {
  return a.item < b.item ? -1 : 1;
}

function byExpiry(a: Item, b: Item): number {
  return Number(a.expiresAt) - Number(b.expiresAt) || bySortKey(a, b);
}

function* pages(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += PAGE) yield items.slice(at, at + PAGE);
}
