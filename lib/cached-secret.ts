import type { KnownSecrets } from './known-secrets.ts';
import type { Clock, SecretReader } from './ports.ts';

/** How long a secret that was read is used without asking again. */
const KEEP_MS = 5 * 60_000;
/** A fresh read on request (a refused token, a bad signature) happens at most this often. */
const REFRESH_PAUSE_MS = 10_000;

/**
 * A secret that is kept for minutes, and only once it was read: a failure is never remembered, and that it has no value
 * yet only for ten seconds.
 */
export class CachedSecret {
  readonly #reader: SecretReader;
  readonly #clock: Clock;
  readonly #known: KnownSecrets | undefined;
  #kept: { readonly text: string; readonly readAt: number } | undefined;
  /** When it was last seen to have no value. */
  #emptyAt: number | undefined;

  /** @param known is told what the secret holds, so that nobody else is */
  constructor(reader: SecretReader, clock: Clock, known?: KnownSecrets) {
    this.#reader = reader;
    this.#clock = clock;
    this.#known = known;
  }

  /** @returns the text without surrounding white space; undefined where there is none. Rejects when it can't be read. */
  async get(): Promise<string | undefined> {
    const now = this.#clock.now();
    if (this.#kept && isWithin(KEEP_MS, this.#kept.readAt, now)) return this.#kept.text;
    if (isWithin(REFRESH_PAUSE_MS, this.#emptyAt, now)) return undefined;
    return this.#read();
  }

  /**
   * Reads again because `used` did not work.
   * @returns a text other than `used`, or undefined where there is none or it was read only just now
   */
  async getOtherThan(used: string): Promise<string | undefined> {
    if (this.#kept && this.#kept.text !== used) return this.#kept.text;
    const readAt = this.#kept?.readAt ?? this.#emptyAt;
    if (isWithin(REFRESH_PAUSE_MS, readAt, this.#clock.now())) return undefined;
    const text = await this.#read();
    return text === used ? undefined : text;
  }

  async #read(): Promise<string | undefined> {
    const text = (await this.#reader.read())?.trim();
    const now = this.#clock.now();
    this.#kept = text ? { text, readAt: now } : undefined;
    this.#emptyAt = text ? undefined : now;
    if (text) this.#known?.remember(text);
    return text || undefined;
  }
}

/** Not where the moment lies ahead: a clock that was set back must not make minutes hours. */
function isWithin(ms: number, since: number | undefined, now: number): boolean {
  return since !== undefined && now - since < ms && now >= since;
}
