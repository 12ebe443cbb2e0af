import type { Clock } from '../../lib/ports.ts';

/** A clock that can also call back; the stand-ins know time only through it, so a virtual one can drive them. */
export interface CallbackClock extends Clock {
  /** Calls `run` after `ms` milliseconds. @returns a function that calls it off */
  after(ms: number, run: () => void): () => void;
}

/** The machine's own clock. `close` calls off whatever is still to come. */
export class SystemCallbackClock implements CallbackClock {
  readonly #pending = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      run();
    }, ms);
    this.#pending.add(timer);
    return () => {
      clearTimeout(timer);
      this.#pending.delete(timer);
    };
  }

  close(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
