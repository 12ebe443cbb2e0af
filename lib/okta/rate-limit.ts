import type { HttpResponse } from '../ports.ts';

/** No rest is longer, whatever Okta's answer says: its windows are a minute long. Milliseconds. */
export const LONGEST_REST_MS = 120_000;
/** Okta's window, where an answer does not say when it ends. */
const WINDOW_MS = 60_000;
/** More calls a minute than any org has. */
const MOST_CALLS = 1_000_000;

/** What Okta says of the rate limit after a call. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds from the answer until the window ends, by Okta's own clock: 0 to 120,000. */
  readonly resetInMs: number;
}

/**
 * The quota in an answer's headers.
 * @param now milliseconds since the epoch
 * @returns undefined where the numbers are missing, or can't be those of a quota
 */
export function quotaOf({ headers }: Pick<HttpResponse, 'headers'>, now: number): Quota | undefined {
  const limit = wholeNumber(headers['x-rate-limit-limit']);
  const remaining = wholeNumber(headers['x-rate-limit-remaining']);
  if (limit === undefined || remaining === undefined) return undefined;
  if (limit === 0 || limit > MOST_CALLS || remaining > limit) return undefined;
  const resetInMs = untilReset(headers, now) ?? WINDOW_MS;
  return { limit, remaining, resetInMs };
}

/**
 * The rest that a refusal asks for: until the reset or for as long as `Retry-After` says, the later of the two.
 * Proxies send `Retry-After`; Okta was never seen to.
 * @param now milliseconds since the epoch
 * @returns 0 to 120,000 milliseconds; 0 where the answer names no moment that can be meant
 */
export function askedRest({ headers }: Pick<HttpResponse, 'headers'>, now: number): number {
  return Math.max(untilReset(headers, now) ?? 0, retryAfter(headers, now) ?? 0);
}

/**
 * The rest after a 429: the one that was asked for, but at least 1 s after the first, 2 s after the second in a
 * row, 4 s after the third, up to 120 s. So a moment that is wrong costs a few calls, and not the quota.
 * @param inARow refusals without a success between them, this one included
 * @returns milliseconds
 */
export function restAfter(askedMs: number, inARow: number): number {
  const least = 1_000 * 2 ** Math.min(10, Math.max(0, inARow - 1));
  return Math.min(LONGEST_REST_MS, Math.max(least, askedMs));
}

function untilReset(headers: HttpResponse['headers'], now: number): number | undefined {
  const reset = wholeNumber(headers['x-rate-limit-reset']);
  return reset === undefined ? undefined : timeUntil(reset * 1000, headers, now);
}

function retryAfter(headers: HttpResponse['headers'], now: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  const seconds = wholeNumber(text);
  if (seconds !== undefined) return Math.min(LONGEST_REST_MS, seconds * 1000);
  // A date has letters; `Date.parse` would take "-1" and "1, 2" for years.
  const moment = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : timeUntil(moment, headers, now);
}

/**
 * By Okta's own clock (its `Date` header, in whole seconds: this errs on the late side), since ours may be wrong; by
 * ours where that gives no plausible time, since a proxy may have put its own date there.
 * @returns undefined where neither does: it lies over two minutes ahead or back
 */
function timeUntil(moment: number, headers: HttpResponse['headers'], now: number): number | undefined {
  const left = [Date.parse(headers.date ?? ''), now].map((clock) => moment - clock);
  const plausible = left.find((ms) => Math.abs(ms) <= LONGEST_REST_MS);
  return plausible === undefined ? undefined : Math.max(0, plausible);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
