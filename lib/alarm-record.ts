import { parseAlarm } from './alarm-message.ts';
import { reasonOfFailure } from './dead-letter-reasons.ts';
import { type ExpiryDeps, handleAlarm } from './expire-grants.ts';
import { ALARMS_MOST_RECEIVES } from './names.ts';
import type { DeadLetters } from './ports.ts';

export interface AlarmDeps extends ExpiryDeps {
  /** Without it the queue itself moves what failed for the last time, and nothing says why. */
  readonly deadLetters?: DeadLetters;
}

export interface AlarmRecord {
  readonly messageId: string;
  readonly body: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/** A message that is no alarm. It comes again like one that failed: the queue has no order, so it is in nobody's way. */
class NotAnAlarm extends Error {
  override name = 'NotAnAlarm';
}

/**
 * Does what a message of the alarm queue asks for. It resolves once the message may be deleted.
 * @throws for what failed, and for what is no alarm: the message must then come again
 */
export async function handleAlarmRecord(record: AlarmRecord, deps: AlarmDeps): Promise<void> {
  const { messageId, body, receives } = record;
  try {
    const alarm = parseAlarm(body);
    if (!alarm) throw new NotAnAlarm('a message on the alarm queue is not an alarm');
    await handleAlarm(alarm, deps);
  } catch (error) {
    if (error instanceof NotAnAlarm) deps.telemetry.warn(error.message, { messageId });
    if (receives < ALARMS_MOST_RECEIVES || !deps.deadLetters) throw error;
    await deps.deadLetters.send({ messageId, body, reason: reasonFor(error), retryable: false });
    deps.telemetry.warn('an alarm failed for the last time; it was moved to the dead-letter queue', { messageId });
  }
}

function reasonFor(error: unknown): string {
  if (error instanceof NotAnAlarm) return 'not an alarm of this system';
  return reasonOfFailure(error instanceof AggregateError ? error.errors[0] : error);
}
