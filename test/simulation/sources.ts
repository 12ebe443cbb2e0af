import type { DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { TimerQueue } from '../../lib/ports.ts';
import { queuePosition } from '../../lib/queue-position.ts';
import { fifoEvent, streamEvent, timerEvent } from '../../local/stand-ins/aws-events.ts';
import { DeadLetterShelf } from '../../local/stand-ins/dead-letter-shelf.ts';
import type { FifoMessage } from '../../local/stand-ins/fifo-queue.ts';
import type { Change } from '../../local/stand-ins/memory-table.ts';
import type { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import type { Fault, Faults } from './faults.ts';
import type { Random } from './random.ts';

export interface Surroundings {
  readonly clock: VirtualClock;
  readonly faults: Faults;
  /** Chance that is no fault: where batches are cut, how long a poll takes. */
  readonly random: Random;
  /** A day on which everything takes its time. */
  readonly slow: boolean;
  /** How long a call to Okta takes, in milliseconds: from, to. */
  readonly oktaMs: readonly [number, number];
}

/** SQS remembers for five minutes; less here, so that short schedules see what comes after them. */
const DEDUPLICATION_MS = 15_000;
const MOST_RECEIVES = 10;

export interface FifoOptions {
  /** After this time what failed comes again. */
  readonly visibilityMs: number;
  /** The number of the first message. */
  readonly firstSequence: number;
  /** A message is gone for good: it was handled, or is a dead letter. */
  readonly done: (message: FifoMessage) => void;
  /** The function failed for the last time, and could not even say why. */
  readonly movedWithoutReason: () => void;
}

/** The events queue with its mapping: one group, in order, at least once, what fails blocks what is behind it. */
export class SimFifo {
  readonly deadLetters: DeadLetterShelf;
  readonly messages: FifoMessage[] = [];
  readonly #around: Surroundings;
  readonly #consume: (event: SQSEvent) => Promise<SQSBatchResponse>;
  readonly #options: FifoOptions;
  readonly #seen = new Map<string, { readonly sequenceNumber: string; readonly at: number }>();
  #sent = 0;
  #sequence: number;
  #busy = false;

  constructor(around: Surroundings, consume: (event: SQSEvent) => Promise<SQSBatchResponse>, options: FifoOptions) {
    this.#around = around;
    this.#consume = consume;
    this.#options = options;
    this.#sequence = options.firstSequence;
    this.deadLetters = new DeadLetterShelf(around.clock);
  }

  /** Another queue takes the place of this one once that is empty: it knows no id, and its numbers begin anew. */
  replace(): void {
    if (this.messages.length > 0) return void this.#around.clock.after(1_000, () => this.replace());
    this.#seen.clear();
    this.#sequence = 1;
  }

  async send({ body, deduplicationId }: { readonly body: string; readonly deduplicationId: string }): Promise<string> {
    const now = this.#around.clock.now();
    const seen = this.#seen.get(deduplicationId);
    if (seen && now - seen.at < DEDUPLICATION_MS) return queuePosition(seen.sequenceNumber);
    this.#sent += 1;
    const sequenceNumber = String(this.#sequence).padStart(20, '0');
    this.#sequence += 1;
    this.#seen.set(deduplicationId, { sequenceNumber, at: now });
    this.messages.push({ messageId: `message-${this.#sent}`, body, sequenceNumber, receives: 0 });
    this.#pump(this.#around.random.whole(0, 60));
    return queuePosition(sequenceNumber);
  }

  #pump(delayMs: number): void {
    if (this.#busy || this.messages.length === 0) return;
    this.#busy = true;
    this.#around.clock.after(delayMs, () => void this.#deliver());
  }

  async #deliver(): Promise<void> {
    const { faults, random } = this.#around;
    if (faults.strikes('throttled invocation', 'grants')) return this.#later(random.whole(1_000, 20_000));
    const cut = random.whole(1, 10);
    const batch = this.messages.slice(0, cut).map((message) => ({ ...message, receives: message.receives + 1 }));
    this.messages.splice(0, batch.length, ...batch);
    const kept = await this.#kept(batch);
    const { visibilityMs, done } = this.#options;
    // The function was done, but the messages were not deleted: they come again, cut anew.
    if (faults.strikes('redelivered batch', 'grants')) return this.#later(visibilityMs);
    const failed = batch.filter((message) => kept.has(message.messageId));
    const dead = failed.filter((message) => message.receives >= MOST_RECEIVES);
    for (const message of dead) {
      this.deadLetters.moved(message);
      this.#options.movedWithoutReason();
    }
    const staying = failed.filter((message) => !dead.includes(message));
    this.messages.splice(0, batch.length, ...staying);
    for (const message of batch) {
      if (message.receives >= MOST_RECEIVES) faults.struck('last delivery');
      if (!staying.includes(message)) done(message);
    }
    this.#later(failed.length > 0 ? visibilityMs : 0);
  }

  #later(ms: number): void {
    this.#busy = false;
    this.#pump(ms);
  }

  async #kept(batch: readonly FifoMessage[]): Promise<ReadonlySet<string>> {
    try {
      const { batchItemFailures } = await this.#consume(fifoEvent(batch));
      return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch {
      return new Set(batch.map(({ messageId }) => messageId)); // A failed invocation keeps its whole batch.
    }
  }
}

/** What goes wrong with the messages of a queue: they never come, late, or once more. */
interface Mishaps {
  readonly lost: Fault;
  readonly late: Fault;
  readonly repeated: Fault;
}
const OF_TIMERS: Mishaps = { lost: 'lost timer', late: 'late timer', repeated: 'repeated timer' };
export const OF_READS: Mishaps = { lost: 'lost read', late: 'late read', repeated: 'repeated read' };

/** The timer queue, or that of reads, with its mapping: each message after its delay, more or less, once or more, or never. */
export class SimTimerQueue implements TimerQueue {
  readonly #around: Surroundings;
  readonly #consume: (event: SQSEvent) => Promise<SQSBatchResponse>;
  readonly #mishaps: Mishaps;
  #sent = 0;

  constructor(around: Surroundings, consume: (event: SQSEvent) => Promise<SQSBatchResponse>, mishaps = OF_TIMERS) {
    this.#around = around;
    this.#consume = consume;
    this.#mishaps = mishaps;
  }

  async send(messages: readonly { readonly body: string; readonly delaySeconds: number }[]): Promise<void> {
    for (const { body, delaySeconds } of messages) {
      if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900)
        throw new RangeError('DelaySeconds');
      this.#sent += 1;
      this.#deliver(body, `timer-${this.#sent}`, delaySeconds * 1000 + this.#around.random.whole(0, 400), 1);
    }
  }

  #deliver(body: string, messageId: string, delayMs: number, receives: number): void {
    const { clock, faults } = this.#around;
    clock.after(delayMs, () => {
      const { lost, late, repeated } = this.#mishaps;
      if (faults.strikes(lost, body)) return;
      if (faults.strikes(late, body)) {
        return this.#deliver(body, messageId, faults.whole(late, 1_000, 90_000), receives);
      }
      if (faults.strikes(repeated)) this.#deliver(body, messageId, faults.whole(repeated, 0, 30_000), 1);
      void this.#try(body, messageId, receives);
    });
  }

  async #try(body: string, messageId: string, receives: number): Promise<void> {
    const throttled = this.#around.faults.strikes('throttled invocation', 'expiry');
    if (!throttled && (await this.#succeeds(messageId, body, receives))) return;
    if (receives < 3) this.#deliver(body, messageId, 180_000, receives + 1);
  }

  async #succeeds(messageId: string, body: string, receives: number): Promise<boolean> {
    try {
      return (await this.#consume(timerEvent(messageId, body, receives))).batchItemFailures.length === 0;
    } catch {
      return false;
    }
  }
}

