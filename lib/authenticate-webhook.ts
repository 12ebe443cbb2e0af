import type { CachedSecret } from './cached-secret.ts';
import { Refusal } from './domain/refusal.ts';
import { isSignedWithAny, parseWebhookKeys } from './domain/webhook-signature.ts';

export interface WebhookRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body exactly as it was sent. */
  readonly body: Uint8Array;
}

/** Both ways, edge included. */
const TIMESTAMP_TOLERANCE_S = 300;

/**
 * Checks signature and age, before anything of the body is looked at.
 * @returns the webhook id
 * @throws {Refusal} HOOK001, HOOK002
 * @throws {NoWebhookKey} when there is no secret to check with
 */
export async function authenticateWebhook(request: WebhookRequest, now: number, secret: CachedSecret): Promise<string> {
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

/** There is no secret to check with: that is this side's trouble, and the sender's request may be good. */
export class NoWebhookKey extends Error {
  override name = 'NoWebhookKey';
}

async function readSecret(read: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await read();
  } catch (cause) {
    throw new NoWebhookKey('the webhook secret could not be read', { cause });
  }
}
