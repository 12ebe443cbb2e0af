/**
 * Strict RFC 3339 date-times, to the nanosecond. What does not exist (30 February, hour 24) is
 * refused rather than rolled over, and so is a leap second: no clock here can represent one.
 */
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,30}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const NANOS_PER_MILLI = 1_000_000n;
const LONGEST_DATE_TIME = 64;

/** @returns nanoseconds since the Unix epoch (finer digits are cut off), or undefined where the text is not a date-time */
export function parseRfc3339(text: string): bigint | undefined {
  if (text.length > LONGEST_DATE_TIME) return undefined;
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second);
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60_000;
  const fraction = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
  return BigInt(date.getTime() - offset) * NANOS_PER_MILLI + fraction;
}

/** @param ms milliseconds since the Unix epoch */
export function nanosOf(ms: number): bigint {
  return BigInt(Math.floor(ms)) * NANOS_PER_MILLI;
}

/** @returns whole milliseconds, rounded down: a grant ends early by a fraction rather than late */
export function millisOf(nanos: bigint): number {
  const ms = nanos / NANOS_PER_MILLI;
  return Number(nanos % NANOS_PER_MILLI < 0n ? ms - 1n : ms);
}

/** @param ms milliseconds since the Unix epoch; whole seconds come without a fraction */
export function formatRfc3339(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
