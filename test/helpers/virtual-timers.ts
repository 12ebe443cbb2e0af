import type { Timers } from '../../local/stand-ins/timers.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Rounds of the event loop after which whatever needs no time has happened. */
const SETTLE_ROUNDS = 3;

/** A clock that stands still until it is told to go on: the same run, every time, in no time. */
export class VirtualTimers implements Timers {
  #now: number;
  #order = 0;
  #due: Due[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, run: () => void): () => void {
    this.#order += 1;
    const due = { at: this.#now + Math.max(0, ms), order: this.#order, run };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  }

  /** Lets `ms` milliseconds pass, with everything that falls due in them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = next.at;
      next.run();
      await settle();
    }
    // Others may have let time pass meanwhile; it never runs backwards.
    this.#now = Math.max(this.#now, end);
  }

  /** Lets time pass, from one thing that falls due to the next, until the work is over and no longer. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    for (await settle(); !over; await settle()) {
      const next = this.#next(Number.POSITIVE_INFINITY);
      if (!next) throw new Error('the work waits for something that will never happen');
      this.#now = next.at;
      next.run();
    }
    return work;
  }

  #next(end: number): Due | undefined {
    const [first] = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order);
    this.#due = this.#due.filter((due) => due !== first);
    return first;
  }
}

async function settle(): Promise<void> {
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
