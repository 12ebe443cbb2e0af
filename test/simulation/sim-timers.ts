import type { Timers } from '../../local/stand-ins/timers.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * The clock of the simulation. After each callback all promises are settled by one trip through the
 * tick queue, which Node enters only when no microtask is left: no system call, and always the same order.
 */
export class SimTimers implements Timers {
  #now: number;
  #order = 0;
  readonly #heap: Due[] = [];

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
    const due: Due = { at: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order, run };
    this.#push(due);
    return () => {
      due.run = undefined;
    };
  }

  async runUntil(end: number): Promise<void> {
    for (let first = this.#heap[0]; first && first.at <= end; first = this.#heap[0]) {
      this.#pop();
      if (!first.run) continue;
      this.#now = first.at;
      first.run();
      await settled();
    }
    this.#now = end;
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

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
