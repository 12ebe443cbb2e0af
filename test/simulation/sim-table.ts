import { TABLE } from '../../lib/names.ts';
import type { Condition, Item, Key, Table, Value, Write, WriteResult } from '../../lib/ports.ts';
import type { Change } from '../../local/stand-ins/memory-table.ts';

/**
 * The promises of the grants table for one simulation: as `MemoryTable`, but items are shared, not
 * copied (all code treats them as read-only), and kept by partition, so that a run costs milliseconds.
 */
export class SimTable implements Table {
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** The items of each partition by their key, until the next write there. */
  readonly #sorted = new Map<string, readonly Item[]>();
  readonly #onChange: (change: Change) => void;

  constructor(onChange: (change: Change) => void) {
    this.#onChange = onChange;
  }

  async get(key: Key): Promise<Item | undefined> {
    return this.look(key);
  }

  /** A look from outside, without waiting. */
  look({ acl, item }: Key): Item | undefined {
    return this.#partitions.get(acl)?.get(item);
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    if (writes.length === 0 || writes.length > 100) throw new RangeError('a transaction holds 1 to 100 writes');
    const failed = writes.flatMap((write, index) => {
      const item = this.look(keyOf(write));
      return (write.when ?? []).every((condition) => holds(condition, item)) ? [] : [index];
    });
    if (failed.length > 0) return { written: false, failed };
    for (const write of writes) this.#apply(write);
    return { written: true };
  }

  async *queryPrefix(acl: string, prefix: string): AsyncIterable<readonly Item[]> {
    const found = this.#items(acl).filter(({ item }) => item.startsWith(prefix));
    for (const page of pages(found)) yield page;
  }

  async *queryExpiry(acl: string, after: number, upTo: number): AsyncIterable<readonly Item[]> {
    const inRange = ({ expiresAt }: Item) => typeof expiresAt === 'number' && expiresAt > after && expiresAt <= upTo;
    const found = this.#items(acl).filter(inRange);
    found.sort((a, b) => Number(a.expiresAt) - Number(b.expiresAt) || (a.item < b.item ? -1 : 1));
    for (const page of pages(found)) yield page;
  }

  /** What DynamoDB does in the background. @param before seconds since the epoch @returns how many items went */
  removeExpired(acl: string, before: number): number {
    const expired = this.#items(acl).filter((item) => Number(item[TABLE.ttlAttribute] ?? Infinity) < before);
    for (const { item } of expired) this.#remove({ acl, item }, true);
    return expired.length;
  }

  #items(acl: string): readonly Item[] {
    const known = this.#sorted.get(acl);
    if (known) return known;
    const items = [...(this.#partitions.get(acl)?.values() ?? [])].sort((a, b) => (a.item < b.item ? -1 : 1));
    this.#sorted.set(acl, items);
    return items;
  }

  #apply(write: Write): void {
    if ('put' in write) this.#store(write.put);
    else if ('update' in write) this.#store(updated(this.look(write.update), write));
    else if ('remove' in write) this.#remove(write.remove, false);
  }

  #store(item: Item): void {
    const key = { acl: item.acl, item: item.item };
    const partition = this.#partitions.get(item.acl) ?? new Map<string, Item>();
    this.#partitions.set(item.acl, partition);
    const before = partition.get(item.item);
    partition.set(item.item, item);
    this.#sorted.delete(item.acl);
    // A write that leaves the item as it was makes no stream record.
    if (before && sameItem(before, item)) return;
    this.#onChange({ eventName: before ? 'MODIFY' : 'INSERT', key, byTtl: false });
  }

  #remove({ acl, item }: Key, byTtl: boolean): void {
    if (!this.#partitions.get(acl)?.delete(item)) return;
    this.#sorted.delete(acl);
    this.#onChange({ eventName: 'REMOVE', key: { acl, item }, byTtl });
  }
}

/** Scalars only: lists and maps occur in the zone item alone, which the stream's filter drops anyway. */
function sameItem(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function updated(before: Item | undefined, write: Extract<Write, { update: Key }>): Item {
  // What is to go is left out, not deleted: engines slow down whatever reads an object after a `delete`.
  const item: Record<string, Value> & Key = { acl: write.update.acl, item: write.update.item };
  for (const attribute in before) {
    if (!write.remove?.includes(attribute)) item[attribute] = before[attribute] as Value;
  }
  for (const attribute in write.setOnce) item[attribute] ??= write.setOnce[attribute] as Value;
  for (const attribute in write.set) item[attribute] = write.set[attribute] as Value;
  for (const attribute in write.add) item[attribute] = Number(item[attribute] ?? 0) + Number(write.add[attribute]);
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

/** Three on a page, so that few items already make several. */
function pages(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / 3) }, (_, page) => items.slice(3 * page, 3 * page + 3));
}
