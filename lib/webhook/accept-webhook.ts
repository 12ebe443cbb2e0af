import { hash } from 'node:crypto';
import type { CachedSecret } from '../cached-secret.ts';
import type { Config } from '../config.ts';
import { describeError } from '../describe-error.ts';
import type { ErrorCode } from '../error-codes.ts';
import { WEBHOOK_ID } from '../grants/plausible.ts';
import { formatQueuedEvent, type QueuedEvent } from '../grants/queue-message.ts';
import { AUDIT, CLOCK_SKEW_SECONDS, METRICS, REFUSED_AND_NONE_ACCEPTED, SENT_BY_HEADER } from '../names.ts';
import { outcomeAddress } from '../outcome-address.ts';
import type { Clock, EventQueue, Fields, Telemetry } from '../ports.ts';
import { type HttpAnswer, problem, Refusal } from '../refusal.ts';
import { answerPing, type PingDeps } from './answer-ping.ts';
import {
  authenticateWebhook,
  NoWebhookKey,
  type RequestSource,
  type Sender,
  type WebhookRequest,
} from './authenticate-webhook.ts';
import { refusedFor } from './refused-for.ts';
import { formatRfc3339 } from './rfc3339.ts';
import { judgeEvent, parseEvent, type ToldEvent } from './webhook-event.ts';

export interface WebhookDeps extends PingDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly secret: CachedSecret;
  readonly queue: EventQueue;
  /** What one process remembers from one request to the next. */
  readonly memory: {
    /** When it last accepted an event that no operator sent, in milliseconds since the epoch. */
    acceptedAt?: number;
  };
}

const LARGEST_BODY_BYTES = 16 * 1024;
const PRINTABLE = /^[\x20-\x7e]+$/;
const LONGEST_SENT_BY = 256;

export interface PostedWebhook extends WebhookRequest {
  /** What was posted to, without a query: the outcome is asked for below it. */
  readonly url: string;
}

/** Judges one webhook and puts it onto the queue. Never rejects for anything that a sender can cause. */
export async function acceptWebhook(request: PostedWebhook, deps: WebhookDeps): Promise<HttpAnswer> {
  try {
    return await accept(request, deps);
  } catch (error) {
    const { source } = request;
    if (error instanceof Refusal) return refuse(error, { ...source }, deps);
    if (error instanceof RefusedSender) return refuse(error.refusal, { ...error.about, ...source }, deps);
    return unavailable('the event could not be put onto the queue', error, source, deps.telemetry);
  }
}

/** A request that is refused although its signature or token was good: so the log may say for whom it was. */
class RefusedSender extends Error {
  override name = 'RefusedSender';
  readonly refusal: Refusal;
  readonly about: Fields;

  constructor(refusal: Refusal, about: Fields) {
    super(refusal.message);
    this.refusal = refusal;
    this.about = about;
  }
}

async function accept(request: PostedWebhook, deps: WebhookDeps): Promise<HttpAnswer> {
  const { clock, secret } = deps;
  if (request.body.length > LARGEST_BODY_BYTES) {
    throw new Refusal('HOOK003', 413, `the body is larger than ${LARGEST_BODY_BYTES} bytes`);
  }
  const now = clock.now();
  const sender = await authenticateWebhook(request, now, secret).catch((error: unknown) => {
    // Only who has signed is told of the time.
    const isSigned = error instanceof Refusal && error.code === 'HOOK002';
    throw isSigned ? new RefusedSender(error, refusedFor(request.body, error.code, deps.config)) : error;
  });
  try {
    return await acceptFrom(sender, request, now, deps);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { webhookId } = sender;
    const named = WEBHOOK_ID.test(webhookId) ? { webhookId } : {};
    throw new RefusedSender(error, { ...named, ...refusedFor(request.body, error.code, deps.config) });
  }
}

