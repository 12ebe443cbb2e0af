import { armAlarms } from './alarm-message.ts';
import { describeError } from './describe-error.ts';
import type { GrantBook, Outcome } from './grant-book.ts';
import type { AlarmQueue, Clock, DeadLetters, Telemetry } from './ports.ts';
import { parseQueuedEvent, type QueuedEvent } from './queue-message.ts';

export interface ApplyDeps {
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly alarms: AlarmQueue;
  readonly deadLetters: DeadLetters;
  readonly telemetry: Telemetry;
}

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  /** The queue's sequence number, decimal digits. */
  readonly sequence: string;
}

/** Ticks can be two minutes apart, and each arms what falls due in the next two: what is sooner arms its own alarm. */
const SHORT_GRANT_MS = 125_000;

/**
 * Applies one message of the events queue. It resolves once the message may be deleted.
 * @throws when the table (STORE001, reported here) or a queue fails; the message must then come again
 */
export async function applyRecord(record: QueueRecord, deps: ApplyDeps): Promise<void> {
  const { telemetry } = deps;
  const event = parseQueuedEvent(record.body);
  if (!event) return setAside(record, deps);
  const outcome = await apply(event, record.sequence, deps);
  const { type, acl, ip, grantId, user, expiresAt, webhookId } = event;
  telemetry.info(`event ${outcome.kind}`, {
    ...{ webhookId, type, acl, ip, grantId, user, expiresAt, sequence: record.sequence },
    ...(outcome.kind === 'overtaken' && { by: outcome.by }),
    ...(outcome.kind === 'applied' && { ended: outcome.ended }),
  });
}

async function apply(event: QueuedEvent, sequence: string, deps: ApplyDeps): Promise<Outcome> {
  const now = deps.clock.now();
  try {
    await armOwnAlarm(event, now, deps);
    return await deps.grants.apply(event, sequence, now);
  } catch (error) {
    const { webhookId, type, acl } = event;
    deps.telemetry.error('STORE001', 'the event could not be stored; it is tried again', {
      ...{ webhookId, type, acl },
      reason: describeError(error),
    });
    throw error;
  }
}

/** Before the grant is stored, so that no crash can leave a stored grant without its alarm. */
async function armOwnAlarm(event: QueuedEvent, now: number, deps: ApplyDeps): Promise<void> {
  if (event.expiresAt === undefined || event.expiresAt - now > SHORT_GRANT_MS) return;
  await armAlarms(deps.alarms, [{ kind: 'expiry', acl: event.acl, at: event.expiresAt }], now);
}

/** It would block every event behind it, and trying again can't mend it. */
async function setAside({ body, messageId }: QueueRecord, deps: ApplyDeps): Promise<void> {
  try {
    await deps.deadLetters.send({ body, messageId, reason: 'not an event of this system' });
  } catch (error) {
    const reason = describeError(error);
    deps.telemetry.error('STORE001', 'a message that is no event could not be set aside', { messageId, reason });
    throw error;
  }
  deps.telemetry.error('STORE001', 'a message is no event; it was moved to the dead-letter queue', { messageId });
}