/** One shard of the table's stream with its mapping: in order, one batch at a time, tried again when it failed. */
export class SimShard {
  readonly #around: Surroundings;
  readonly #consume: (event: DynamoDBStreamEvent) => Promise<void>;
  readonly #changes: Change[] = [];
  #busy = false;

  constructor(around: Surroundings, consume: (event: DynamoDBStreamEvent) => Promise<void>) {
    this.#around = around;
    this.#consume = consume;
  }

  push(change: Change): void {
    this.#changes.push(change);
    if (this.#busy) return;
    this.#busy = true;
    this.#around.clock.after(this.#around.random.whole(20, 250), () => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#changes.length > 0) {
      const cut = this.#around.random.whole(1, 20);
      await this.#handle(this.#changes.splice(0, cut));
    }
    this.#busy = false;
  }

  async #handle(batch: readonly Change[]): Promise<void> {
    const { clock, faults } = this.#around;
    if (faults.strikes('lost stream batch')) return;
    for (let attempt = 0; attempt <= 10; attempt += 1) {
      const throttled = faults.strikes('throttled invocation', 'zone');
      if (!throttled && (await this.#succeeds(batch)) && !faults.strikes('repeated stream batch')) return;
      await clock.sleep(500 * 2 ** Math.min(attempt, 4));
    }
  }

  async #succeeds(batch: readonly Change[]): Promise<boolean> {
    try {
      await this.#consume(streamEvent(batch));
      return true;
    } catch {
      return false;
    }
  }
}
