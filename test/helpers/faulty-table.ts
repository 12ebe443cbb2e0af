import type { Key, Table, Write, WriteResult } from '../../lib/ports.ts';

export class Crash extends Error {
  override name = 'Crash';
}

/** A table under which the function dies at its n-th write: before it is applied, or just after. */
export class FaultyTable implements Table {
  crashAt = Number.POSITIVE_INFINITY;
  afterApplying = false;
  writes = 0;
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  get(key: Key, options?: { readonly stale?: boolean }) {
    return this.#table.get(key, options);
  }

  queryPrefix(...query: Parameters<Table['queryPrefix']>) {
    return this.#table.queryPrefix(...query);
  }

  queryExpiry(...range: Parameters<Table['queryExpiry']>) {
    return this.#table.queryExpiry(...range);
  }

  async write(writes: readonly Write[]): Promise<WriteResult> {
    this.writes += 1;
    const dies = this.writes === this.crashAt;
    if (dies && !this.afterApplying) throw new Crash('before the write');
    const result = await this.#table.write(writes);
    if (dies) throw new Crash('after the write');
    return result;
  }
}
