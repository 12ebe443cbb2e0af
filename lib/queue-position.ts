/** SQS documents sequence numbers as large as 128 bits. */
const DIGITS = 39;
/** What a position looks like. 128 bits end below 3.5e38: nothing from 4e38 on is one, so that there always is a next. */
export const QUEUE_POSITION = /^[0-3]\d{38}$/;

/**
 * An event's position: its place in the queue, as text that sorts as the events lie there. DynamoDB and JavaScript
 * compare it alike. It is made once, where a message is sent or received; what is behind knows positions alone.
 * @param sequenceNumber as SQS gives it, decimal digits
 * @throws {RangeError} where the text is not a sequence number
 */
export function queuePosition(sequenceNumber: string): string {
  const position = sequenceNumber.padStart(DIGITS, '0');
  if (sequenceNumber === '' || !QUEUE_POSITION.test(position)) throw new RangeError('not a sequence number');
  return position;
}

/** @returns the position itself or, where it is not above another that was given before, the next one after that */
export function later(position: string, last = ''): string {
  return position > last ? position : queuePosition(String(BigInt(last) + 1n));
}
