import type { DeadLetters, TimerQueue } from '../../lib/ports.ts';
import type { CallbackClock } from './callback-clock.ts';

export interface DelayOptions {
  readonly clock: CallbackClock;
  /** Handles one message. Rejects when it is to come again. */
  readonly consume: (body: string, messageId: string, receives: number) => Promise<void>;
  readonly visibilityMs: number;
  readonly maxReceives: number;
  /** Messages that vanish when they are due, from the next on, counted for several queues together. */
  readonly losses?: { count: number };
}

/** SQS's promises for a standard queue that feeds a Lambda: each message after its delay, again when it failed. */
export class DelayQueue implements TimerQueue {
  /** Messages vanish on their way. */
  losesEverything = false;
  readonly deadLetters: { readonly body: string; readonly reason?: string }[] = [];
  readonly #options: DelayOptions;
  readonly #losses: { count: number };
  #sent = 0;

  constructor(options: DelayOptions) {
    this.#options = options;
    this.#losses = options.losses ?? { count: 0 };
  }

  /** Messages that vanish when they are due, from the next on. */
  get messagesToLose(): number {
    return this.#losses.count;
  }

  set messagesToLose(count: number) {
    this.#losses.count = count;
  }

  async send(messages: readonly { readonly body: string; readonly delaySeconds: number }[]): Promise<void> {
    for (const { body, delaySeconds } of messages) {
      if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900) {
        throw new RangeError('DelaySeconds must be a whole number from 0 to 900');
      }
      this.#sent += 1;
      this.#deliver(body, `timer-${this.#sent}`, delaySeconds * 1000, 1);
    }
  }

  /** The port for what is set aside with its reason. */
  asDeadLetters(): DeadLetters {
    return { send: async ({ body, reason }) => void this.deadLetters.push({ body, reason }) };
  }

  #deliver(body: string, messageId: string, delayMs: number, receives: number): void {
    this.#options.clock.after(delayMs, () => {
      if (this.losesEverything) return;
      if (this.#losses.count > 0) {
        this.#losses.count -= 1;
        return;
      }
      this.#options.consume(body, messageId, receives).catch(() => {
        if (receives >= this.#options.maxReceives) this.deadLetters.push({ body });
        else this.#deliver(body, messageId, this.#options.visibilityMs, receives + 1);
      });
    });
  }
}
