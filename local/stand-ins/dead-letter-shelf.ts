import type { DeadLetterBox, DeadLetters, Letter, SetAside } from '../../lib/ports.ts';
import type { CallbackClock } from './callback-clock.ts';

interface Kept extends Omit<Letter, 'receipt'> {
  /** Nobody else gets it before then. */
  takenUntil: number;
}

const BATCH = 10;
const DEDUPLICATION_MS = 5 * 60_000;
const VISIBILITY_MS = 5 * 60_000;

/**
 * SQS's promises for the FIFO dead-letter queue: what is moved by the queue has no reason, a group is read on
 * only when what was received of it is gone or given back, and a repeated deduplication id is dropped.
 */
export class DeadLetterShelf implements DeadLetters, DeadLetterBox {
  /** Every call fails. */
  unreachable = false;
  readonly #clock: CallbackClock;
  readonly #sent = new Map<string, number>();
  #letters: Kept[] = [];
  #ids = 0;

  constructor(clock: CallbackClock) {
    this.#clock = clock;
  }

  /** What lies here, for a look at it. */
  get letters(): readonly Readonly<Pick<Kept, 'messageId' | 'firstId' | 'body' | 'reason'>>[] {
    return this.#letters;
  }

  async send({ messageId, body, reason, retryable }: SetAside): Promise<void> {
    this.#reach();
    const now = this.#clock.now();
    if (now - (this.#sent.get(messageId) ?? Number.NEGATIVE_INFINITY) < DEDUPLICATION_MS) return;
    this.#sent.set(messageId, now);
    this.#ids += 1;
    this.#letters.push({
      messageId: `letter-${this.#ids}`,
      firstId: messageId,
      body,
      reason,
      retryable,
      takenUntil: 0,
    });
  }

  /** By the queue itself, after too many receptions. */
  moved({ messageId, body }: { readonly messageId: string; readonly body: string }): void {
    this.#letters.push({ messageId, firstId: messageId, body, retryable: true, takenUntil: 0 });
  }

  async receive(): Promise<readonly Letter[]> {
    this.#reach();
    const now = this.#clock.now();
    const eventsAreTaken = this.#letters.some((letter) => letter.retryable && letter.takenUntil > now);
    const free = this.#letters.filter((letter) => letter.takenUntil <= now && !(letter.retryable && eventsAreTaken));
    return free.slice(0, BATCH).map((letter) => {
      letter.takenUntil = now + VISIBILITY_MS;
      const { takenUntil, ...rest } = letter;
      return { ...rest, receipt: `${rest.messageId} until ${takenUntil}` };
    });
  }

  async remove({ messageId }: Letter): Promise<void> {
    this.#reach();
    this.#letters = this.#letters.filter((letter) => letter.messageId !== messageId);
  }

  async release({ messageId }: Letter): Promise<void> {
    this.#reach();
    for (const letter of this.#letters) if (letter.messageId === messageId) letter.takenUntil = 0;
  }

  #reach(): void {
    if (this.unreachable) throw new Error('the dead-letter queue does not answer');
  }
}
