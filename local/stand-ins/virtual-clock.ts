import type { CallbackClock } from './callback-clock.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * A clock that stands still until it is told to go on: the same run, every time, in no time. After each callback
 * it lets everything happen that needs no time.
 */
export class VirtualClock implements CallbackClock {
  #now: number;
  #order = 0;
  readonly #heap: Due[] = [];
  readonly #settle: () => Promise<void>;

  /**
   * @param now milliseconds since the epoch
   * @param settle resolves once whatever needs no time has happened
   */
  constructor(now: number, settle: () => Promise<void> = roundsOfTheLoop) {
    this.#now = now;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, run: () => void): () => void {
    this.#order += 1;
    const due: Due = { at: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order, run };
    this.#push(due);
    return () => {
      due.run = undefined;
    };
  }

  /** Lets `ms` milliseconds pass, with everything that falls due in them. */
  async advance(ms: number): Promise<void> {
    await this.runUntil(this.#now + ms);
  }

  /** Lets time pass up to a moment, with everything that falls due until then. */
  async runUntil(end: number): Promise<void> {
    await this.#settle();
    for (let due = this.#next(end); due; due = this.#next(end)) await this.#runOne(due);
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
    for (await this.#settle(); !over; ) {
      const due = this.#next(Number.POSITIVE_INFINITY);
      if (!due) throw new Error('the work waits for something that will never happen');
      await this.#runOne(due);
    }
    return work;
  }

  async #runOne(due: Due): Promise<void> {
    this.#now = Math.max(this.#now, due.at);
    due.run?.();
    await this.#settle();
  }

  /** Takes out what falls due first, if it does by `end`. */
  #next(end: number): Due | undefined {
    for (let first = this.#heap[0]; first && first.at <= end; first = this.#heap[0]) {
      this.#pop();
      if (first.run) return first;
    }
    return undefined;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Due;
      if (!before(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && before(right, heap[child] as Due)) child += 1;
      const below = heap[child] as Due;
      if (!before(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

/**
 * For code that does nothing but wait for promises: one trip through the tick queue, which Node enters only when
 * no microtask is left. No system call, and always the same order.
 */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

const ROUNDS = 3;

/** Rounds of the event loop after which also what goes through the machine's own input and output has happened. */
async function roundsOfTheLoop(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
