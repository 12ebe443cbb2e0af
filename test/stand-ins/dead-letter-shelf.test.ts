import { beforeEach, describe, expect, it } from 'vitest';
import { DeadLetterShelf } from '../../local/stand-ins/dead-letter-shelf.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../helpers/events.ts';

let clock: VirtualClock;
let shelf: DeadLetterShelf;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  shelf = new DeadLetterShelf(clock);
});
const send = (messageId: string, retryable = true) =>
  shelf.send({ messageId, body: messageId, reason: 'r', retryable });
const received = async () => (await shelf.receive()).map(({ body }) => body);

describe('the stand-in for the dead-letter queue', () => {
  it('drops what is sent twice within five minutes, and nothing later', async () => {
    await send('a');
    await clock.advance(299_999);
    await send('a');
    expect(shelf.letters).toHaveLength(1);
    await clock.advance(1);
    await send('a');
    expect(shelf.letters).toHaveLength(2);
  });

  it('gives ten at a time, and of the events none while any is taken', async () => {
    for (let i = 0; i < 12; i += 1) await send(`e${i}`);
    await send('poison', false);
    expect(await received()).toEqual(Array.from({ length: 10 }, (_, i) => `e${i}`));
    expect(await received()).toEqual(['poison']);
    expect(await received()).toEqual([]);
  });

  it('gives what is taken again after five minutes, or at once when it is given back', async () => {
    await send('a');
    const [letter] = await shelf.receive();
    if (!letter) throw new Error('there is one');
    await clock.advance(299_999);
    expect(await received()).toEqual([]);
    await clock.advance(1);
    expect(await received()).toEqual(['a']);
    await shelf.release(letter);
    expect(await received()).toEqual(['a']);
    await shelf.remove(letter);
    await clock.advance(300_000);
    expect(await received()).toEqual([]);
  });

  it('knows no reason for what the queue moved by itself', async () => {
    shelf.moved({ messageId: 'm', body: 'b' });
    expect(await shelf.receive()).toEqual([
      { messageId: 'm', firstId: 'm', body: 'b', retryable: true, receipt: expect.any(String) },
    ]);
  });

  it.each(['send', 'receive', 'remove', 'release'] as const)('fails to %s while it is out of reach', async (what) => {
    shelf.unreachable = true;
    const letter = { messageId: 'm', firstId: 'm', body: 'b', reason: 'r', retryable: true, receipt: 'r' };
    await expect(shelf[what](letter)).rejects.toThrow('does not answer');
  });
});
