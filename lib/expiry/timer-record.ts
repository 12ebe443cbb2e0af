import { reasonOfFailure } from '../grants/dead-letter-reasons.ts';
import { TIMERS_MOST_RECEIVES } from '../names.ts';
import type { DeadLetters } from '../ports.ts';
import { parseTimer } from '../timer-message.ts';
import { type ExpiryDeps, handleTimer } from './expire-grants.ts';

export interface TimerDeps extends ExpiryDeps {
  /** Without it the queue itself moves what failed for the last time, and nothing says why. */
  readonly deadLetters?: DeadLetters;
}

export interface TimerRecord {
  readonly messageId: string;
  readonly body: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/** A message that is no timer. It comes again like one that failed: the queue has no order, so it is in nobody's way. */
class NotATimer extends Error {
  override name = 'NotATimer';
}

/**
 * Does what a message of the timer queue asks for. It resolves once the message may be deleted.
 * @throws for what failed, and for what is no timer: the message must then come again
 */
export async function handleTimerRecord(record: TimerRecord, deps: TimerDeps): Promise<void> {
  const { messageId, body, receives } = record;
  try {
    const timer = parseTimer(body);
    if (!timer || timer.kind === 'read') throw new NotATimer('a message on the timer queue is not a timer');
    await handleTimer(timer, deps);
  } catch (error) {
    if (error instanceof NotATimer) deps.telemetry.warn(error.message, { messageId });
    if (receives < TIMERS_MOST_RECEIVES || !deps.deadLetters) throw error;
    await deps.deadLetters.send({ messageId, body, reason: reasonFor(error), retryable: false });
    deps.telemetry.warn('a timer failed for the last time; it was moved to the dead-letter queue', { messageId });
  }
}

function reasonFor(error: unknown): string {
  if (error instanceof NotATimer) return 'not a timer of this system';
  return reasonOfFailure(error instanceof AggregateError ? error.errors[0] : error);
}
