import { singleWrite } from '../../lib/adapters/dynamodb-expressions.ts';
import { TABLE } from '../../lib/names.ts';
import type { Item, Key, Table, Write, WriteResult } from '../../lib/ports.ts';
import { keyOf } from '../../lib/table-changes.ts';
import type { Surroundings } from './sources.ts';

export interface TablePlan {
  /** How long each call takes, in milliseconds: from, to. */
  readonly ms: readonly [number, number];
  /** Items on a page of a query. */
  readonly page: number;
  /** What is asked for stale may be so. */
  readonly stale: boolean;
}

/** As the adapter does: a conflict and a throttled call are tried again so often, with a pause that grows by this much. */
const ATTEMPTS = 5;
const PAUSE_MS = 40;
/** For so long a stale read may show what was there before. */
const STALE_MS = 2_000;

/**
 * DynamoDB as it is on a bad day, around a table that keeps its promises: calls take time, transactions meet others,
 * and queries are read page by page while others write.
 */
export class TableWeather implements Table {
  /** Up to this moment every call fails. */
  outUntil = 0;
  #throttledUntil = 0;
  readonly #inner: Table;
  readonly #plan: TablePlan;
  readonly #around: Surroundings;
  /** Items that a transaction is under way on, each with how many. */
  readonly #underWay = new Map<string, number>();
  /** What items were before their last write. */
  readonly #earlier = new Map<string, { readonly item: Item | undefined; readonly at: number }>();

  constructor(inner: Table, plan: TablePlan, around: Surroundings) {
    this.#inner = inner;
    this.#plan = plan;
    this.#around = around;
  }

  async get(key: Key, options: { readonly stale?: boolean } = {}): Promise<Item | undefined> {
    await this.#reach();
    const item = await this.#inner.get(key, options);
    const earlier = options.stale && this.#plan.stale ? this.#earlier.get(nameOf(key)) : undefined;
    const { clock, faults, random } = this.#around;
    if (!earlier || clock.now() - earlier.at > STALE_MS || random.chance(0.5)) return item;
    faults.struck('stale from the table');
    return earlier.item;
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    const { clock, faults } = this.#around;
    const isTransaction = singleWrite(writes) === undefined;
    const names = [...new Set(writes.map((write) => nameOf(keyOf(write))))];
    let byChance = 0;
    for (let attempt = 1; ; attempt += 1) {
      const meets = names.some((name) => this.#underWay.has(name));
      const isStruck = isTransaction && faults.strikes('table conflict', '', names[0]);
      if (!meets && !isStruck) return this.#carryOut(writes, isTransaction ? names : []);
      if (meets) faults.struck('table conflict', 0, '', names[0]);
      else byChance += 1;
      await this.#reach();
      if (byChance === ATTEMPTS) faults.struck('conflicts in a row');
      if (attempt === ATTEMPTS) throw new Error('TransactionConflict');
      await clock.sleep(PAUSE_MS * attempt);
    }
  }

  queryPrefix(...query: Parameters<Table['queryPrefix']>): AsyncIterable<readonly Item[]> {
    const [acl, prefix, options] = query;
    const pages = this.#pages(
      () => this.#inner.queryPrefix(...query),
      (item, last) => item.item > last.item,
    );
    return options?.stale && this.#plan.stale ? this.#older(pages, nameOf({ acl, item: prefix })) : pages;
  }

  queryExpiry(...range: Parameters<Table['queryExpiry']>): AsyncIterable<readonly Item[]> {
    return this.#pages(
      () => this.#inner.queryExpiry(...range),
      (item, last) => expiryOf(item) > expiryOf(last) || (expiryOf(item) === expiryOf(last) && item.item > last.item),
    );
  }

  /** @param names what a transaction holds while it is under way */
  async #carryOut(writes: readonly Write[], names: readonly string[]): Promise<WriteResult> {
    for (const name of names) this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    try {
      await this.#reach();
      if (!this.#plan.stale) return await this.#inner.write(writes);
      const before = await Promise.all(
        writes.map(async (write) => [nameOf(keyOf(write)), await this.#inner.get(keyOf(write))] as const),
      );
      const result = await this.#inner.write(writes);
      const at = this.#around.clock.now();
      if (result.written) for (const [name, item] of before) this.#earlier.set(name, { item, at });
      return result;
    } finally {
      for (const name of names) {
        const others = (this.#underWay.get(name) ?? 1) - 1;
        if (others > 0) this.#underWay.set(name, others);
        else this.#underWay.delete(name);
      }
    }
  }

  /** Each page shows what is there when it is read. */
  async *#pages(
    query: () => AsyncIterable<readonly Item[]>,
    isAfter: (item: Item, last: Item) => boolean,
  ): AsyncIterable<readonly Item[]> {
    for (let last: Item | undefined; ; ) {
      await this.#reach();
      const found: Item[] = [];
      for await (const page of query()) found.push(...page);
      const rest = last === undefined ? found : found.filter((item) => isAfter(item, last as Item));
      const page = rest.slice(0, this.#plan.page);
      last = page.at(-1);
      if (!last) return;
      if (rest.length > page.length) this.#around.faults.struck('small page');
      yield page;
      if (rest.length === page.length) return;
    }
  }

  /** What a copy shows that lags, half of the time. @param name that all of them begin with */
  async *#older(pages: AsyncIterable<readonly Item[]>, name: string): AsyncIterable<readonly Item[]> {
    const { clock, faults, random } = this.#around;
    const isLate = ({ at }: { readonly at: number }) => clock.now() - at <= STALE_MS;
    const written = [...this.#earlier].filter(([key, before]) => key.startsWith(name) && isLate(before));
    if (written.length === 0 || random.chance(0.5)) return yield* pages;
    faults.struck('stale from the table');
    const names = new Set(written.map(([key]) => key));
    const others: Item[] = [];
    for await (const page of pages) others.push(...page.filter((item) => !names.has(nameOf(item))));
    yield [...others, ...written.flatMap(([, { item }]) => item ?? [])].sort((a, b) => (a.item < b.item ? -1 : 1));
  }

  /** The way there and back; on it a call is refused, again and again, while the table is short of capacity. */
  async #reach(): Promise<void> {
    const { clock, faults, random } = this.#around;
    const [least, most] = this.#plan.ms;
    if (most > 0) {
      faults.struck('table takes time');
      await clock.sleep(random.whole(least, most));
    }
    if (faults.strikes('table throttled'))
      this.#throttledUntil = clock.now() + faults.whole('table throttled', 100, 4_000);
    for (let attempt = 1; clock.now() < this.#throttledUntil; attempt += 1) {
      if (attempt === ATTEMPTS) throw new Error('ProvisionedThroughputExceededException');
      await clock.sleep(PAUSE_MS * attempt);
    }
    if (clock.now() < this.outUntil) throw new Error('the table is out');
  }
}

function expiryOf(item: Item): number {
  return Number(item[TABLE.expiryAttribute]);
}

function nameOf({ acl, item }: Key): string {
  return `${acl} ${item}`;
}
