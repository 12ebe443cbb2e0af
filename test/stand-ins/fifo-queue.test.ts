import { beforeEach, describe, expect, it } from 'vitest';
import { queuePosition } from '../../lib/queue-position.ts';
import { type FifoMessage, FifoQueue } from '../../local/stand-ins/fifo-queue.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

const VISIBILITY_MS = 90_000;
let clock: VirtualClock;
let batches: FifoMessage[][];
/** What the consumer answers to each batch, in order; afterwards it keeps nothing. */
let answers: ((batch: readonly FifoMessage[]) => Promise<readonly string[]>)[];
let queue: FifoQueue;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  batches = [];
  answers = [];
  queue = new FifoQueue({
    clock,
    consume: async (batch) => {
      batches.push([...batch]);
      return (await answers.shift()?.(batch)) ?? [];
    },
    visibilityMs: VISIBILITY_MS,
    maxReceives: 3,
  });
});
const send = (...bodies: readonly string[]) =>
  Promise.all(bodies.map((body) => queue.send({ body, deduplicationId: body })));
const bodies = () => batches.map((batch) => batch.map(({ body }) => body));
const keep =
  (...which: readonly string[]) =>
  async (batch: readonly FifoMessage[]) =>
    batch.filter(({ body }) => which.includes(body)).map(({ messageId }) => messageId);
const fail = async () => {
  throw new Error('the invocation failed');
};

describe('a FIFO queue', () => {
  it('delivers in the order of sending, ten at a time', async () => {
    const all = Array.from({ length: 23 }, (_, i) => `m${i}`);
    await send(...all);
    await clock.advance(1);
    expect(bodies()).toEqual([all.slice(0, 10), all.slice(10, 20), all.slice(20)]);
    expect(queue.length).toBe(0);
  });

  it('gives rising positions, and the sequence numbers they are made of to the receiver', async () => {
    const positions = await send(...Array.from({ length: 12 }, (_, i) => `m${i}`));
    expect([...positions].sort()).toEqual(positions);
    expect(new Set(positions).size).toBe(12);
    await clock.advance(1);
    expect(batches.flat().map(({ sequenceNumber }) => queuePosition(sequenceNumber))).toEqual(positions);
  });

  it('delivers one batch at a time: the next waits until the one before is done', async () => {
    let done = () => {};
    answers.push(async () => {
      await new Promise<void>((resolve) => {
        done = resolve;
      });
      return [];
    });
    await send('a');
    await clock.advance(1);
    await send('b');
    await clock.advance(60_000);
    expect(bodies()).toEqual([['a']]);
    done();
    await clock.advance(1);
    expect(bodies()).toEqual([['a'], ['b']]);
  });

  it('takes a repeated deduplication id within five minutes for the same message, in the queue or not', async () => {
    const [first] = await send('a');
    expect(await send('a')).toEqual([first]);
    await clock.advance(299_999);
    expect(await send('a')).toEqual([first]);
    await clock.advance(1);
    expect(await send('a')).not.toEqual([first]);
    await clock.advance(1);
    expect(bodies()).toEqual([['a'], ['a']]);
  });

  it('keeps what failed and all behind it hidden, and delivers it again in order with a count', async () => {
    answers.push(keep('b', 'c'));
    await send('a', 'b', 'c');
    await clock.advance(1);
    await send('d');
    await clock.advance(VISIBILITY_MS - 2);
    expect(bodies()).toEqual([['a', 'b', 'c']]);
    await clock.advance(2);
    expect(bodies()[1]).toEqual(['b', 'c', 'd']);
    expect(batches[1]?.map(({ receives }) => receives)).toEqual([2, 2, 1]);
  });

  it('keeps a whole batch whose invocation failed', async () => {
    answers.push(fail);
    await send('a', 'b');
    await clock.advance(VISIBILITY_MS + 1);
    expect(bodies()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('sets aside what was received too often, and goes on with the rest', async () => {
    answers.push(fail, keep('a'), keep('a'));
    await send('a', 'b');
    await clock.advance(2 * VISIBILITY_MS + 1);
    // As SQS does it: without a word.
    expect(queue.deadLetters.letters).toMatchObject([{ body: 'a', messageId: 'message-1' }]);
    expect(queue.deadLetters.letters[0]).not.toHaveProperty('reason');
    expect(queue.length).toBe(0);
    await send('c');
    await clock.advance(VISIBILITY_MS);
    expect(bodies().at(-1)).toEqual(['c']);
  });

  it('rejects what is sent while it is out of reach, and keeps nothing of it', async () => {
    queue.unreachable = true;
    await expect(queue.send({ body: 'a', deduplicationId: 'a' })).rejects.toThrow();
    queue.unreachable = false;
    await send('a');
    await clock.advance(1);
    expect(bodies()).toEqual([['a']]);
  });
});
