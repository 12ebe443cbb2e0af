import { hash } from 'node:crypto';
import type { CachedSecret } from '../cached-secret.ts';
import { Refusal } from '../refusal.ts';
import { isBearerOfAny, isSignedWithAny, parseWebhookKeys } from './webhook-signature.ts';

export interface WebhookRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body exactly as it was sent. */
  readonly body: Uint8Array;
  /** Where it came from, by the API's word: for log lines alone. */
  readonly source?: RequestSource;
}

export interface RequestSource {
  readonly sourceIp: string | undefined;
  /** What the API's access log calls the request. */
  readonly requestId: string | undefined;
}

export interface Sender {
  readonly webhookId: string;
  /** It showed the secret instead of signing with it; the ACL must allow that. */
  readonly unsigned: boolean;
}

/** Both ways, edge included. */
const TIMESTAMP_TOLERANCE_S = 300;

/**
 * Checks signature and age, before anything of the body is looked at.
 * @throws {Refusal} HOOK001, HOOK002
 * @throws {NoWebhookKey} when there is no secret to check with
 */
export async function authenticateWebhook(request: WebhookRequest, now: number, secret: CachedSecret): Promise<Sender> {
  const { body, headers } = request;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!signatures && headers.authorization) {
    await prove(
      secret,
      (keys) => isBearerOfAny(keys, headers.authorization ?? ''),
      'the bearer token is not the secret',
    );
    // The same body is the same event, for a sender that gives it no id.
    return { webhookId: id || `body_${hash('sha256', body)}`, unsigned: true };
  }
  if (!id || !timestamp || !signatures) {
    throw new Refusal('HOOK001', 401, 'webhook-id, webhook-timestamp and webhook-signature are required');
  }
  const signed = { id, timestamp, signatures, body };
  const mismatch = 'no signature matches: check the secret, and that the body is sent as signed';
  await prove(secret, (keys) => isSignedWithAny(keys, signed), mismatch);
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  // Whole seconds on both sides, so that the edge is the same for a sender that rounds.
  if (!(Math.abs(seconds - Math.floor(now / 1000)) <= TIMESTAMP_TOLERANCE_S)) {
    throw new Refusal('HOOK002', 401, `webhook-timestamp is not within ${TIMESTAMP_TOLERANCE_S} s of this clock`);
  }
  return { webhookId: id, unsigned: false };
}

/** Tries the keys at hand and, since the secret may have been rotated since they were read, fresh ones. */
async function prove(
  secret: CachedSecret,
  isProof: (keys: readonly Buffer[]) => boolean,
  mismatch: string,
): Promise<void> {
  const text = await readSecret(() => secret.get());
  const keys = parseWebhookKeys(text ?? '');
  if (isProof(keys)) return;
  const other = await readSecret(() => secret.getOtherThan(text ?? ''));
  if (keys.length === 0 && other === undefined) throw new NoWebhookKey('the webhook secret holds no usable key');
  if (!isProof(parseWebhookKeys(other ?? ''))) throw new Refusal('HOOK001', 401, mismatch);
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
