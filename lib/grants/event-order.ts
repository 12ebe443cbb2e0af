/**
 * Where an event stands among all events on its ACL, as text that sorts: its own time first, then
 * its place in the queue. Both are padded, so that DynamoDB and JavaScript compare them alike.
 */
const TIME_DIGITS = 20;
/** SQS documents sequence numbers as large as 128 bits. */
const SEQUENCE_DIGITS = 39;

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
 * @param timestamp nanoseconds since the epoch, not negative
 * @param sequence the queue's sequence number, decimal digits
 */
export function eventOrder(timestamp: bigint, sequence: string): string {
  return `${timestamp.toString().padStart(TIME_DIGITS, '0')}.${queuePosition(sequence)}`;
}

/** @throws {RangeError} where the text is not a sequence number */
export function queuePosition(sequence: string): string {
  if (!/^\d{1,39}$/.test(sequence)) throw new RangeError('not a sequence number');
  return sequence.padStart(SEQUENCE_DIGITS, '0');
}

/** @returns the time that an order was made with, in whole milliseconds since the epoch */
export function timeOf(order: string): number {
  return Number(BigInt(order.slice(0, TIME_DIGITS)) / 1_000_000n);
}

/** @returns the place in the queue that an order was made with */
export function positionOf(order: string): string {
  return order.slice(TIME_DIGITS + 1);
}
