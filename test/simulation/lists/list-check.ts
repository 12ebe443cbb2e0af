import type { Shown } from './bad-server.ts';
import type { ListPlan } from './list-plan.ts';

/** Something that a sender has posted and the webhook has accepted. */
export interface Posted {
  readonly at: number;
  readonly type: 'granted' | 'revoked' | 'flushed';
  readonly ip?: string;
}

/** From the read to the zone, in milliseconds: more than the machinery needs in good times. */
const WAY_MS = 8_000;
const LAG_MS = 30_000;

/**
 * Compares who is in with what the lists have said: design section 7, by what was given out alone.
 * @param shown the lists that were given out, in order
 * @param now milliseconds since the epoch
 * @returns what is broken
 */
export function checkLists(
  plan: ListPlan,
  shown: readonly Shown[],
  posted: readonly Posted[],
  inside: ReadonlySet<string>,
  now: number,
): string[] {
  const last = shown.at(-1);
  // Two reads in one turn count as one.
  const before = shown.findLast(({ at }) => last !== undefined && last.at - at >= plan.pollSeconds * 500);
  if (!last || !before || now < last.at + WAY_MS) return [];
  const between = shown.filter(({ at }) => at >= before.at);
  const told = (types: readonly Posted['type'][], ip: string, from: number) =>
    posted.some((one) => one.at >= from && types.includes(one.type) && (one.ip === undefined || one.ip === ip));
  const broken: string[] = [];
  // The list speaks for at least half of the usual time of a grant.
  const speaks = now < last.at + plan.defaultGrantMinutes * 30_000;
  for (const ip of speaks ? last.ips : []) {
    const isOnBoth = between.every(({ ips }) => ips.has(ip));
    const wasPutOut = told(['revoked', 'flushed'], ip, before.at - LAG_MS - WAY_MS);
    if (isOnBoth && !wasPutOut && !inside.has(ip)) broken.push(`${ip} is on the list for two reads, and outside`);
  }
  for (const ip of inside) {
    const isOffBoth = between.every(({ ips }) => !ips.has(ip));
    // Without endsGrants, what a sender has given stays.
    const since = plan.endsGrants ? before.at - LAG_MS - WAY_MS : Number.NEGATIVE_INFINITY;
    if (isOffBoth && !told(['granted'], ip, since)) broken.push(`${ip} is off the list for two reads, and inside`);
  }
  return broken;
}

/** What one read has ended, as the audit has it. */
export interface Ended {
  /** When the read began, in milliseconds since the epoch. */
  readonly began: number;
  readonly ips: readonly string[];
  /** How many grants lived then. */
  readonly live: number;
}

/** No single read ends more than half of ten grants or more: whom it ends then, the one before has lacked too. */
export function checkEnded({ began, ips, live }: Ended, shown: readonly Shown[], pollSeconds: number): string[] {
  if (live < 10 || ips.length * 2 <= live) return [];
  const before = shown.findLast(({ at }) => began - at >= pollSeconds * 500);
  const early = ips.filter((ip) => before === undefined || before.ips.has(ip));
  return early.length > 0 ? [`one read has ended ${ips.length} of ${live} grants: ${early.join(' ')}`] : [];
}
