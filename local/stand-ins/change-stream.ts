import { hash } from 'node:crypto';
import type { CallbackClock } from './callback-clock.ts';
import type { Change } from './memory-table.ts';

export interface StreamOptions {
  readonly clock: CallbackClock;
  /** The mapping's filter. */
  readonly wanted: (change: Change) => boolean;
  /** Handles one batch. Rejects when it is to come again. */
  readonly consume: (batch: readonly Change[]) => Promise<void>;
  readonly maxRetries: number;
  /** Batches that are handled at once; 1 unless it is given. */
  readonly batchesAtOnce?: () => number;
}

const BATCH = 100;
/** Lambda polls a shard four times a second. */
const POLL_MS = 250;
const RETRY_MS = 1_000;

interface Lane {
  readonly changes: Change[];
  busy: boolean;
}

/**
 * DynamoDB Streams with a Lambda mapping, as one shard: a bounded number of batches at a time and of
 * retries. The changes of one item come in order, one batch at a time; those of different items need not.
 */
export class ChangeStream {
  /** Records vanish on their way. */
  losesEverything = false;
  /** Batches that vanish on their way, from the next on. */
  batchesToLose = 0;
  /** Batches given up on. */
  readonly failures: (readonly Change[])[] = [];
  readonly #options: StreamOptions;
  readonly #lanes = new Map<number, Lane>();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  push(change: Change): void {
    if (this.losesEverything || !this.#options.wanted(change)) return;
    const lane = this.#laneOf(change);
    lane.changes.push(change);
    if (lane.busy) return;
    lane.busy = true;
    this.#options.clock.after(POLL_MS, () => void this.#drain(lane));
  }

  #laneOf({ key }: Change): Lane {
    const count = this.#options.batchesAtOnce?.() ?? 1;
    const number = count === 1 ? 0 : hash('md5', `${key.acl} ${key.item}`, 'buffer').readUInt32BE() % count;
    const lane = this.#lanes.get(number) ?? { changes: [], busy: false };
    this.#lanes.set(number, lane);
    return lane;
  }

  async #drain(lane: Lane): Promise<void> {
    while (lane.changes.length > 0) await this.#handle(lane.changes.splice(0, BATCH));
    lane.busy = false;
  }

  async #handle(batch: readonly Change[]): Promise<void> {
    if (this.batchesToLose > 0) {
      this.batchesToLose -= 1;
      return;
    }
    await this.#try(batch, 0);
  }

  /** A batch that fails is halved, which costs none of its tries: what is good in it is handled once it is by itself. */
  async #try(batch: readonly Change[], failures: number): Promise<void> {
    try {
      await this.#options.consume(batch);
    } catch {
      await this.#options.clock.sleep(RETRY_MS); // The function has reported why; the stream only tries again.
      if (batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await this.#try(batch.slice(0, half), failures);
        await this.#try(batch.slice(half), failures);
      } else if (failures < this.#options.maxRetries) await this.#try(batch, failures + 1);
      else this.failures.push(batch);
    }
  }
}
