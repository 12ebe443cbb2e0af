import { describe, expect, it } from 'vitest';
import { momentOf } from '../../cli/local-time.ts';
import { moment } from '../../cli/moments.ts';

const BERLIN = 'Europe/Berlin';
/** 19:00 in Berlin. */
const NOW = Date.parse('2026-11-24T18:00:00Z');

describe('a moment as a person writes it', () => {
  it.each([
    ['8h', BERLIN, '2026-11-24T10:00:00Z'],
    ['2d', BERLIN, '2026-11-22T18:00:00Z'],
    ['90s', BERLIN, '2026-11-24T17:58:30Z'],
    ['14:05', BERLIN, '2026-11-24T13:05:00Z'],
    ['14:05', 'UTC', '2026-11-24T14:05:00Z'],
    // It was not 20:00 there yet today.
    ['20:00', BERLIN, '2026-11-23T19:00:00Z'],
    ['yesterday 14:05', BERLIN, '2026-11-23T13:05:00Z'],
    ['yesterday-14:05', BERLIN, '2026-11-23T13:05:00Z'],
    ['today 08:00:30', BERLIN, '2026-11-24T07:00:30Z'],
    ['yesterday', BERLIN, '2026-11-22T23:00:00Z'],
    ['2026-11-20', BERLIN, '2026-11-19T23:00:00Z'],
    ['2026-07-01 12:00', BERLIN, '2026-07-01T10:00:00Z'],
    ['2026-07-01T12:00', 'America/New_York', '2026-07-01T16:00:00Z'],
    ['2026-11-24T14:05Z', BERLIN, '2026-11-24T14:05:00Z'],
    ['2026-11-24 14:05:10+02:00', BERLIN, '2026-11-24T12:05:10Z'],
    ['2026-10-25 04:00', BERLIN, '2026-10-25T03:00:00Z'],
  ])('%s in %s is %s', (text, zone, utc) => {
    expect(new Date(momentOf(text, NOW, zone) ?? 0).toISOString().replace('.000', '')).toBe(utc);
  });

  it.each([
    ['yesterday-12:00', '2026-10-25T22:30:00Z', '2026-10-24T10:00:00Z'],
    ['yesterday', '2026-10-25T22:30:00Z', '2026-10-23T22:00:00Z'],
    ['23:50', '2026-10-25T22:30:00Z', '2026-10-24T21:50:00Z'],
    ['yesterday-12:00', '2026-03-29T22:30:00Z', '2026-03-29T10:00:00Z'],
    ['23:50', '2026-03-29T22:30:00Z', '2026-03-29T21:50:00Z'],
    ['yesterday-12:00', '2026-12-31T23:30:00Z', '2026-12-31T11:00:00Z'],
  ])('%s in Berlin at %s, beside a change of clocks or the turn of the year, is %s', (text, now, utc) => {
    expect(new Date(momentOf(text, Date.parse(now), BERLIN) ?? 0).toISOString().replace('.000', '')).toBe(utc);
  });

  it.each(['', 'soon', '25:00', '14:65', '2026-02-31', '2026-13-01 10:00', '8', '2026-11-24T25:00Z', '-2h'])(
    '%j is none',
    (text) => {
      expect(momentOf(text, NOW, BERLIN)).toBeUndefined();
    },
  );
});

describe('a moment as it is shown', () => {
  it('has the local time beside it, where that is another', () => {
    expect(moment(NOW)).toBe('2026-11-24 18:00:00Z');
    expect(moment(NOW, 'UTC')).toBe('2026-11-24 18:00:00Z');
    expect(moment(NOW, BERLIN)).toBe('2026-11-24 18:00:00Z (19:00:00 CET)');
    expect(moment(Date.parse('2026-07-01T10:00:00Z'), 'Asia/Kolkata')).toBe('2026-07-01 10:00:00Z (15:30:00 GMT+5:30)');
  });
});
