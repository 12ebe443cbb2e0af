import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseAfter, retryPause, SHORTEST_PAUSE_MS } from '../../../lib/okta/pacing.ts';

const quota = (remaining: number, resetInMs = 60_000, limit = 600) => ({ limit, remaining, resetInMs });

describe('the pause after an update', () => {
  it('is a second: at most one update a second', () => {
    expect(SHORTEST_PAUSE_MS).toBe(1_000);
    expect(pauseAfter(undefined, 2)).toBe(1_000);
  });

  it.each([
    ['all of it', quota(600), 1_000],
    ['half of it', quota(300), 1_000],
    ['just less than half', quota(299), Math.ceil(60_000 / 119)],
    ['a quarter', quota(150, 60_000), 1_334],
    ['a quarter, and the window nearly over', quota(150, 2_000), 1_000],
    ['room for one update above the share of others', quota(62, 30_000), 30_000],
    ['no room above the share of others', quota(61, 30_000), 30_000],
    ['nothing', quota(0, 45_000), 45_000],
    ['nothing, and the window over', quota(0, 0), 1_000],
    ['zeroes for a limit on concurrency', quota(0, 5_000, 0), 1_000],
  ])('where Okta has left %s', (_, left, pause) => {
    expect(pauseAfter(left, 2)).toBe(Math.max(1_000, pause));
  });

  it('is a second while half of the quota is left, however many calls an update costs', () => {
    expect(pauseAfter(quota(300), 20)).toBe(1_000);
    expect(pauseAfter(quota(299), 20)).toBe(Math.ceil(60_000 / 11));
  });

  it('grows with the calls that an update costs', () => {
    expect(pauseAfter(quota(100), 20)).toBeGreaterThan(pauseAfter(quota(100), 2));
  });

  it('never spends the tenth that belongs to others, however long the burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2_000 }), fc.integer({ min: 1, max: 5 }), (limit, zones) => {
        const calls = 2 * zones;
        let [remaining, resetInMs] = [limit, 60_000];
        while (resetInMs > 0) {
          remaining -= calls;
          resetInMs -= pauseAfter({ limit, remaining, resetInMs }, calls);
        }
        expect(remaining).toBeGreaterThanOrEqual(limit * 0.1 - calls);
      }),
    );
  });

  it('is longer, never shorter, with less left', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), fc.nat(60_000), (a, b, reset) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(pauseAfter(quota(less, reset), 4)).toBeGreaterThanOrEqual(pauseAfter(quota(more, reset), 4));
      }),
    );
  });
});

describe('the pause before a failed update is tried again', () => {
  it('doubles from two seconds up to a minute, and stays there', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map(retryPause)).toEqual([
      ...[2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000],
    ]);
  });
});
