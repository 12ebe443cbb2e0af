import { differsFromUtc, localTime } from './local-time.ts';

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** A length of time as a person says it: the two largest units. @param ms milliseconds */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return pair(seconds, MINUTE_S, 'min', 1, 's');
  if (seconds < DAY_S) return pair(seconds, HOUR_S, 'h', MINUTE_S, 'min');
  return pair(seconds, DAY_S, 'd', HOUR_S, 'h');
}

export function ago(then: number, now: number): string {
  return `${duration(now - then)} ago`;
}

/**
 * A moment in UTC, to the second: what logs and Okta say too.
 * @param timeZone of the person who reads it: its time stands beside, where it is another
 */
export function moment(ms: number, timeZone?: string): string {
  const utc = `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return timeZone !== undefined && differsFromUtc(ms, timeZone) ? `${utc} (${localTime(ms, timeZone)})` : utc;
}

/** The same for a program. @param ms since the epoch */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

function pair(seconds: number, size: number, unit: string, smallSize: number, smallUnit: string): string {
  const small = Math.floor((seconds % size) / smallSize);
  return `${Math.floor(seconds / size)} ${unit}${small > 0 ? ` ${small} ${smallUnit}` : ''}`;
}
