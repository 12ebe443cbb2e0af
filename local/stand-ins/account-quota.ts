import type { Clock } from '../../lib/ports.ts';

/** No invocation of the account is free. API Gateway answers 503 for it. */
export class Throttled extends Error {
  override name = 'Throttled';
}

export interface AccountQuotaOptions {
  readonly clock: Clock;
  /** How many invocations run at once: 10 in a new account. */
  readonly most: number;
  /** How long each takes beside what it does, in milliseconds, such as a cold start. */
  readonly startMs: number;
}

/** How often a poller tries again while there is no room. */
const POLLER_MS = 1_000;

/** Lambda's limit on how many invocations of an account run at once, for all functions together. */
export class AccountQuota {
  /** Invocations that were refused, also those that a poller has made up for. */
  refused = 0;
  /** Most invocations at once so far. */
  peak = 0;
  readonly #options: AccountQuotaOptions;
  #running = 0;

  constructor(options: AccountQuotaOptions) {
    this.#options = options;
  }

  /** An invocation that somebody waits for. @throws {Throttled} */
  async atOnce<T>(invoke: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.most) {
      this.refused += 1;
      throw new Throttled('Rate Exceeded.');
    }
    this.#running += 1;
    this.peak = Math.max(this.peak, this.#running);
    try {
      await this.#options.clock.sleep(this.#options.startMs);
      return await invoke();
    } finally {
      this.#running -= 1;
    }
  }

  /** An invocation by the poller of a queue or a stream, or by a schedule: it is tried until there is room. */
  async inTime<T>(invoke: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.atOnce(invoke);
      } catch (error) {
        if (!(error instanceof Throttled)) throw error;
        await this.#options.clock.sleep(POLLER_MS);
      }
    }
  }
}
