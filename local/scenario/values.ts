import { isIP } from 'node:net';
import * as v from 'valibot';
import { toAddress } from '../okta-simulator/address.ts';
import { durationMs } from './duration.ts';

/** The kinds of value that stand in a scenario file. */
export const text = v.string('must be text');
export const record = v.record(v.string(), v.unknown(), 'must be an object');

/** A moment from the start, or a length of time: `90s`. In milliseconds. */
export const duration = v.pipe(
  v.string('must be a time, such as "90s"'),
  v.check((value) => durationMs(value) !== undefined, 'must be a number with ms, s, m, h or d, such as "90s"'),
  v.transform((value) => durationMs(value) ?? 0),
);

export const count = v.pipe(
  v.number('must be a whole number'),
  v.check((value) => Number.isSafeInteger(value) && value >= 0, 'must be a whole number, 0 or more'),
);

/** An IP, a range or a CIDR, as a gateway. */
export const address = v.pipe(text, v.check(isAddress, 'must be an address, such as "203.0.113.7/32"'));

const ip = v.pipe(
  text,
  v.check((value) => isIP(value) !== 0, 'must be an IP, such as "203.0.113.7"'),
);
const ips = v.array(ip);

/** One IP, or several. */
export const someIps = v.pipe(
  v.lazy((input) => (Array.isArray(input) ? ips : ip)),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

export interface Amount {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Milliseconds from the start. */
  readonly since?: number;
}

const exactAmount = v.pipe(
  count,
  v.transform((value): Amount => ({ atLeast: value, atMost: value })),
);
const boundedAmount = v.strictObject({
  atLeast: v.exactOptional(count),
  atMost: v.exactOptional(count),
  since: v.exactOptional(duration),
});

/** A number exactly, or bounds; what is bounded can be counted from a moment on. */
export const amount = v.lazy((input): typeof exactAmount | typeof boundedAmount =>
  typeof input === 'object' ? boundedAmount : exactAmount,
);

function isAddress(value: string): boolean {
  try {
    toAddress(value);
    return true;
  } catch {
    return false; // The only thing it throws is that it is no address.
  }
}
