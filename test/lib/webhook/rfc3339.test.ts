import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRfc3339, millisOf, nanosOf, parseRfc3339 } from '../../../lib/webhook/rfc3339.ts';

describe('a date-time of RFC 3339', () => {
  it('agrees with Date, to the millisecond', () => {
    const aDate = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(aDate, (date) => {
        expect(parseRfc3339(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
        expect(millisOf(parseRfc3339(formatRfc3339(date.getTime())) ?? 0n)).toBe(date.getTime());
      }),
    );
  });

  it.each([
    ['2026-11-24T18:00:00.123456789Z', 123_456_789n],
    ['2026-11-24T18:00:00.1234567899999Z', 123_456_789n],
    ['2026-11-24t19:30:00.5+01:30', 500_000_000n],
    ['2026-11-24T17:00:00-01:00', 0n],
    ['2026-11-24T18:00:00-00:00', 0n],
  ])('reads %s', (text, nanos) => {
    expect(parseRfc3339(text)).toBe(nanosOf(Date.UTC(2026, 10, 24, 18)) + nanos);
  });

  it('knows leap years', () => {
    expect(parseRfc3339('2024-02-29T00:00:00Z')).toBeDefined();
    expect(parseRfc3339('2023-02-29T00:00:00Z')).toBeUndefined();
    expect(parseRfc3339('1900-02-29T00:00:00Z')).toBeUndefined();
  });

  it.each([
    ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-01-00T00:00:00Z'],
    ...['2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2016-12-31T23:59:60Z', '2026-01-01T00:00:00+24:00'],
    ...['2026-01-01T00:00:00+00:60', '2026-01-01T00:00:00-01:99'],
    ...['2026-01-01T00:00:00', '2026-01-01 00:00:00Z', '2026-01-01', '20260101T000000Z', '+275760-09-13T00:00:00Z'],
    ...['2026-01-01T00:00:00.Z', '2026-01-01T00:00:00+0100', '2026-1-1T0:0:0Z', ' 2026-01-01T00:00:00Z', '', 'now'],
    ...[`2026-01-01T00:00:00.${'1'.repeat(60)}Z`, '２026-01-01T00:00:00Z', '2026-01-01T00:00:00Z\n'],
  ])('refuses %j', (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });

  it.each([
    ['0000-01-01T00:00:00Z', -62_167_219_200n],
    ['0000-02-29T00:00:00Z', -62_162_121_600n],
    ['0099-12-31T23:59:59Z', -59_011_459_201n],
    ['1969-12-31T23:59:59Z', -1n],
    ['1970-01-01T00:00:00Z', 0n],
    ['9999-12-31T23:59:59Z', 253_402_300_799n],
    ['9999-12-31T23:59:59-23:59', 253_402_300_799n + 86_340n],
    ['0000-01-01T00:00:00+23:59', -62_167_219_200n - 86_340n],
  ])('reads years of four digits as they stand: %s', (text, seconds) => {
    expect(parseRfc3339(text)).toBe(seconds * 1_000_000_000n);
  });

  it('is written in UTC, without a fraction where there is none', () => {
    expect(formatRfc3339(Date.UTC(2026, 10, 24, 18))).toBe('2026-11-24T18:00:00Z');
    expect(formatRfc3339(Date.UTC(2026, 10, 24, 18) + 50)).toBe('2026-11-24T18:00:00.050Z');
  });

  it('counts nanoseconds forwards also before 1970', () => {
    expect(parseRfc3339('1969-12-31T23:59:59.000000001Z')).toBe(-999_999_999n);
    expect(millisOf(-999_999_999n)).toBe(-1_000);
  });

  it('agrees with Date whatever the offset', () => {
    const twoDigits = (n: number) => String(n).padStart(2, '0');
    const anOffset = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59));
    const aTime = fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 });
    fc.assert(
      fc.property(aTime, anOffset, (ms, [sign, hours, minutes]) => {
        const text = new Date(ms).toISOString().replace('Z', `${sign}${twoDigits(hours)}:${twoDigits(minutes)}`);
        expect(parseRfc3339(text)).toBe(BigInt(Date.parse(text)) * 1_000_000n);
      }),
    );
  });

  it('refuses every day that Date would roll over, and no other', () => {
    const twoDigits = (n: number) => String(n).padStart(2, '0');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), fc.nat(14), fc.nat(33), (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}T00:00:00Z`;
        const date = new Date(text);
        const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 10));
        expect(parseRfc3339(text) !== undefined).toBe(exists);
      }),
      { numRuns: 500 },
    );
  });

  it('rounds to milliseconds downwards, also before 1970', () => {
    expect(millisOf(1_999_999n)).toBe(1);
    expect(millisOf(-1n)).toBe(-1);
  });
});
