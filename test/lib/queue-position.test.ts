import { describe, expect, it } from 'vitest';
import { QUEUE_POSITION, queuePosition } from '../../lib/queue-position.ts';

describe('a position in the queue', () => {
  it('sorts as text as the sequence numbers do', () => {
    const numbers = ['9', '10', '18849496460467696128', '18849496460467696129', String(2n ** 128n - 1n)];
    expect(numbers.map(queuePosition).toSorted()).toEqual(numbers.map(queuePosition));
  });

  it('is made of the sequence numbers of SQS, with their leading digits and as large as 128 bits', () => {
    expect(queuePosition('18849496460467696128')).toMatch(/^0+18849496460467696128$/);
    expect(queuePosition('00018849496460467696')).toBe(queuePosition('18849496460467696'));
    expect(queuePosition(String(2n ** 128n - 1n))).toMatch(QUEUE_POSITION);
  });

  it.each(['', '-1', '1.5', 'x', ' 1', '1e3', '1'.repeat(40)])('is not made of %j', (text) => {
    expect(() => queuePosition(text)).toThrow(RangeError);
  });
});
