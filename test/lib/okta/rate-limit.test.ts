import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedRest, LONGEST_REST_MS, quotaOf, restAfter } from '../../../lib/okta/rate-limit.ts';
import { NOW } from '../../helpers/events.ts';

const HOUR_MS = 3_600_000;
const resetAt = (ms: number) => ({ 'x-rate-limit-reset': String(ms / 1000) });
const date = (ms: number) => ({ date: new Date(ms).toUTCString() });
const asked = (headers: Readonly<Record<string, string>>, now = NOW) => askedRest({ headers }, now);
const quota = (headers: Readonly<Record<string, string>>, now = NOW) =>
  quotaOf({ headers: { 'x-rate-limit-limit': '600', 'x-rate-limit-remaining': '5', ...headers } }, now);

describe('the rest that a refusal asks for', () => {
  it.each([
    ['the reset', resetAt(NOW + 40_000), 40_000],
    ['two minutes at most', resetAt(NOW + 120_000), 120_000],
    ['seconds of Retry-After', { 'retry-after': '60' }, 60_000],
    ['a date of Retry-After', { 'retry-after': date(NOW + 30_000).date }, 30_000],
    [
      'a date of Retry-After by the clock of the answer',
      { 'retry-after': date(NOW).date, ...date(NOW - 9_000) },
      9_000,
    ],
    ['Retry-After, where the reset is none', { 'x-rate-limit-reset': '60', 'retry-after': '60' }, 60_000],
    ['the later of both: Retry-After', { ...resetAt(NOW + 10_000), 'retry-after': '20' }, 20_000],
    ['the later of both: the reset', { ...resetAt(NOW + 30_000), 'retry-after': '20' }, 30_000],
    ['two minutes of a longer Retry-After', { 'retry-after': '86400' }, 120_000],
  ])('is %s', (_, headers, ms) => {
    expect(asked(headers)).toBe(ms);
  });

  it.each([
    ['no header', {}],
    ['a reset in milliseconds', { 'x-rate-limit-reset': String(NOW + 40_000) }],
    ['a reset of two values', { 'x-rate-limit-reset': '60, 60' }],
    ['a reset that is past', resetAt(NOW - 5_000)],
    ['a reset of hours ago', resetAt(NOW - HOUR_MS)],
    ['a reset in hours', resetAt(NOW + HOUR_MS)],
    ['a reset just over two minutes away', resetAt(NOW + 121_000)],
    ['a negative reset', { 'x-rate-limit-reset': '-1' }],
    ['a reset of many digits', { 'x-rate-limit-reset': '9'.repeat(40) }],
    ['a reset that is a word', { 'x-rate-limit-reset': 'soon' }],
    ['a negative Retry-After', { 'retry-after': '-1' }],
    ['a Retry-After of two values', { 'retry-after': '60, 60' }],
    ['a Retry-After that is a word', { 'retry-after': 'later' }],
    ['a date of Retry-After that is past', { 'retry-after': date(NOW - 5_000).date }],
    ['a date of Retry-After in a year', { 'retry-after': date(NOW + 365 * 24 * HOUR_MS).date }],
  ])('is none with %s', (_, headers) => {
    expect(asked(headers)).toBe(0);
  });

  it('is right with a clock of ours that is wrong, and with a date in the answer that is wrong', () => {
    for (const wrong of [-HOUR_MS, HOUR_MS, -365 * 24 * HOUR_MS]) {
      expect(asked({ ...resetAt(NOW + 40_000), ...date(NOW) }, NOW + wrong)).toBe(40_000);
      expect(asked({ ...resetAt(NOW + 40_000), ...date(NOW + wrong) })).toBe(40_000);
    }
    expect(asked({ ...resetAt(NOW + 40_000), date: 'soon' })).toBe(40_000);
  });

  it('is never longer than two minutes, whatever the headers say', () => {
    const text = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.bigInt().map(String),
      fc.integer({ min: -200, max: 200 }).map((seconds) => String(NOW / 1000 + seconds)),
      fc.date({ noInvalidDate: true }).map((moment) => moment.toUTCString()),
    );
    const headers = fc.record({ 'x-rate-limit-reset': text, 'retry-after': text, date: text });
    fc.assert(
      fc.property(headers, (some) => {
        expect(asked(some)).toBeGreaterThanOrEqual(0);
        expect(asked(some)).toBeLessThanOrEqual(LONGEST_REST_MS);
        expect(quota(some)?.resetInMs).toBeLessThanOrEqual(LONGEST_REST_MS);
      }),
    );
  });
});

describe('the rest after a refusal', () => {
  it('doubles with each in a row from a second to two minutes, where none is asked for', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map((inARow) => restAfter(0, inARow) / 1000)).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64, 120, 120, 120],
    ]);
  });

  it('is the one that is asked for, where that is longer', () => {
    expect([restAfter(40_000, 1), restAfter(40_000, 6), restAfter(40_000, 7)]).toEqual([40_000, 40_000, 64_000]);
    expect(restAfter(500_000, 1)).toBe(120_000);
  });
});

describe('the quota of an answer', () => {
  it('is unknown where its numbers are missing or absurd', () => {
    expect(quota({})).toMatchObject({ limit: 600, remaining: 5 });
    for (const absurd of ['', '-1', '0', '1.5', '600, 600', '1e3', '9'.repeat(12), '1000001']) {
      expect(quota({ 'x-rate-limit-limit': absurd }), absurd).toBeUndefined();
    }
    for (const absurd of ['', '-1', 'many', '601', '5, 5']) {
      expect(quota({ 'x-rate-limit-remaining': absurd }), absurd).toBeUndefined();
    }
    expect(quota({ 'x-rate-limit-limit': '5' })).toMatchObject({ limit: 5, remaining: 5 });
  });

  it('lasts a minute where its end is missing or absurd, so that few calls left neither stop nor spend it', () => {
    for (const reset of ['', 'soon', '60', '1, 2', String(NOW), String(NOW / 1000 + 7_200)]) {
      expect(quota({ 'x-rate-limit-reset': reset }), reset).toMatchObject({ resetInMs: 60_000 });
    }
    expect(quota(resetAt(NOW - 1_000))).toMatchObject({ resetInMs: 0 });
  });
});
