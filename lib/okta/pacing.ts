import type { Quota } from './rate-limit.ts';

/** Updates of one ACL's zones are at least this far apart, in milliseconds; the first goes out at once. */
export const SHORTEST_PAUSE_MS = 750;
/** Below this share of the quota, what is left is spread over the rest of the window. */
const AMPLE_SHARE = 0.5;
/** This share is left for others: the quota belongs to the whole org. */
const SPARED_SHARE = 0.1;

/** A GET and a PUT. */
const CALLS_PER_WRITE = 2;

/**
 * The pause before the next write, from what Okta says is left of the quota.
 * @returns milliseconds
 */
export function pauseAfter(quota: Quota | undefined): number {
  if (!quota || quota.remaining >= quota.limit * AMPLE_SHARE) return SHORTEST_PAUSE_MS;
  const usable = quota.remaining - quota.limit * SPARED_SHARE;
  const updates = Math.floor(usable / CALLS_PER_WRITE);
  if (updates < 1) return Math.max(SHORTEST_PAUSE_MS, quota.resetInMs);
  return Math.max(SHORTEST_PAUSE_MS, Math.ceil(quota.resetInMs / updates));
}

/**
 * Whether so much is left that zones may be read which should be right: at most half of the quota goes into that.
 * @param atOnce how many rebuilds may ask this at the same moment, and then make a call each
 */
export function isAmple(quota: Quota, atOnce = 1): boolean {
  return quota.remaining - atOnce >= quota.limit * AMPLE_SHARE;
}

/** Whether what is left belongs to others. */
export function isSpent(quota: Quota): boolean {
  return quota.remaining < CALLS_PER_WRITE + quota.limit * SPARED_SHARE;
}
