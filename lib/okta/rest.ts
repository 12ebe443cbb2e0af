import { ORG_LIMIT_ITEM, ORG_PARTITION } from '../names.ts';
import type { Table } from '../ports.ts';

const KEY = { acl: ORG_PARTITION, item: ORG_LIMIT_ITEM };

/** The rest that Okta has asked for, which holds for every ACL: the quota is the org's. */
export class OktaRest {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The moment before which Okta wants no call on any zone of the org; 0: none. Milliseconds since the epoch. */
  async until(): Promise<number> {
    const item = await this.#table.get(KEY);
    return Number(item?.until ?? 0);
  }

  /** @param until milliseconds since the epoch; where a later moment stands already, that holds */
  async extend(until: number): Promise<void> {
    await this.#table.write([
      { update: KEY, set: { until }, when: [{ attribute: 'until', below: until, orAbsent: true }] },
    ]);
  }
}
