import type { IpPolicy } from '../addresses/ip-address.ts';
import { describeError } from '../describe-error.ts';
import type { ErrorCode } from '../error-codes.ts';
import { AUDIT, EVENTS_MOST_RECEIVES } from '../names.ts';
import type { Clock, DeadLetters, Fields, SetAside, Telemetry, TimerQueue } from '../ports.ts';
import { armTimers } from '../timer-message.ts';
import { reasonOfFailure } from './dead-letter-reasons.ts';
import type { EventResult } from './event-result.ts';
import type { GrantBook } from './grant-book.ts';
import type { EndedGrant } from './grant-items.ts';
import { judgeMessage } from './judge-message.ts';
import { formatQueuedEvent, type QueuedEvent } from './queue-message.ts';

export interface ApplyDeps {
  /** Which IPs are let in. */
  readonly config: IpPolicy;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly timers: TimerQueue;
  readonly deadLetters: DeadLetters;
  readonly telemetry: Telemetry;
}

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly position: string;
  /** How often it was received, this time included. */
  readonly receives: number;
  /** What the function has left of its time, in milliseconds. */
  readonly remainingMs: number;
}

/** What the one call can take that a silent table or queue lets no try get beyond, with all repetitions. */
export const TIME_FOR_A_TRY_MS = 9_000;
/** Left at the end of a message's last try, to set it aside. */
const TIME_TO_SET_ASIDE_MS = 3_000;
/** And of that, to remember it. */
const TIME_TO_REMEMBER_MS = 1_500;
const ACTIONS = {
  'access.granted': AUDIT.granted,
  'access.revoked': AUDIT.revoked,
  'access.flushed': AUDIT.flushed,
} as const satisfies Record<QueuedEvent['type'], string>;

/** Ticks can be two minutes apart, and each arms what falls due in the next two: what is sooner arms its own timer. */
const SHORT_GRANT_MS = 125_000;

/** A line of the audit. It is said when its message is about to be deleted: a message that comes again has said nothing. */
export interface AuditLine {
  readonly message: string;
  readonly fields: Fields;
}

/** A message that may be deleted, as soon as what it has led to is said. */
export interface AppliedRecord {
  readonly record: QueueRecord;
  /** The event, as it was stored; undefined: the message is in the dead-letter queue. */
  readonly stored?: QueuedEvent;
  /** What is to be said of it: see `endBatch`. */
  readonly lines: readonly AuditLine[];
}

/**
 * Applies one message of the events queue.
 * @throws when the table or a queue fails (STORE001, reported here); the message must then come again
 */
export async function applyRecord(record: QueueRecord, deps: ApplyDeps): Promise<AppliedRecord> {
  const { body, messageId } = record;
  const { event, why } = judgeMessage(body, deps.config, deps.clock.now());
  // It would block every event behind it, and trying again can't mend it.
  if (why !== undefined) {
    const named = event && { webhookId: event.webhookId, type: event.type, acl: event.acl };
    const said = `a message is unusable (${why}); it was moved to the dead-letter queue`;
    await setAside({ body, messageId, reason: why, retryable: false }, 'STORE002', said, named ?? {}, deps);
    await remember(event, 'STORE002', deps);
    return { record, lines: [] };
  }
  const ended: EndedGrant[] = [];
  let result: EventResult;
  try {
    // A function that dies here could not say why, and the queue would move all that are at their last time.
    if (isLastTime(record) && record.remainingMs < TIME_FOR_A_TRY_MS) throw new NoTimeLeft('others took too long');
    const work = apply(event, record, deps, (grants) => ended.push(...grants));
    result = await (isLastTime(record) ? inTime(work, record.remainingMs - TIME_TO_SET_ASIDE_MS, deps.clock) : work);
  } catch (error) {
    await failed(record, event, error, deps);
    // What has ended stays ended, whether somebody puts the event back or not.
    return { record, lines: ended.map((grant) => lineOfEnded(grant, event)) };
  }
  const lines = [...ended.map((grant) => lineOfEnded(grant, event)), lineOf(event, record, result)];
  return { record, stored: event, lines };
}

/**
 * Wakes the zone function for what a batch has applied, and then says what it has led to. After that nothing of these
 * messages can fail any more: only a process that dies before they are deleted says it again, with the same ids.
 *
 * Where the table fails (STORE001, reported here) the batch must come again. What has come for the last time can't: its event
 * is set aside, although it is stored, and wakes the zone function once somebody has put it back.
 * @returns the messages that are deleted all the same, by id; undefined where the zone function was woken
 * @throws where all of the batch must come again
 */
export async function endBatch(
  batch: readonly AppliedRecord[],
  deps: ApplyDeps,
): Promise<ReadonlySet<string> | undefined> {
  const { clock, grants, telemetry } = deps;
  try {
    await grants.announce(clock.now(), (acl, error) => {
      const said = 'events are stored, but the zone function could not be woken; they come again';
      telemetry.error('STORE001', said, { acl, reason: describeError(error) });
    });
  } catch (error) {
    const gone = batch.filter(({ record, stored }) => !stored || isLastTime(record));
    if (gone.length === 0) throw error;
    const said =
      'the event is stored, but the zone function could not be woken, for the last time; it was moved to the dead-letter queue';
    for (const { record, stored } of gone) if (stored) await setAsideEvent(record, stored, error, said, deps);
    const aside = gone.filter(({ stored }) => !stored);
    say(aside, telemetry);
    return new Set(gone.map(({ record }) => record.messageId));
  }
  say(batch, telemetry);
  return undefined;
}

