import { queuePosition } from '../queue-position.ts';

/** Padded, so that DynamoDB and JavaScript compare orders alike. */
const TIME_DIGITS = 20;

/**
 * How long orders and webhook ids are remembered. An event is up to 24 hours old when it is
 * accepted, and may then wait out the 14 days that a dead-letter queue keeps it.
 */
export const MEMORY_SECONDS = 16 * 24 * 3600;

/**
 * Whether what came later than an event may be forgotten already, so that nothing could tell that it was overtaken.
 * @param timestamp the event's own time, in nanoseconds since the epoch
 * @param now milliseconds since the epoch
 */
export function isBeyondMemory(timestamp: bigint, now: number): boolean {
  return timestamp < (BigInt(Math.floor(now)) - BigInt(MEMORY_SECONDS) * 1_000n) * 1_000_000n;
}

/**
 * Where an event stands among all events on its ACL, as text that sorts: its own time first, then its position.
 * @param timestamp nanoseconds since the epoch, not negative
 */
export function eventOrder(timestamp: bigint, position: string): string {
  return `${timestamp.toString().padStart(TIME_DIGITS, '0')}.${position}`;
}

/** @returns the position itself or, where it is not above another that was given before, the next one after that */
export function later(position: string, last = ''): string {
  return position > last ? position : queuePosition(String(BigInt(last) + 1n));
}

/** @returns the time that an order was made with, in whole milliseconds since the epoch */
export function timeOf(order: string): number {
  return Number(BigInt(order.slice(0, TIME_DIGITS)) / 1_000_000n);
}

/** @returns the position that an order was made with */
export function positionOf(order: string): string {
  return order.slice(TIME_DIGITS + 1);
}
