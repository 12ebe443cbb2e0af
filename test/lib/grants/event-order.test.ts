import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOrder, isBeyondMemory, MEMORY_SECONDS, positionOf, timeOf } from '../../../lib/grants/event-order.ts';
import { queuePosition } from '../../../lib/queue-position.ts';

const aTime = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n }).map((time) => time % 10n ** 20n);
const aSequenceNumber = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const at = (sequenceNumber: bigint) => queuePosition(String(sequenceNumber));

describe('the order of events', () => {
  it('sorts as text by time, then by position', () => {
    fc.assert(
      fc.property(aTime, aTime, aSequenceNumber, aSequenceNumber, (timeA, timeB, numberA, numberB) => {
        const [a, b] = [eventOrder(timeA, at(numberA)), eventOrder(timeB, at(numberB))];
        const byNumber = timeA !== timeB ? timeA < timeB : numberA < numberB;
        expect(a < b).toBe(byNumber);
        expect(a === b).toBe(timeA === timeB && numberA === numberB);
      }),
    );
  });

  it.each([
    ['a digit more', 9n, 10n],
    ['a nanosecond', 1_764_007_200_123_456_788n, 1_764_007_200_123_456_789n],
  ])('tells apart times that differ by %s, whatever their positions', (_, earlier, later) => {
    expect(eventOrder(earlier, '9'.repeat(39)) < eventOrder(later, at(0n))).toBe(true);
  });

  it('gives back the position it was made with', () => {
    fc.assert(
      fc.property(aTime, aSequenceNumber, (time, number) => {
        expect(positionOf(eventOrder(time, at(number)))).toBe(at(number));
      }),
    );
  });

  it('gives back the time it was made with, in whole milliseconds', () => {
    expect(timeOf(eventOrder(1_764_007_200_123_999_999n, at(7n)))).toBe(1_764_007_200_123);
    expect(timeOf(eventOrder(0n, '9'.repeat(39)))).toBe(0);
  });

  it('is text that keeps its form: it lies in the table', () => {
    expect(eventOrder(1_764_007_200_123_456_789n, at(42n))).toBe(`01764007200123456789.${'0'.repeat(37)}42`);
  });
});

describe('the memory for events', () => {
  const NOW = Date.UTC(2026, 10, 24, 18);
  const oldest = BigInt(NOW - MEMORY_SECONDS * 1_000) * 1_000_000n;

  it('is of sixteen days, to the nanosecond', () => {
    expect(MEMORY_SECONDS).toBe(16 * 86_400);
    expect([oldest - 1n, oldest, oldest + 1n].map((timestamp) => isBeyondMemory(timestamp, NOW))).toEqual([
      ...[true, false, false],
    ]);
  });

  it('takes a clock that counts parts of milliseconds', () => {
    expect([oldest - 1n, oldest].map((timestamp) => isBeyondMemory(timestamp, NOW + 0.9))).toEqual([true, false]);
  });
});
