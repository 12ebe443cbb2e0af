import type { Clock, SecretReader } from './ports.ts';

/** How long a secret that was read is used without asking again. */
const KEEP_MS = 5 * 60_000;
/** A fresh read on request (a refused token, a bad signature) happens at most this often. */
const REFRESH_PAUSE_MS = 10_000;

/**
 * A secret that is kept for minutes, and only once it was read: a failure, or a secret that has no
 * value yet, is never remembered.
 */
export class CachedSecret {
  readonly #reader: SecretReader;
  readonly #clock: Clock;
  #kept: { readonly text: string; readonly readAt: number } | undefined;

  constructor(reader: SecretReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** @returns the text without surrounding white space; undefined where there is none. Rejects when it can't be read. */
  async get(): Promise<string | undefined> {
    if (this.#kept && this.#clock.now() - this.#kept.readAt < KEEP_MS) return this.#kept.text;
    return this.#read();
  }

  /**
   * Reads again because `used` did not work.
   * @returns a text other than `used`, or undefined where there is none or it was read only just now
   */
  async getOtherThan(used: string): Promise<string | undefined> {
    if (this.#kept && this.#kept.text !== used) return this.#kept.text;
    if (this.#kept && this.#clock.now() - this.#kept.readAt < REFRESH_PAUSE_MS) return undefined;
    const text = await this.#read();
    return text === used ? undefined : text;
  }

  async #read(): Promise<string | undefined> {
    const text = (await this.#reader.read())?.trim();
    this.#kept = text ? { text, readAt: this.#clock.now() } : undefined;
    return text || undefined;
  }
}
