import type { IpPolicy } from '../addresses/ip-address.ts';
import { CLOCK_SKEW_MS } from '../clock-skew.ts';
import { ITEM } from '../names.ts';
import type { Item, Table } from '../ports.ts';
import type { Holder } from './grant-items.ts';
import { GrantJudge, isUnusable, type UnusableRow } from './judge-grant.ts';
import { ipsAfter } from './recent-events.ts';
import type { Wake } from './wake-item.ts';

/** Rebuilds that follow each other so closely share what they have read, in milliseconds. */
const CLOSE_MS = 4_000;
/** Of more IPs than this, all is read again. */
const MOST_AGAIN = 25;
/** After so long all is read again: what was changed without a word is found. */
const LONGEST_MS = 30_000;

interface Known {
  /** Up to this position events are reflected, and changes without an event up to these counts: see `WakeItem`. */
  readonly position: string;
  readonly changes: number;
  readonly expiries: number;
  /** When the ACL's first event was applied: another moment means that the item was lost, and counts anew. */
  readonly since: number | undefined;
  /** When all was read, and when something was asked for last. Milliseconds since the epoch. */
  readonly readAt: number;
  readonly usedAt: number;
  readonly holders: readonly Holder[];
}

/**
 * What the zones' lists are made of: the live grants. Where many people come and go, and each change is a rebuild, reading
 * all grants for each would be nearly all that the table costs. So a rebuild that follows another closely reads again
 * only the IPs that events have touched since, and what the table says of these counts:
 *
 *     all read ── event on A ── A read ── expiry ── who is nearly over read ── flush, 30 s, other process ── all read
 */
export class Holders {
  readonly #table: Table;
  readonly #policy: IpPolicy;
  readonly #report: (rows: readonly UnusableRow[]) => void;
  /** By ACL. */
  readonly #known = new Map<string, Known>();

  constructor(table: Table, policy: IpPolicy, report: (rows: readonly UnusableRow[]) => void) {
    this.#table = table;
    this.#policy = policy;
    this.#report = report;
  }

  /**
   * @param now milliseconds since the epoch
   * @param wake as it was read before this call; absent: all is read
   * @returns the holders at `now`, strongly consistent, soonest expiry first
   */
  async live(acl: string, now: number, wake?: Wake): Promise<readonly Holder[]> {
    const before = this.#known.get(acl);
    this.#known.delete(acl);
    const touched = wake && before && touchedSince(before, wake, now);
    const judge = new GrantJudge(this.#policy, now);
    const holders = touched
      ? await this.#again(acl, before.holders, touched, judge, now)
      : await this.#all(acl, judge, now);
    const { position, since } = wake?.events ?? {};
    if (wake && position !== undefined && wake.why === undefined) {
      const readAt = touched ? before.readAt : now;
      const { changes, expiries } = wake;
      this.#known.set(acl, { position, changes, expiries, since, readAt, usedAt: now, holders });
    }
    return holders;
  }

  async #all(acl: string, judge: GrantJudge, now: number): Promise<Holder[]> {
    const pages = this.#table.queryExpiry(acl, now, Number.MAX_SAFE_INTEGER, { brief: true });
    const judged = (row: Item) => (judge.saysSince(row) ? judge.judgeHolder(row) : judge.judge(row));
    const found = await usable(this.#whole(pages, judge), judged, this.#report);
    return found.map(holderOf);
  }

  /** The index has too little of a row that does not say since when it stands: the whole row decides, as everywhere else. */
  async *#whole(pages: AsyncIterable<readonly Item[]>, judge: GrantJudge): AsyncIterable<readonly Item[]> {
    for await (const page of pages) {
      const rows = page.map(async (row) =>
        judge.saysSince(row) ? [row] : [(await this.#table.get({ acl: row.acl, item: row.item })) ?? []].flat(),
      );
      yield (await Promise.all(rows)).flat();
    }
  }

  async #again(
    acl: string,
    before: readonly Holder[],
    ips: readonly string[],
    judge: GrantJudge,
    now: number,
  ): Promise<Holder[]> {
    const read = ips.map((ip) =>
      usable(this.#table.queryPrefix(acl, `${ITEM.grant}${ip}#`), (row) => judge.judge(row), this.#report),
    );
    const found = (await Promise.all(read)).flat().map(holderOf);
    const others = before.filter(({ ip }) => !ips.includes(ip));
    return [...others, ...found]
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((a, b) => a.expiresAt - b.expiresAt || (a.ip < b.ip ? -1 : 1));
  }
}

function holderOf({ ip, expiresAt, since }: Holder): Holder {
  return { ip, expiresAt, since };
}

/** @returns the IPs to read again; undefined where all must be */
function touchedSince(
  { position, changes, expiries, since, readAt, usedAt, holders }: Known,
  wake: Wake,
  now: number,
): readonly string[] | undefined {
  const isClose = now >= usedAt && now < usedAt + CLOSE_MS && now < readAt + LONGEST_MS;
  const hasExpiries = wake.expiries !== expiries;
  const isAnnounced = wake.changes - changes === wake.expiries - expiries;
  if (!isClose || !isAnnounced || !wake.events || wake.why !== undefined) return undefined;
  if (wake.events.since !== since || wake.events.position < position) return undefined;
  const touched = ipsAfter(wake.events, position);
  // What is over for another's clock may not be over by this one yet.
  const over = holders.filter(({ expiresAt }) => hasExpiries && expiresAt > now && expiresAt <= now + CLOCK_SKEW_MS);
  const ips = touched && [...new Set([...touched, ...over.map(({ ip }) => ip)])];
  return ips && ips.length <= MOST_AGAIN ? ips : undefined;
}

/** The rows that are good, page by page; the others are reported. */
export async function usable<T extends object>(
  pages: AsyncIterable<readonly Item[]>,
  judge: (row: Item) => T | UnusableRow,
  report: (rows: readonly UnusableRow[]) => void,
): Promise<T[]> {
  const found: T[] = [];
  const unusable: UnusableRow[] = [];
  for await (const page of pages) {
    for (const row of page) {
      const judged = judge(row);
      if (isUnusable(judged)) unusable.push(judged);
      else found.push(judged);
    }
  }
  report(unusable);
  return found;
}
