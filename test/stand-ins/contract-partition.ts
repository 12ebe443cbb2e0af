import type { Item, Table, Value, Write, WriteResult } from '../../lib/ports.ts';

let made = 0;

/** A key that is a whole item too. */
export type OwnKey = { readonly acl: string; readonly item: string };

/** A table under test, and in it a partition that is one test's own. */
export class ContractPartition {
  #table: Table | undefined;
  #acl = '';
  readonly #makeTable: () => Promise<Table>;

  constructor(makeTable: () => Promise<Table>) {
    this.#makeTable = makeTable;
  }

  /** For the next test. */
  async renew(): Promise<void> {
    this.#table = await this.#makeTable();
    made += 1;
    this.#acl = `contract-${made}`;
  }

  get table(): Table {
    if (!this.#table) throw new Error('no table was made for this test');
    return this.#table;
  }

  readonly key = (item = 'A'): OwnKey => ({ acl: this.#acl, item });

  readonly get = (item = 'A'): Promise<Item | undefined> => this.table.get(this.key(item));

  readonly write = (...writes: readonly Write[]): Promise<WriteResult> => this.table.write(writes);

  readonly put = (more: Readonly<Record<string, Value>> = {}, item = 'A'): Promise<WriteResult> =>
    this.write({ put: { ...this.key(item), ...more } });

  /** The sort keys with a prefix. */
  readonly prefixed = async (prefix: string): Promise<string[]> =>
    (await all(this.table.queryPrefix(this.#acl, prefix))).map(({ item }) => item);

  /** Items in a range of expiries. */
  readonly expiring = (after: number, upTo: number, options?: { readonly brief?: boolean }): Promise<Item[]> =>
    all(this.table.queryExpiry(this.#acl, after, upTo, options));
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
