import type { Quota, RateLimitChange } from './types.ts';

const WINDOW_MS = 60_000;

/**
 * One bucket for all calls. In Okta, zones share the org-wide bucket of the management API, of which one
 * token may use half by default. The window is 60 s and begins with a call, not with the minute
 * (developer docs). Here it ends on a whole second, so that the reset time in the headers is exact.
 */
export class RateLimit {
  #limit: number;
  #used = 0;
  /** Milliseconds since the epoch. */
  #windowEnd = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one call, unless the limit is reached. */
  take(now: number): Quota & { readonly exceeded: boolean } {
    this.#roll(now);
    const exceeded = this.#used >= this.#limit;
    if (!exceeded) this.#used += 1;
    return { ...this.peek(now), exceeded };
  }

  /** The state without counting anything. */
  peek(now: number): Quota {
    if (now >= this.#windowEnd) return { limit: this.#limit, remaining: this.#limit, reset: windowEnd(now) / 1000 };
    return { limit: this.#limit, remaining: Math.max(0, this.#limit - this.#used), reset: this.#windowEnd / 1000 };
  }

  change(change: RateLimitChange, now: number): Quota {
    this.#roll(now);
    if (change.limit !== undefined) this.#limit = change.limit;
    if (change.remaining !== undefined) this.#used = Math.max(0, this.#limit - change.remaining);
    if (change.resetInSeconds !== undefined) this.#windowEnd = wholeSecond(now) + change.resetInSeconds * 1000;
    return this.peek(now);
  }

  #roll(now: number): void {
    if (now < this.#windowEnd) return;
    this.#windowEnd = windowEnd(now);
    this.#used = 0;
  }
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function windowEnd(start: number): number {
  return wholeSecond(start) + WINDOW_MS;
}
