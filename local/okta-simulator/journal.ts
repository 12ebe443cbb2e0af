import type { RequestRecord } from './types.ts';

/** A record while its call is under way. */
export type JournalEntry = { -readonly [Key in keyof RequestRecord]: RequestRecord[Key] };

/** Every API request in order of arrival, up to `size` of them; numbers go on, so a gap shows. */
export class Journal {
  readonly #size: number;
  #entries: JournalEntry[] = [];
  #last = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** @returns the entry itself, for its call to complete */
  add(record: Omit<JournalEntry, 'n'>): JournalEntry {
    this.#last += 1;
    const entry = { ...record, n: this.#last };
    this.#entries.push(entry);
    // Trimmed in bulk: cheap in a long simulation.
    if (this.#entries.length >= 2 * this.#size) this.#entries = this.#entries.slice(-this.#size);
    return entry;
  }

  /** Requests numbered above `n`. */
  since(n: number): RequestRecord[] {
    const first = this.#entries[0]?.n ?? 0;
    return this.#entries.slice(Math.max(0, n - first + 1)).map((entry) => ({ ...entry }));
  }

  /** The latest `count` requests, the latest first. */
  latest(count: number): RequestRecord[] {
    return this.#entries
      .slice(-count)
      .reverse()
      .map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#entries = [];
  }
}
