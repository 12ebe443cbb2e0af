import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAmple, isSpent, pauseAfter, SHORTEST_PAUSE_MS } from '../../../lib/okta/pacing.ts';

const quota = (remaining: number, resetInMs = 60_000, limit = 600) => ({ limit, remaining, resetInMs });

describe('the pause after an update', () => {
  it('is three quarters of a second: with what an update itself takes, there is about one a second', () => {
    expect(SHORTEST_PAUSE_MS).toBe(750);
    expect(pauseAfter(undefined)).toBe(750);
  });

  it.each([
    ['all of it', quota(600), 750],
    ['half of it', quota(300), 750],
    ['just less than half', quota(299), Math.ceil(60_000 / 119)],
    ['a quarter', quota(150, 60_000), 1_334],
    ['a quarter, and the window nearly over', quota(150, 2_000), 750],
    ['room for one update above the share of others', quota(62, 30_000), 30_000],
    ['no room above the share of others', quota(61, 30_000), 30_000],
    ['nothing', quota(0, 45_000), 45_000],
    ['nothing, and the window over', quota(0, 0), 750],
    ['zeroes for a limit on concurrency', quota(0, 5_000, 0), 750],
  ])('where Okta has left %s', (_, left, pause) => {
    expect(pauseAfter(left)).toBe(Math.max(750, pause));
  });

  it('never spends the tenth that belongs to others, however long the burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2_000 }), (limit) => {
        let [remaining, resetInMs] = [limit, 60_000];
        while (resetInMs > 0) {
          remaining -= 2;
          resetInMs -= pauseAfter({ limit, remaining, resetInMs });
        }
        expect(remaining).toBeGreaterThanOrEqual(limit * 0.1 - 2);
      }),
    );
  });

  it('is longer, never shorter, with less left', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), fc.nat(60_000), (a, b, reset) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(pauseAfter(quota(less, reset))).toBeGreaterThanOrEqual(pauseAfter(quota(more, reset)));
      }),
    );
  });
});

describe('what is left of the quota', () => {
  it.each([
    [302, true, false],
    [301, false, false],
    [62, false, false],
    [61, false, true],
    [0, false, true],
  ])(
    'of 600, %i is ample for checks by two rebuilds at once: %s; and spent, but for what belongs to others: %s',
    (left, ample, spent) => {
      expect([isAmple(quota(left), 2), isSpent(quota(left))]).toEqual([ample, spent]);
    },
  );
});
