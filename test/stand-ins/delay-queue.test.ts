import { beforeEach, describe, expect, it } from 'vitest';
import { DelayQueue } from '../../local/stand-ins/delay-queue.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

let clock: VirtualClock;
let seen: (readonly [body: string, id: string, at: number])[];
let failing: Set<string>;
let queue: DelayQueue;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  seen = [];
  failing = new Set();
  queue = new DelayQueue({
    clock,
    consume: async (body, messageId) => {
      seen.push([body, messageId, clock.now() - NOW]);
      if (failing.has(body)) throw new Error('not now');
    },
    visibilityMs: 180_000,
    maxReceives: 3,
  });
});
const send = (body: string, delaySeconds: number) => queue.send([{ body, delaySeconds }]);
const times = (body: string) => seen.filter(([text]) => text === body).map(([, , at]) => at);

describe('a delay queue', () => {
  it('delivers each message after its own delay, once', async () => {
    await queue.send([
      { body: 'later', delaySeconds: 900 },
      { body: 'soon', delaySeconds: 5 },
      { body: 'now', delaySeconds: 0 },
    ]);
    await clock.advance(0);
    expect(seen.map(([body]) => body)).toEqual(['now']);
    await clock.advance(4_999);
    expect(seen.map(([body]) => body)).toEqual(['now']);
    await clock.advance(3_600_000);
    expect(seen.map(([body, , at]) => [body, at])).toEqual([
      ['now', 0],
      ['soon', 5_000],
      ['later', 900_000],
    ]);
  });

  it.each([-1, 901, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a delay of %d seconds', async (delay) => {
    await expect(send('x', delay)).rejects.toThrow(RangeError);
    await clock.advance(3_600_000);
    expect(seen).toEqual([]);
  });

  it('loses as many messages as asked, those that are due next', async () => {
    queue.messagesToLose = 1;
    await send('late', 20);
    await send('soon', 10);
    await clock.advance(60_000);
    expect([times('soon'), times('late')]).toEqual([[], [20_000]]);
  });

  it('delivers again, under the same id, what failed, once it is visible again', async () => {
    failing.add('x');
    await send('x', 1);
    await clock.advance(1_000);
    failing.clear();
    await clock.advance(179_999);
    expect(times('x')).toEqual([1_000]);
    await clock.advance(1);
    expect(times('x')).toEqual([1_000, 181_000]);
    expect(new Set(seen.map(([, id]) => id)).size).toBe(1);
    await clock.advance(3_600_000);
    expect(times('x')).toHaveLength(2);
  });

  it('sets aside what failed too often', async () => {
    failing.add('x');
    await send('x', 0);
    await clock.advance(3_600_000);
    expect(times('x')).toHaveLength(3);
    expect(queue.deadLetters).toEqual([{ body: 'x' }]);
  });

  it('holds up no message by another that fails', async () => {
    failing.add('x');
    await send('x', 1);
    await send('y', 2);
    await clock.advance(2_000);
    expect(times('y')).toEqual([2_000]);
  });

  it('loses what falls due while it loses everything', async () => {
    await send('x', 10);
    queue.losesEverything = true;
    await clock.advance(10_000);
    queue.losesEverything = false;
    await clock.advance(3_600_000);
    expect(seen).toEqual([]);
  });
});
