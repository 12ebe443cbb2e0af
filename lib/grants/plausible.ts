import { MOST_AHEAD_MS } from '../clock-skew.ts';
import { LONGEST_GRANT_MINUTES } from '../config.ts';
import { QUEUE_POSITION } from '../queue-position.ts';
import { eventOrder } from './event-order.ts';

/**
 * What the webhook makes of an event, and so what can stand in a message or a row. Nothing is believed beyond it,
 * whoever wrote it: see `judgeMessage` and `GrantJudge`.
 */

const LONGEST_GRANT_MS = LONGEST_GRANT_MINUTES * 60_000;

/** Longest `grantId` and `user`, in UTF-8 bytes: a sort key holds 1,024, with the IP in it. */
export const LONGEST_TEXT = 512;
/** SQS refuses messages with U+FFFE or U+FFFF, like XML; the event would be lost after it was found good. */
export const TEXT_CHARACTERS = /^[^\p{Cc}\uFFFE\uFFFF]*$/u;
/** Time and position; nothing but the time is read of it, and the whole is compared as text. */
const ORDER = /^\d{20}(\.\d+)?$/;

/** What a sender can call an event. */
export const WEBHOOK_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** The `grantId` of the grants that Knocknoc's own list makes. No sender can use it. */
export const RESERVED_GRANT_ID = 'allowlist';

/** Whether it can be a `grantId` or a `user`, in the form in which texts are compared. */
export function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    // No unit of JavaScript's texts takes more than three bytes.
    (value.length * 3 <= LONGEST_TEXT || Buffer.byteLength(value) <= LONGEST_TEXT) &&
    TEXT_CHARACTERS.test(value) &&
    value === canonicalText(value)
  );
}

/** The form in which texts are compared: the same characters are the same text, however they are composed. */
export function canonicalText(text: string): string {
  return text.normalize('NFC');
}

export function isPosition(value: unknown): value is string {
  return typeof value === 'string' && QUEUE_POSITION.test(value);
}

/** Whether it is an order that an event can have by now. @param latest see `latestOrder` */
export function isOrder(value: unknown, latest: string): value is string {
  return typeof value === 'string' && value < latest && ORDER.test(value);
}

/** Above every order that an event can have now. @param now milliseconds since the epoch */
export function latestOrder(now: number): string {
  return eventOrder(latestTimestamp(now), '4');
}

/** No event can be later, in nanoseconds since the epoch. @param now milliseconds since the epoch */
export function latestTimestamp(now: number): bigint {
  return BigInt(Math.floor(now) + MOST_AHEAD_MS) * 1_000_000n;
}

/** Nothing that is stored can have happened later. Milliseconds since the epoch, both. */
export function latestMoment(now: number): number {
  return now + MOST_AHEAD_MS;
}

/** No grant that exists can end later. @param now milliseconds since the epoch, like the result */
export function latestExpiry(now: number): number {
  return now + MOST_AHEAD_MS + LONGEST_GRANT_MS;
}

/** The longest configurable grant, whatever the configuration says now: it may have said another when the event came. */
export function isLifetime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms > 0 && ms <= LONGEST_GRANT_MS;
}
