import { hash } from 'node:crypto';
import type { CachedSecret } from '../cached-secret.ts';
import { aclConfig, type Config } from '../config.ts';
import { Refusal } from '../refusal.ts';
import { parseWebhookSecret, speaksFor, type WebhookSecret } from './webhook-secret.ts';
import { keysThatSigned, tokensShown } from './webhook-signature.ts';

export interface WebhookRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body exactly as it was sent. */
  readonly body: Uint8Array;
  /** The id that the request's address names, where it names one: what is signed must be about it. */
  readonly id?: string;
  /** Where it came from, by the API's word: for log lines alone. */
  readonly source?: RequestSource;
}

export interface RequestSource {
  readonly sourceIp: string | undefined;
  /** What the API's access log calls the request. */
  readonly requestId: string | undefined;
}

/** Whoever made a request, as far as its signature or its token tells. */
export interface Sender {
  readonly webhookId: string;
  /** By how many seconds its clock differs from this one; absent where it signed no time. */
  readonly clockOffBy?: number;
  /**
   * Passes where the sender may speak for an ACL. To a key that speaks for all, any name will do: whether the ACL is
   * configured is the caller's question (HOOK004), which nobody else gets an answer to.
   * @throws {Refusal} HOOK001
   * @throws {NoWebhookKey} when the secret can't be read
   */
  mustSpeakFor(acl: string, config: Pick<Config, 'acls'>): Promise<void>;
}

/** Both ways, edge included. */
const TIMESTAMP_TOLERANCE_S = 300;

/**
 * Checks signature and age, or the bearer token, before anything of the body is looked at.
 * @param now milliseconds since the epoch
 * @throws {Refusal} HOOK001, HOOK002
 * @throws {NoWebhookKey} when there is no secret to check with
 */
export async function authenticateWebhook(request: WebhookRequest, now: number, secret: CachedSecret): Promise<Sender> {
  const { body, headers } = request;
  const { 'webhook-signature': signatures, authorization } = headers;
  const sender = async (webhookId: string, proof: Proof): Promise<Sender> => {
    const voice = await prove(proof, secret);
    return { webhookId, mustSpeakFor: (acl, config) => mustSpeakFor(acl, config, voice, proof, secret) };
  };
  if (!signatures && authorization) {
    // The same body is the same event, for a sender that gives it no id.
    const id = headers['webhook-id'] || (request.id ?? `body_${hash('sha256', body)}`);
    return about(request, await sender(id, tokenProof(authorization)));
  }
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
  if (!id || !timestamp || !signatures) {
    throw new Refusal('HOOK001', 401, 'webhook-id, webhook-timestamp and webhook-signature are required');
  }
  const signed = await sender(id, signatureProof({ id, timestamp, signatures, body }));
  return about(request, { ...signed, clockOffBy: Math.abs(secondsAhead(timestamp, now)) });
}

/** Somebody whose signature or token is in the secret. */
interface Voice {
  /** The secret in which that was found. */
  readonly text: string;
  speaksFor(acl: string): boolean;
  /** Speaks for whatever has no keys of its own, known or not. */
  readonly forAll: boolean;
  /** Showed a token, which the ACL must allow. */
  readonly unsigned: boolean;
}

/** How a request shows who made it. */
interface Proof {
  /** What to tell those who are not found. */
  readonly mismatch: string;
  /** Whether a secret holds anything that such a request could be checked with. */
  canCheck(secret: WebhookSecret): boolean;
  find(secret: WebhookSecret): Omit<Voice, 'text'> | undefined;
}

function signatureProof(signed: Parameters<typeof keysThatSigned>[1]): Proof {
  return {
    mismatch: 'no signature matches: check the secret, and that the body is sent as signed',
    canCheck: ({ keys }) => keys.length > 0,
    find: (secret) => {
      const fit = keysThatSigned(secret.keys, signed);
      if (fit.length === 0) return undefined;
      return {
        speaksFor: (acl) => fit.some((key) => speaksFor(key, acl, secret)),
        forAll: fit.some((key) => key.acl === undefined),
        unsigned: false,
      };
    },
  };
}

function tokenProof(authorization: string): Proof {
  return {
    mismatch: 'the bearer token belongs to no ACL',
    canCheck: ({ keys, bearers }) => keys.length + bearers.length > 0,
    find: ({ bearers }) => {
      const fit = tokensShown(bearers, authorization);
      if (fit.length === 0) return undefined;
      return { speaksFor: (acl) => fit.some((token) => token.acl === acl), forAll: false, unsigned: true };
    },
  };
}

/** Tries the keys at hand and, since the secret may have been rotated since they were read, fresh ones. */
async function prove(proof: Proof, secret: CachedSecret): Promise<Voice> {
  const text = (await readSecret(() => secret.get())) ?? '';
  const atHand = parseWebhookSecret(text);
  const found = proof.find(atHand);
  if (found) return { ...found, text };
  const other = await readSecret(() => secret.getOtherThan(text));
  const fresh = other === undefined ? atHand : parseWebhookSecret(other);
  if (!proof.canCheck(fresh)) throw new NoWebhookKey('the webhook secret holds no usable key');
  const foundNow = other === undefined ? undefined : proof.find(fresh);
  if (!foundNow || other === undefined) throw new Refusal('HOOK001', 401, proof.mismatch);
  return { ...foundNow, text: other };
}

async function mustSpeakFor(
  acl: string,
  config: Pick<Config, 'acls'>,
  voice: Voice,
  proof: Proof,
  secret: CachedSecret,
): Promise<void> {
  if (refusalOf(acl, config, voice) === undefined) return;
  const text = await readSecret(() => secret.getOtherThan(voice.text));
  const found = text === undefined ? undefined : proof.find(parseWebhookSecret(text));
  const detail = refusalOf(acl, config, text !== undefined && found ? { ...found, text } : voice);
  if (detail !== undefined) throw new Refusal('HOOK001', 401, detail);
}

/** @returns why the voice does not speak for the ACL; the same for one that is not configured, which it need not learn */
function refusalOf(acl: string, config: Pick<Config, 'acls'>, voice: Voice): string | undefined {
  const settings = aclConfig(config, acl);
  if (!voice.speaksFor(acl) || (!settings && !voice.forAll)) {
    return voice.unsigned ? 'the bearer token is not one of this ACL' : 'the key does not speak for this ACL';
  }
  if (voice.unsigned && !settings?.allowBearer) return 'this ACL takes signed events only (allowBearer is off)';
  return undefined;
}

/** @throws {Refusal} HOOK002 */
function secondsAhead(timestamp: string, now: number): number {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new Refusal('HOOK002', 401, 'webhook-timestamp must be whole seconds since 1970');
  }
  // Whole seconds on both sides, so that the edge is the same for a sender that rounds.
  const ahead = Number(timestamp) - Math.floor(now / 1000);
  if (Math.abs(ahead) <= TIMESTAMP_TOLERANCE_S) return ahead;
  const by = `${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the receiver’s clock`;
  const detail = `webhook-timestamp is ${by}, and ${TIMESTAMP_TOLERANCE_S} s are allowed: look at the sender’s clock`;
  throw new Refusal('HOOK002', 401, detail);
}

function about({ id }: WebhookRequest, sender: Sender): Sender {
  if (id === undefined || id === sender.webhookId) return sender;
  throw new Refusal('HOOK001', 401, 'webhook-id is not the id that the address names');
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
