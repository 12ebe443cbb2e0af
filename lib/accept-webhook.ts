import { createHash } from 'node:crypto';
import type { CachedSecret } from './cached-secret.ts';
import type { Config } from './config.ts';
import { type HttpAnswer, problem, Refusal } from './domain/refusal.ts';
import { formatRfc3339 } from './domain/rfc3339.ts';
import { readEvent } from './domain/webhook-event.ts';
import { isSignedWithAny, parseWebhookKeys } from './domain/webhook-signature.ts';
import type { ErrorCode } from './error-codes.ts';
import { METRICS } from './names.ts';
import type { Clock, EventQueue, Telemetry } from './ports.ts';
import { formatQueuedEvent } from './queue-message.ts';

export interface WebhookRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body exactly as it was sent. */
  readonly body: Uint8Array;
}

export interface WebhookDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly secret: CachedSecret;
  readonly queue: EventQueue;
  readonly telemetry: Telemetry;
}

const LARGEST_BODY_BYTES = 16 * 1024;
/** Both ways, edge included. */
const TIMESTAMP_TOLERANCE_S = 300;
/** Printable ASCII without the full stop, which separates the parts of what is signed. */
const WEBHOOK_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;
const CLOCK_SKEW_MS = 30_000;

/** Judges one webhook and puts it onto the queue. Never rejects for anything that a sender can cause. */
export async function acceptWebhook(request: WebhookRequest, deps: WebhookDeps): Promise<HttpAnswer> {
  try {
    return await accept(request, deps);
  } catch (error) {
    if (error instanceof Refusal) return refuse(error, deps.telemetry);
    return unavailable('the event could not be put onto the queue', error, deps.telemetry);
  }
}

async function accept(request: WebhookRequest, deps: WebhookDeps): Promise<HttpAnswer> {
  const { clock, config, queue, telemetry } = deps;
  if (request.body.length > LARGEST_BODY_BYTES) {
    throw new Refusal('HOOK003', 413, `the body is larger than ${LARGEST_BODY_BYTES} bytes`);
  }
  const now = clock.now();
  const webhookId = await authenticate(request, now, deps.secret);
  if (!WEBHOOK_ID.test(webhookId)) {
    throw new Refusal('HOOK003', 400, 'webhook-id must be 1 to 256 printable ASCII characters without a full stop');
  }
  if (!isJson(request.headers['content-type'])) {
    throw new Refusal('HOOK003', 415, 'content-type must be application/json');
  }
  const { event, skewMs } = readEvent(request.body, config, now);
  if (Math.abs(skewMs) > CLOCK_SKEW_MS) telemetry.metric(METRICS.clockSkew, 'Seconds', Math.abs(skewMs) / 1000);

  const deduplicationId = createHash('sha256').update(webhookId).digest('hex');
  const sequence = await queue.send({ body: formatQueuedEvent({ ...event, webhookId }), deduplicationId });
  const { type, acl, ip, grantId, user, expiresAt } = event;
  telemetry.info('event accepted', { webhookId, type, acl, ip, grantId, user, expiresAt, sequence });
  return {
    status: 202,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      status: 'accepted',
      id: webhookId,
      ...(expiresAt !== undefined && { expiresAt: formatRfc3339(expiresAt) }),
    }),
  };
}

/**
 * Checks signature and age, before anything of the body is looked at.
 * @returns the webhook id
 * @throws {Refusal} HOOK001, HOOK002
 * @throws {NoWebhookKey} when there is no secret to check with
 */
async function authenticate(request: WebhookRequest, now: number, secret: CachedSecret): Promise<string> {
  const id = request.headers['webhook-id'];
  const timestamp = request.headers['webhook-timestamp'];
  const signatures = request.headers['webhook-signature'];
  if (!id || !timestamp || !signatures) {
    throw new Refusal('HOOK001', 401, 'webhook-id, webhook-timestamp and webhook-signature are required');
  }
  const signed = { id, timestamp, signatures, body: request.body };
  const text = await readSecret(() => secret.get());
  const keys = parseWebhookKeys(text ?? '');
  if (!isSignedWithAny(keys, signed)) {
    // The secret may have been rotated since it was read.
    const other = await readSecret(() => secret.getOtherThan(text ?? ''));
    if (keys.length === 0 && other === undefined) throw new NoWebhookKey('the webhook secret holds no usable key');
    if (!isSignedWithAny(parseWebhookKeys(other ?? ''), signed)) {
      throw new Refusal('HOOK001', 401, 'no signature matches: check the secret, and that the body is sent as signed');
    }
  }
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  // Whole seconds on both sides, so that the edge is the same for a sender that rounds.
  if (!(Math.abs(seconds - Math.floor(now / 1000)) <= TIMESTAMP_TOLERANCE_S)) {
    throw new Refusal('HOOK002', 401, `webhook-timestamp is not within ${TIMESTAMP_TOLERANCE_S} s of this clock`);
  }
  return id;
}

class NoWebhookKey extends Error {
  override name = 'NoWebhookKey';
}

async function readSecret(read: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await read();
  } catch (cause) {
    throw new NoWebhookKey('the webhook secret could not be read', { cause });
  }
}

function isJson(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return type === 'application/json' && parameters.every((p) => p === '' || /^charset="?utf-8"?$/.test(p));
}

function refuse(refusal: Refusal, telemetry: Telemetry): HttpAnswer {
  telemetry.error(refusal.code, refusal.message, { status: refusal.status });
  return problem(refusal.code, refusal.status, refusal.message);
}

/** The one failure that is ours: the sender must try again. */
function unavailable(detail: string, error: unknown, telemetry: Telemetry): HttpAnswer {
  const code: ErrorCode = 'HOOK007';
  const said = error instanceof NoWebhookKey ? error.message : detail;
  telemetry.error(code, said, { reason: describeError(error instanceof NoWebhookKey ? error.cause : error) });
  return problem(code, 503, `${said}; try again`);
}

function describeError(error: unknown): string | undefined {
  return error instanceof Error ? `${error.name}: ${error.message}` : undefined;
}
