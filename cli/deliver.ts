import { ERRORS } from '../lib/error-codes.ts';
import type { Clock } from '../lib/ports.ts';
import { codeOf, fieldsOf } from './problem.ts';
import {
  askOutcome,
  NoAnswer,
  outcomeUrl,
  sendEvent,
  type WebhookAnswer,
  type WebhookEndpoint,
} from './webhook-client.ts';

/** With what an event is delivered. */
export interface Delivery {
  readonly endpoint: WebhookEndpoint;
  readonly clock: Clock;
  /** The event's id, the same however often it is sent. */
  readonly id: string;
  /** Ends a pause: after it nothing is tried again. */
  readonly stop: AbortSignal;
}

/** How long a person waits for an event to be stored. */
const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Posts an event until it is stored or refused, for half a minute at most. What arrives twice is applied once.
 * @returns the last answer
 * @throws {NoAnswer} where the last try had none
 */
export async function deliver(event: unknown, { endpoint, clock, id, stop }: Delivery): Promise<WebhookAnswer> {
  const until = clock.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await sendEvent(endpoint, event, { id, now: clock.now() }).catch(noAnswer);
    const pause = pauseOf(attempt, answer);
    const isLast = !isWorthRetrying(answer) || clock.now() + pause > until;
    if (!isLast) await clock.sleep(pause);
    if (isLast || stop.aborted) {
      if (answer instanceof NoAnswer) throw answer;
      return answer;
    }
  }
}

/** As something that can be judged; what is wrong with the request itself goes on. */
function noAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  throw error;
}

/**
 * Asks what became of an event until something is known or the time is up. Whatever else is answered says nothing of
 * the event.
 * @param accepted the answer that accepted it
 * @param seconds how long
 * @returns the last answer; undefined where there was none, or nowhere to ask
 */
export async function outcomeOf(
  accepted: WebhookAnswer,
  seconds: number,
  { endpoint, clock, id, stop }: Delivery,
): Promise<WebhookAnswer | undefined> {
  const url = outcomeUrl(endpoint, accepted);
  if (url === undefined) return undefined;
  const until = clock.now() + seconds * 1000;
  let last: WebhookAnswer | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const wait = Math.max(0, Math.ceil((until - clock.now()) / 1000));
    const answer = await askOutcome(endpoint, url, { id, now: clock.now(), wait }).catch(noAnswer);
    if (!(answer instanceof NoAnswer)) last = answer;
    const isLast = clock.now() >= until;
    if (!(answer instanceof NoAnswer) && saysOutcome(answer) && (isLast || !heals(answer))) return answer;
    if (isLast) return last;
    await clock.sleep(Math.min(pauseOf(attempt, answer), Math.max(0, until - clock.now())));
    if (stop.aborted) return last;
  }
}

/** Whether an answer to the question what became of an event says it. Whatever else is answered says nothing of the event. */
export function saysOutcome({ status, body }: WebhookAnswer): boolean {
  const code = codeOf(body);
  if (status === 502) return code !== undefined;
  if (status === 404) return fieldsOf(body).code === 'HOOK009';
  if (status === 409) return code === 'HOOK003';
  return status === 200 && ['applied', 'expired'].includes(String(fieldsOf(body).status));
}

/** Whether it is a failure that the system mends without anybody: to wait on may bring another answer. */
export function heals({ status, body }: WebhookAnswer): boolean {
  const code = codeOf(body);
  return status === 502 && code !== undefined && ERRORS[code].healsItself === true;
}

/** Whether a post may be accepted later. */
function isWorthRetrying(answer: WebhookAnswer | NoAnswer): boolean {
  if (answer instanceof NoAnswer) return true;
  const { status } = answer;
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Longer each time, and as long as the answer asks for, if that is plausible. */
function pauseOf(attempt: number, answer: WebhookAnswer | NoAnswer): number {
  const own = 1000 * 2 ** Math.min(3, attempt - 1);
  const asked = /^\d{1,6}$/.exec(answer instanceof NoAnswer ? '' : (answer.headers['retry-after'] ?? ''));
  return Math.min(LONGEST_PAUSE_MS, Math.max(own, 1000 * Number(asked?.[0] ?? 0)));
}
