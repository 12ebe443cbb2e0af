import type { Quota } from './rate-limit.ts';

/** Updates of one ACL's zones are at least this far apart, in milliseconds; the first goes out at once. */
export const SHORTEST_PAUSE_MS = 1_000;
/** Below this share of the quota, what is left is spread over the rest of the window. */
const AMPLE_SHARE = 0.5;
/** This share is left for others: the quota belongs to the whole org. */
const SPARED_SHARE = 0.1;

/**
 * The pause before the next update, from what Okta says is left of the quota.
 * @param callsPerUpdate calls that one update costs (a GET and a PUT for each zone)
 * @returns milliseconds
 */
export function pauseAfter(quota: Quota | undefined, callsPerUpdate: number): number {
  if (!quota || quota.remaining >= quota.limit * AMPLE_SHARE) return SHORTEST_PAUSE_MS;
  const usable = quota.remaining - quota.limit * SPARED_SHARE;
  const updates = Math.floor(usable / callsPerUpdate);
  if (updates < 1) return Math.max(SHORTEST_PAUSE_MS, quota.resetInMs);
  return Math.max(SHORTEST_PAUSE_MS, Math.ceil(quota.resetInMs / updates));
}

/** The pause before a failed update is tried again without any event: 2 s, doubled each time, up to a minute. */
export function retryPause(failuresInARow: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(failuresInARow, 10));
}