function say(batch: readonly AppliedRecord[], telemetry: Telemetry): void {
  for (const { message, fields } of batch.flatMap(({ lines }) => lines)) telemetry.info(message, fields);
}

async function apply(
  event: QueuedEvent,
  { position, messageId }: QueueRecord,
  deps: ApplyDeps,
  ended: (grants: readonly EndedGrant[]) => void,
): Promise<EventResult> {
  const now = deps.clock.now();
  await armOwnTimer(event, now, deps);
  return deps.grants.apply(event, position, now, ended, messageId);
}

function lineOf(event: QueuedEvent, { position }: QueueRecord, result: EventResult): AuditLine {
  const { type, acl, ip, grantId, user, expiresAt, webhookId, firstPosition } = event;
  const fields = {
    action: result.kind === 'applied' ? ACTIONS[type] : AUDIT[result.kind],
    ...{ webhookId, type, acl, ip, grantId, user, expiresAt, cause: type, position },
    ...(firstPosition !== undefined && { firstPosition }),
    ...(result.kind === 'duplicate' && result.otherBody && { otherBody: true }),
    ...(result.kind === 'overtaken' && { by: result.by }),
    ...(result.kind === 'applied' && { ended: result.ended }),
  };
  return { message: `event ${result.kind}`, fields };
}

/** Of one grant that a flush, or the revoke of a whole IP, has ended. */
function lineOfEnded(grant: EndedGrant, { webhookId, type: cause }: QueuedEvent): AuditLine {
  return { message: 'grant ended', fields: { action: AUDIT.ended, webhookId, ...grant, cause } };
}

/** Before the grant is stored, so that no crash can leave a stored grant without its timer. */
async function armOwnTimer(event: QueuedEvent, now: number, deps: ApplyDeps): Promise<void> {
  if (event.expiresAt === undefined || event.expiresAt - now > SHORT_GRANT_MS) return;
  await armTimers(deps.timers, [{ kind: 'expiry', acl: event.acl, at: event.expiresAt }], now);
}

/** The queue would move it without a word after the last time; so it goes there with its reason and its position. */
async function failed(record: QueueRecord, event: QueuedEvent, error: unknown, deps: ApplyDeps): Promise<void> {
  if (!isLastTime(record)) {
    deps.telemetry.error('STORE001', 'the event could not be stored; it is tried again', aboutFailure(event, error));
    throw error;
  }
  const said = 'the event could not be stored, for the last time; it was moved to the dead-letter queue';
  await setAsideEvent(record, event, error, said, deps);
  // It is the table, most likely, that has failed. What was not tried comes when all the time is needed.
  if (record.remainingMs < TIME_FOR_A_TRY_MS) return;
  await inTime(remember(event, 'STORE001', deps), TIME_TO_REMEMBER_MS, deps.clock).catch(() => {});
}

function aboutFailure({ webhookId, type, acl }: QueuedEvent, error: unknown): Fields {
  return { webhookId, type, acl, reason: describeError(error) };
}

async function setAsideEvent(
  record: QueueRecord,
  event: QueuedEvent,
  error: unknown,
  said: string,
  deps: ApplyDeps,
): Promise<void> {
  const letter = {
    body: formatQueuedEvent({ ...event, firstPosition: event.firstPosition ?? record.position }),
    messageId: record.messageId,
    reason: reasonOfFailure(error),
    retryable: true,
  };
  await setAside(letter, 'STORE001', said, aboutFailure(event, error), deps);
}

/** For whoever asks what became of the event. It is set aside whether that can be written or not. */
async function remember(event: QueuedEvent | undefined, code: 'STORE001' | 'STORE002', deps: ApplyDeps): Promise<void> {
  if (!event) return;
  try {
    await deps.grants.setAside(event, code, deps.clock.now());
  } catch (error) {
    deps.telemetry.warn('it is not stored that an event was set aside; whoever asks is told that it is pending', {
      ...{ webhookId: event.webhookId, acl: event.acl, reason: describeError(error) },
    });
  }
}

/** What `work` comes to, if it does in time. It may still be carried out after that: to apply an event again changes nothing. */
async function inTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const late = clock.sleep(ms).then(() => {
    throw new NoTimeLeft('the table or the queue took too long');
  });
  return Promise.race([work, late]);
}

/** An event was not tried, or not to the end: what came before it took too long, or its own calls did. */
class NoTimeLeft extends Error {
  override name = 'NoTimeLeft';
}

function isLastTime({ receives }: QueueRecord): boolean {
  return receives >= EVENTS_MOST_RECEIVES;
}

async function setAside(
  letter: SetAside,
  code: ErrorCode,
  said: string,
  fields: Fields,
  deps: ApplyDeps,
): Promise<void> {
  const { messageId } = letter;
  try {
    await deps.deadLetters.send(letter);
  } catch (error) {
    const why = describeError(error);
    deps.telemetry.error('STORE001', 'a message could not be set aside', { ...fields, messageId, setAside: why });
    throw error;
  }
  deps.telemetry.error(code, said, { ...fields, messageId });
}
