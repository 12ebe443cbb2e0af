import type { EventQueue } from '../../lib/ports.ts';
import { queuePosition } from '../../lib/queue-position.ts';
import type { CallbackClock } from './callback-clock.ts';
import { DeadLetterShelf } from './dead-letter-shelf.ts';

export interface FifoMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sequenceNumber: string;
  readonly receives: number;
}

export interface FifoOptions {
  readonly clock: CallbackClock;
  /** Handles one batch. @returns the ids of the messages to keep; rejects when all are to be kept */
  readonly consume: (batch: readonly FifoMessage[]) => Promise<readonly string[]>;
  readonly visibilityMs: number;
  readonly maxReceives: number;
}

const BATCH = 10;
const DEDUPLICATION_MS = 5 * 60_000;

/**
 * SQS's promises for a FIFO queue with one message group that feeds a Lambda: in order, one batch at
 * a time, a repeated deduplication id within five minutes is the same message, what fails blocks the
 * group until it is visible again, and goes to the dead letters after too many receives.
 */
export class FifoQueue implements EventQueue {
  /** Every send fails. */
  unreachable = false;
  /** Sequence numbers begin after it: SQS's have twenty digits. */
  firstSequenceNumber = 0n;
  readonly deadLetters: DeadLetterShelf;
  readonly #options: FifoOptions;
  readonly #messages: FifoMessage[] = [];
  readonly #seen = new Map<string, { readonly sequenceNumber: string; readonly at: number }>();
  #sent = 0;
  #busy = false;

  constructor(options: FifoOptions) {
    this.#options = options;
    this.deadLetters = new DeadLetterShelf(options.clock);
  }

  async send({ body, deduplicationId }: { body: string; deduplicationId: string }): Promise<string> {
    if (this.unreachable) throw new Error('the queue does not answer');
    const now = this.#options.clock.now();
    const seen = this.#seen.get(deduplicationId);
    if (seen && now - seen.at < DEDUPLICATION_MS) return queuePosition(seen.sequenceNumber);
    this.#sent += 1;
    const sequenceNumber = String(this.firstSequenceNumber + BigInt(this.#sent)).padStart(20, '0');
    this.#seen.set(deduplicationId, { sequenceNumber, at: now });
    this.#messages.push({ messageId: `message-${this.#sent}`, body, sequenceNumber, receives: 0 });
    this.#pump(0);
    return queuePosition(sequenceNumber);
  }

  get length(): number {
    return this.#messages.length;
  }

  #pump(delayMs: number): void {
    if (this.#busy || this.#messages.length === 0) return;
    this.#busy = true;
    this.#options.clock.after(delayMs, () => void this.#deliver());
  }

  async #deliver(): Promise<void> {
    const batch = this.#messages.slice(0, BATCH).map((message) => ({ ...message, receives: message.receives + 1 }));
    this.#messages.splice(0, batch.length, ...batch);
    const kept = new Set(await this.#kept(batch));
    const failed = batch.filter((message) => kept.has(message.messageId));
    const dead = failed.filter((message) => message.receives >= this.#options.maxReceives);
    for (const message of dead) this.deadLetters.moved(message);
    this.#messages.splice(0, batch.length, ...failed.filter((message) => !dead.includes(message)));
    this.#busy = false;
    this.#pump(failed.length > 0 ? this.#options.visibilityMs : 0);
  }

  async #kept(batch: readonly FifoMessage[]): Promise<readonly string[]> {
    try {
      return await this.#options.consume(batch);
    } catch {
      return batch.map((message) => message.messageId); // As Lambda does: an invocation that fails keeps its batch.
    }
  }
}
