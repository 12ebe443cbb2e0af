import { CLOCK_SKEW_MS } from '../clock-skew.ts';
import { ORG_LIMIT_ITEM, ORG_PARTITION } from '../names.ts';
import type { Item, Table } from '../ports.ts';
import { LONGEST_REST_MS, restAfter } from './rate-limit.ts';

const KEY = { acl: ORG_PARTITION, item: ORG_LIMIT_ITEM };
/** Two that were refused at once store one after the other; whoever is still in the way then has stored as much. */
const TRIES = 3;

/** What stands between the org's zones and the next call to Okta. */
export interface Rest {
  /** The moment before which Okta wants no call on any zone of the org; 0: none. Milliseconds since the epoch. */
  readonly until: number;
  /** Refusals (429) in a row, without a success between them. While there are any, the next call is a trial. */
  readonly refusals: number;
}

/**
 * The rest that Okta has asked for, which holds for every ACL: the quota is the org's. A stored moment that lies
 * further ahead than any rest can be is none: a clock was wrong, or Okta's answer.
 */
export class OktaRest {
  readonly #table: Table;
  /** What this process was told, which may not be stored yet. */
  #told = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @param now milliseconds since the epoch */
  async get(now: number): Promise<Rest> {
    // A clock that was set back must not make a short rest a long one. What is told while the table is read lies further ahead.
    if (this.#told - now > LONGEST_REST_MS) this.#told = 0;
    const { until, refusals } = plausible(await this.#table.get(KEY), now);
    return { until: Math.max(until, this.#told), refusals };
  }

  /** The moment alone: see `Rest`. */
  async until(now: number): Promise<number> {
    return (await this.get(now)).until;
  }

  /**
   * Stores that Okta has refused a call. Calls that were under way together are refused once, not each by itself.
   * @param asked the rest that the answer asks for, in milliseconds; 0: none that can be meant
   * @param began when the refused call went out, in milliseconds since the epoch, like `now`
   * @returns the rest that holds now
   */
  async refused(asked: number, began: number, now: number): Promise<Rest> {
    this.#told = Math.max(this.#told, now + asked);
    for (let tries = 1; ; tries += 1) {
      const item = await this.#table.get(KEY);
      const before = plausible(item, now);
      const refusals = began < before.until ? Math.max(1, before.refusals) : before.refusals + 1;
      const until = Math.max(before.until, now + restAfter(asked, refusals));
      if (until === before.until && refusals === before.refusals) return before;
      if ((await this.#write(item, { until, refusals })) || tries === TRIES) return { until, refusals };
    }
  }

  /** Stores that Okta takes calls again. Costs nothing where nothing was refused. */
  async succeeded(now: number): Promise<void> {
    const item = await this.#table.get(KEY);
    const { until, refusals } = plausible(item, now);
    // Whoever has been refused since then knows better.
    if (refusals > 0) await this.#write(item, { until, refusals: 0 });
  }

  /** @returns false where somebody else has written since `item` was read */
  async #write(item: Item | undefined, { until, refusals }: Rest): Promise<boolean> {
    const stored = item?.until;
    // What is no moment is put right whatever it is.
    const isMoment = stored === undefined || typeof stored === 'number';
    const when = isMoment ? ([{ attribute: 'until', equals: stored ?? 0, orAbsent: true }] as const) : [];
    return (await this.#table.write([{ update: KEY, set: { until, refusals }, when }])).written;
  }
}

function plausible(item: Item | undefined, now: number): Rest {
  const until = item?.until;
  const refusals = item?.refusals;
  const isRest = typeof until === 'number' && until <= now + LONGEST_REST_MS + CLOCK_SKEW_MS;
  const isCount = typeof refusals === 'number' && Number.isInteger(refusals) && refusals > 0;
  return { until: isRest ? until : 0, refusals: isCount ? refusals : 0 };
}
