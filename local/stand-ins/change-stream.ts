import type { Change } from './memory-table.ts';
import type { Timers } from './timers.ts';

export interface StreamOptions {
  readonly timers: Timers;
  /** The mapping's filter. */
  readonly wanted: (change: Change) => boolean;
  /** Handles one batch. Rejects when it is to come again. */
  readonly consume: (batch: readonly Change[]) => Promise<void>;
  readonly maxRetries: number;
}

const BATCH = 100;
/** Lambda polls a shard four times a second. */
const POLL_MS = 250;
const RETRY_MS = 1_000;

/** DynamoDB Streams with a Lambda mapping, as one shard: in order, one batch at a time, a bounded number of retries. */
export class ChangeStream {
  /** Records vanish on their way. */
  losesEverything = false;
  /** Batches given up on. */
  readonly failures: (readonly Change[])[] = [];
  readonly #options: StreamOptions;
  readonly #changes: Change[] = [];
  #busy = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  push(change: Change): void {
    if (this.losesEverything || !this.#options.wanted(change)) return;
    this.#changes.push(change);
    if (this.#busy) return;
    this.#busy = true;
    this.#options.timers.after(POLL_MS, () => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#changes.length > 0) await this.#handle(this.#changes.splice(0, BATCH));
    this.#busy = false;
  }

  async #handle(batch: readonly Change[]): Promise<void> {
    for (let attempt = 0; attempt <= this.#options.maxRetries; attempt += 1) {
      try {
        await this.#options.consume(batch);
        return;
      } catch {
        await this.#options.timers.sleep(RETRY_MS); // The function has reported why; the stream only tries again.
      }
    }
    this.failures.push(batch);
  }
}
