import type { Grant } from '../grants/grant-items.ts';
import { RESERVED_GRANT_ID } from '../grants/plausible.ts';

/** A list may lag behind the events by this much, in milliseconds: what was stored since is not contradicted. */
export const LAG_MS = 30_000;
/** An ACL with fewer grants may lose them all at one read. */
const MANY_GRANTS = 10;
/** Two reads that begin closer than this part of the time between reads count as one: a message may come twice. */
const SAME_READ = 0.5;

export interface ListRules {
  readonly defaultGrantMinutes: number;
  readonly pollSeconds: number;
  /** The list also ends grants that others have given. */
  readonly endsGrants: boolean;
}

/** How a list and the grants differ, before anything else is looked at. All moments in milliseconds since the epoch. */
export interface Difference {
  /** Grants that the list ends. */
  readonly ends: readonly Grant[];
  /** Listed IPs that need a grant, unless somebody was put out there a moment ago. */
  readonly needs: readonly string[];
  /** When one of the others becomes due, though neither list nor grants change. */
  readonly nextAt: number;
}

/**
 * Compares a list with the grants that live. An IP that is listed must have a grant for a while; one that is not loses
 * what the list may take.
 * @param grants that live when the read begins
 * @param began when the read began
 */
export function compare(
  listed: ReadonlySet<string>,
  grants: readonly Grant[],
  rules: ListRules,
  began: number,
): Difference {
  const ends: Grant[] = [];
  const latestEnd = new Map<string, number>();
  let nextAt = Number.POSITIVE_INFINITY;
  for (const grant of grants) {
    const { ip, grantId, expiresAt, stored } = grant;
    if (listed.has(ip)) {
      latestEnd.set(ip, Math.max(expiresAt, latestEnd.get(ip) ?? 0));
    } else if (grantId === RESERVED_GRANT_ID) ends.push(grant);
    else if (rules.endsGrants) {
      const endsFrom = stored + LAG_MS;
      if (endsFrom <= began) ends.push(grant);
      else nextAt = Math.min(nextAt, endsFrom);
    }
  }
  const half = (rules.defaultGrantMinutes * 60_000) / 2;
  const needs: string[] = [];
  for (const ip of listed) {
    const renewFrom = (latestEnd.get(ip) ?? 0) - half;
    if (renewFrom <= began) needs.push(ip);
    else nextAt = Math.min(nextAt, renewFrom);
  }
  // Who is outside comes first, then who is out soonest.
  const endOf = (ip: string) => latestEnd.get(ip) ?? 0;
  return { ends, needs: needs.sort((a, b) => endOf(a) - endOf(b)), nextAt };
}

/** Removals that wait for the next read: which, and when the read began that held them back. */
export interface Held {
  /** As `grantName` has them. */
  readonly names: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Removals {
  /** To be carried out by this read. */
  readonly now: readonly Grant[];
  /** What the next read is to be told; absent: the removal is not large. */
  readonly held?: Held;
  /** How many begin to wait with this read. */
  readonly waiting: number;
}

/**
 * Lets no single read end more than half of ten grants or more: those that it would end wait, and go with the next read
 * that lacks them too.
 *
 *     list of 20 ── empty by mistake: 20 wait ── the list of 20 again: none goes
 *     list of 20 ── 2 left: 18 wait ── 3 left: 17 go, who is back stays
 *
 * @param live how many grants live
 * @param before what waited after the last read
 */
export function holdBack(
  ends: readonly Grant[],
  live: number,
  before: Held | undefined,
  { pollSeconds }: Pick<ListRules, 'pollSeconds'>,
  began: number,
  nameOf: (grant: Grant) => string,
): Removals {
  const isSameRead = before !== undefined && Math.abs(began - before.at) < pollSeconds * 1_000 * SAME_READ;
  // Also where it is small by now: the first of the two may have carried out a part.
  if (isSameRead) return { now: [], held: before, waiting: 0 };
  if (live < MANY_GRANTS || ends.length * 2 <= live) return { now: ends, waiting: 0 };
  const [now, waiting] = [true, false].map((waited) =>
    ends.filter((grant) => (before?.names.has(nameOf(grant)) ?? false) === waited),
  );
  const held = { names: new Set(ends.map(nameOf)), at: began };
  return { now: now ?? [], held, waiting: waiting?.length ?? 0 };
}
