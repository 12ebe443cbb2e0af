/** A moment on the wall clock of a time zone. */
interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: HOUR_MS, d: DAY_MS };
const WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;
const ON_THE_WALL = /^(?:(?:(\d{4})-(\d\d)-(\d\d)|(today|yesterday))(?:[-T ]|$))?(?:(\d{1,2}):(\d\d)(?::(\d\d))?)?$/;

/** The time of day that a person there sees, with what the zone is called: `19:00:00 GMT+1`. @param ms since the epoch */
export function localTime(ms: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'long' });
  return format.format(ms);
}

/** Whether a time zone shows something else than UTC at a moment. @param ms since the epoch */
export function differsFromUtc(ms: number, timeZone: string): boolean {
  return offsetAt(ms, timeZone) !== 0;
}

/**
 * A moment as a person writes it: `8h` and `2d` ago, a date and time with its zone, or without one as a clock on the wall there
 * shows it (`14:05` is the last one that was), with `today` and `yesterday`.
 * @param now in milliseconds since the epoch, like the result
 * @returns undefined where it is none of these
 */
export function momentOf(text: string, now: number, timeZone: string): number | undefined {
  const words = text.trim();
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(words) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS_MS[unit] ?? 0);
  if (WITH_ZONE.test(words)) {
    const ms = Date.parse(words.replace(' ', 'T'));
    return Number.isNaN(ms) ? undefined : ms;
  }
  const found = words === '' ? undefined : ON_THE_WALL.exec(words);
  if (!found) return undefined;
  const [, year, month, day, word, hour = '0', minute = '0', second = '0'] = found;
  const today = wallAt(now, timeZone);
  const here = word === 'yesterday' ? dayBefore(today) : today;
  const date = year === undefined ? here : { year: Number(year), month: Number(month), day: Number(day) };
  const wall = { ...here, ...date, hour: Number(hour), minute: Number(minute), second: Number(second) };
  if (!isReal(wall)) return undefined;
  const ms = momentAt(wall, timeZone);
  // Without a day it is the last time that the clock showed it.
  const isNamed = year !== undefined || word !== undefined;
  return !isNamed && ms > now ? momentAt(dayBefore(wall), timeZone) : ms;
}

/** By the calendar: where the clocks change, a day before is not 24 hours before. */
function dayBefore(wall: Wall): Wall {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day - 1));
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 31 February and 25 o'clock are none. */
function isReal(wall: Wall): boolean {
  const utc = new Date(utcOf(wall));
  const same = utc.getUTCMonth() + 1 === wall.month && utc.getUTCDate() === wall.day && utc.getUTCHours() === wall.hour;
  return same && utc.getUTCMinutes() === wall.minute;
}

/** Of a time that a change of the clocks leaves out, or shows twice, one that is next to it. */
function momentAt(wall: Wall, timeZone: string): number {
  const utc = utcOf(wall);
  const guess = utc - offsetAt(utc, timeZone);
  return utc - offsetAt(guess, timeZone);
}

/** How far a zone is ahead of UTC, in milliseconds. */
function offsetAt(ms: number, timeZone: string): number {
  return utcOf(wallAt(ms, timeZone)) - Math.floor(ms / 1000) * 1000;
}

function utcOf({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function wallAt(ms: number, timeZone: string): Wall {
  const options = { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', {
    ...options,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return {
    ...{ year: part('year'), month: part('month'), day: part('day') },
    ...{ hour: part('hour'), minute: part('minute'), second: part('second') },
  };
}
