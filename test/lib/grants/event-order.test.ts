import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventOrder,
  isBeyondMemory,
  MEMORY_SECONDS,
  positionOf,
  queuePosition,
  timeOf,
} from '../../../lib/grants/event-order.ts';

const aTime = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n }).map((time) => time % 10n ** 20n);
const aSequence = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

describe('the order of events', () => {
  it('sorts as text by time, then by place in the queue', () => {
    fc.assert(
      fc.property(aTime, aTime, aSequence, aSequence, (timeA, timeB, placeA, placeB) => {
        const [a, b] = [eventOrder(timeA, String(placeA)), eventOrder(timeB, String(placeB))];
        const byNumber = timeA !== timeB ? timeA < timeB : placeA < placeB;
        expect(a < b).toBe(byNumber);
        expect(a === b).toBe(timeA === timeB && placeA === placeB);
      }),
    );
  });

  it.each([
    ['a digit more', 9n, 10n],
    ['a nanosecond', 1_764_007_200_123_456_788n, 1_764_007_200_123_456_789n],
  ])('tells apart times that differ by %s, whatever their places', (_, earlier, later) => {
    expect(eventOrder(earlier, '9'.repeat(39)) < eventOrder(later, '0')).toBe(true);
  });

  it('gives back the place it was made with, as it sorts', () => {
    fc.assert(
      fc.property(aTime, aSequence, (time, place) => {
        expect(positionOf(eventOrder(time, String(place)))).toBe(queuePosition(String(place)));
      }),
    );
    expect(queuePosition('9') < queuePosition('10')).toBe(true);
  });

  it('gives back the time it was made with, in whole milliseconds', () => {
    expect(timeOf(eventOrder(1_764_007_200_123_999_999n, '7'))).toBe(1_764_007_200_123);
    expect(timeOf(eventOrder(0n, '9'.repeat(39)))).toBe(0);
  });

  it('is text that keeps its form: it lies in the table', () => {
    expect(eventOrder(1_764_007_200_123_456_789n, '42')).toBe(`01764007200123456789.${'0'.repeat(37)}42`);
  });

  it('knows a sequence number of SQS with its leading digits and as large as 128 bits', () => {
    expect(queuePosition('18849496460467696128')).toMatch(/^0+18849496460467696128$/);
    expect(queuePosition(String(2n ** 128n - 1n))).toHaveLength(39);
  });

  it.each(['', '-1', '1.5', 'x', ' 1', '1e3', '1'.repeat(40)])('refuses %j as a place', (text) => {
    expect(() => queuePosition(text)).toThrow(RangeError);
    expect(() => eventOrder(1n, text)).toThrow(RangeError);
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
