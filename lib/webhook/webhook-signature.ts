import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto';

/** Standard Webhooks: symmetric keys are 24 to 64 bytes. A shorter one could be guessed, so it counts as none. */
const SHORTEST_KEY = 24;
/** A sender that rotates signs with two secrets; a longer list only costs time. */
const MOST_SIGNATURES = 16;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface SignedRequest {
  readonly id: string;
  readonly timestamp: string;
  /** The `webhook-signature` header: signatures separated by single spaces. */
  readonly signatures: string;
  /** The body exactly as it came. */
  readonly body: Uint8Array;
}

/**
 * Reads the webhook secret: JSON with `current` and perhaps `previous`, each the base64 of a key,
 * with or without the `whsec_` prefix.
 * @returns the usable keys; none where the text holds none
 */
export function parseWebhookKeys(text: string): Buffer[] {
  let secret: unknown;
  try {
    secret = JSON.parse(text);
  } catch {
    return []; // Not JSON is the same to the caller as JSON without a key: it reports that there is none.
  }
  if (typeof secret !== 'object' || secret === null) return [];
  const { current, previous } = secret as { current?: unknown; previous?: unknown };
  return [current, previous].flatMap((value) => {
    const key = typeof value === 'string' ? decodeKey(value.trim()) : undefined;
    return key ? [key] : [];
  });
}

function decodeKey(text: string): Buffer | undefined {
  const base64 = text.startsWith('whsec_') ? text.slice('whsec_'.length) : text;
  if (!BASE64.test(base64)) return undefined;
  const key = Buffer.from(base64, 'base64');
  return key.length >= SHORTEST_KEY ? key : undefined;
}

/** The `v1` signature of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, in base64. */
export function signWebhook(key: Uint8Array, request: Omit<SignedRequest, 'signatures'>): string {
  // Given the bytes themselves, Node.js 24 takes four times as long.
  const mac = createHmac('sha256', createSecretKey(key))
    .update(`${request.id}.${request.timestamp}.`)
    .update(request.body);
  return `v1,${mac.digest('base64')}`;
}

/** Whether any signature of the header is right under any of the keys. Compares in constant time. */
export function isSignedWithAny(keys: readonly Uint8Array[], request: SignedRequest): boolean {
  const given = request.signatures.split(' ');
  if (given.length > MOST_SIGNATURES) return false;
  const wellFormed = given.filter((signature) => SIGNATURE.test(signature)).map((signature) => Buffer.from(signature));
  let matches = false;
  for (const key of keys) {
    const expected = Buffer.from(signWebhook(key, request));
    for (const signature of wellFormed) {
      matches = timingSafeEqual(signature, expected) || matches;
    }
  }
  return matches;
}

/**
 * Whether an `Authorization` header bears one of the keys itself, as its base64 with or without
 * `whsec_`. Digests are compared, so that neither content nor length shows in the time it takes.
 */
export function isBearerOfAny(keys: readonly Buffer[], authorization: string): boolean {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  const given = digest(token.startsWith('whsec_') ? token.slice('whsec_'.length) : token);
  let matches = false;
  for (const key of keys) matches = timingSafeEqual(given, digest(key.toString('base64'))) || matches;
  return matches;
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
