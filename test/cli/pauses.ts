import type { Clock } from '../../lib/ports.ts';

/** A clock whose pauses take no time, and which goes on all the same. */
export class Pauses implements Clock {
  readonly seconds: number[] = [];
  #now = Date.now();

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.seconds.push(ms / 1000);
    this.#now += ms;
  }
}