async function acceptFrom(sender: Sender, request: PostedWebhook, now: number, deps: WebhookDeps): Promise<HttpAnswer> {
  const { config, queue, telemetry } = deps;
  const { webhookId, clockOffBy = 0 } = sender;
  if (clockOffBy > CLOCK_SKEW_SECONDS) telemetry.metric(METRICS.clockSkew, 'Seconds', clockOffBy);
  if (!WEBHOOK_ID.test(webhookId)) {
    throw new Refusal('HOOK003', 400, 'webhook-id must be 1 to 128 letters, digits, _ and -');
  }
  if (!isJson(request.headers['content-type'])) {
    throw new Refusal('HOOK003', 415, 'content-type must be application/json');
  }
  const told = parseEvent(request.body);
  await sender.mustSpeakFor(told.data.acl, config);
  const event = judged(told, now, { webhookId, ...request.source }, deps);
  if ('status' in event) return event;
  if (event.type === 'access.ping') return answerPing(event.acl, { webhookId, ...request.source }, deps);

  const queued = { ...event, webhookId, bodyHash: hash('sha256', request.body, 'base64url') };
  // Ids are an ACL's own, and another body under the same id must get as far as the table, which then says so.
  const deduplicationId = hash('sha256', [event.acl, webhookId, queued.bodyHash].join('\n'));
  const position = await queue.send({ body: formatQueuedEvent(queued), deduplicationId });
  const by = sentBy(request);
  // An operator's own event says nothing of the other senders.
  if (!('sentBy' in by)) deps.memory.acceptedAt = now;
  const { type, acl, ip, grantId, user, expiresAt } = event;
  telemetry.info('event accepted', {
    action: AUDIT.accepted,
    webhookId,
    type,
    acl,
    ip,
    grantId,
    user,
    expiresAt,
    position,
    ...request.source,
    ...by,
  });
  const location = outcomeAddress(request.url, queued, {
    bodyHash: queued.bodyHash,
    acceptedAt: Math.floor(now / 1000),
  });
  return accepted(queued, location);
}

/**
 * @returns the answer, where a ping is not in order: it asks just that, so it is no error of anybody's
 * @throws {Refusal}
 */
function judged(
  told: ToldEvent,
  now: number,
  fields: Fields,
  { config, telemetry }: WebhookDeps,
): ReturnType<typeof judgeEvent> | HttpAnswer {
  try {
    return judgeEvent(told, config, now);
  } catch (error) {
    if (!(error instanceof Refusal) || told.type !== 'access.ping') throw error;
    const { code: refusedWith, status, message: detail } = error;
    telemetry.info('ping refused', { refusedWith, status, detail, ...fields });
    return problem(refusedWith, status, detail);
  }
}

function accepted({ webhookId, expiresAt }: QueuedEvent, location: string): HttpAnswer {
  const body = {
    status: 'accepted',
    id: webhookId,
    ...(expiresAt !== undefined && { expiresAt: formatRfc3339(expiresAt) }),
  };
  return { status: 202, headers: { 'content-type': 'application/json', location }, body: JSON.stringify(body) };
}

function isJson(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return type === 'application/json' && parameters.every((p) => p === '' || /^charset="?utf-8"?$/.test(p));
}

/** Who ran the command that sent it, as far as a sender with a key says so: bounded, and in characters that do no harm. */
function sentBy({ headers }: WebhookRequest): Fields {
  const said = headers['webhook-signature'] && headers[SENT_BY_HEADER];
  return said && PRINTABLE.test(said) ? { sentBy: said.slice(0, LONGEST_SENT_BY) } : {};
}

/** @param about whatever the log may say of the request */
function refuse(refusal: Refusal, about: Fields, deps: WebhookDeps): HttpAnswer {
  const { clock, memory, telemetry } = deps;
  telemetry.error(refusal.code, refusal.message, { status: refusal.status, ...about });
  // Other processes may have accepted some. Where nobody has, each of them says so: the alarm may ring too often, in a flood
  // of strangers, and counts each refusal; and nothing is sent, or paid, while events come in.
  const hasAccepted = clock.now() - (memory.acceptedAt ?? -Infinity) < REFUSED_AND_NONE_ACCEPTED.minutes * 60_000;
  if (!hasAccepted) telemetry.metric(METRICS.refused, 'Count', 1);
  return problem(refusal.code, refusal.status, refusal.message);
}

/** The one failure that is ours: the sender must try again. */
function unavailable(
  detail: string,
  error: unknown,
  source: RequestSource | undefined,
  telemetry: Telemetry,
): HttpAnswer {
  const code: ErrorCode = 'HOOK007';
  const said = error instanceof NoWebhookKey ? error.message : detail;
  const reason = describeError(error instanceof NoWebhookKey ? error.cause : error);
  telemetry.error(code, said, { reason, ...source });
  return problem(code, 503, `${said}; try again`);
}
