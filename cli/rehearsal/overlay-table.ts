import { TABLE } from '../../lib/names.ts';
import type { Item, Key, Table, Write, WriteResult } from '../../lib/ports.ts';
import { briefItem, compareText, holds, keyOf, updated } from '../../lib/table-changes.ts';
import { checkItem, checkWrites } from '../../lib/table-rules.ts';

/** A table as it would be after writes that are kept in memory: what is below is read, and never written. */
export class OverlayTable implements Table {
  readonly #below: Pick<Table, 'get' | 'queryPrefix' | 'queryExpiry'>;
  /** What was written, by key; undefined in it: removed. */
  readonly #written = new Map<string, { readonly key: Key; readonly item: Item | undefined }>();

  constructor(below: Pick<Table, 'get' | 'queryPrefix' | 'queryExpiry'>) {
    this.#below = below;
  }

  async get(key: Key, options?: { readonly stale?: boolean }): Promise<Item | undefined> {
    const written = this.#written.get(id(key));
    return written ? structuredClone(written.item) : this.#below.get(key, options);
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    checkWrites(writes);
    const before = await Promise.all(writes.map((write) => this.get(keyOf(write))));
    const failed = writes.flatMap(({ when = [] }, index) =>
      when.every((condition) => holds(condition, before[index])) ? [] : [index],
    );
    if (failed.length > 0) return { written: false, failed };
    for (const [index, write] of writes.entries()) {
      if ('check' in write) continue;
      const item = itemAfter(before[index], write);
      if (item) checkItem(item);
      const { acl, item: name } = keyOf(write);
      this.#written.set(id(keyOf(write)), { key: { acl, item: name }, item: structuredClone(item) });
    }
    return { written: true };
  }

  async *queryPrefix(...[acl, prefix, options]: Parameters<Table['queryPrefix']>): AsyncIterable<readonly Item[]> {
    const isIn = ({ item }: Item) => item.startsWith(prefix);
    const found = await this.#over(this.#below.queryPrefix(acl, prefix, options), acl, isIn);
    found.sort(bySortKey);
    const page = options?.page ?? found.length;
    for (let at = 0; at < found.length; at += page) yield found.slice(at, at + page);
  }

  async *queryExpiry(...[acl, after, upTo, options]: Parameters<Table['queryExpiry']>): AsyncIterable<readonly Item[]> {
    const isIn = (item: Item) => expiryOf(item) > after && expiryOf(item) <= upTo;
    const found = await this.#over(this.#below.queryExpiry(acl, after, upTo, options), acl, isIn);
    found.sort((a, b) => expiryOf(a) - expiryOf(b) || bySortKey(a, b));
    yield options?.brief ? found.map(briefItem) : found;
  }

  /** What was found below, with what was written since in its place. */
  async #over(pages: AsyncIterable<readonly Item[]>, acl: string, isWanted: (item: Item) => boolean): Promise<Item[]> {
    const found: Item[] = [];
    for await (const page of pages) found.push(...page.filter((item) => !this.#written.has(id(item))));
    for (const { key, item } of this.#written.values()) {
      if (key.acl === acl && item && isWanted(item)) found.push(structuredClone(item));
    }
    return found;
  }
}

/** The item that a write leaves; undefined where it removes it. */
function itemAfter(before: Item | undefined, write: Exclude<Write, { check: Key }>): Item | undefined {
  if ('put' in write) return write.put;
  return 'update' in write ? updated(before, write) : undefined;
}

function id({ acl, item }: Key): string {
  return JSON.stringify([acl, item]);
}

/** Not a number where the item has none: then it is in no range. */
function expiryOf(item: Item): number {
  const expiresAt = item[TABLE.expiryAttribute];
  return typeof expiresAt === 'number' ? expiresAt : Number.NaN;
}

function bySortKey(a: Item, b: Item): number {
  return compareText(a.item, b.item);
}
