import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { decodeWebhookKey, signWebhook } from '../lib/webhook/webhook-signature.ts';

interface Door {
  readonly webhookUrl: string;
  readonly webhookHeaders?: Readonly<Record<string, string>>;
  /** Where this machine finds what the webhook says is at a URL; there, where absent. */
  readonly webhookFinds?: (url: string) => string;
}

/** A webhook, and what shows who sends. */
export type WebhookEndpoint =
  /** Base64 of the key, with or without `whsec_`. */
  | (Door & { readonly webhookSecret: string })
  /** The ACL's bearer token: nothing is signed. */
  | (Door & { readonly webhookBearer: string });

export interface WebhookAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** There was no answer: the request may have arrived or not. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** What every request is made with: the event's id, and now in milliseconds since the epoch. */
interface Stamp {
  readonly id: string;
  readonly now: number;
}

/** Longer than anybody can be let wait. */
const TIMEOUT_MS = 35_000;
/** No answer of the webhook comes near. */
const LARGEST_ANSWER = 64 * 1024;

/** The three headers of Standard Webhooks for a body. @throws {Error} where the secret is no usable key */
export function signedHeaders(secret: string, id: string, timestampSeconds: number, body: string | Uint8Array) {
  const key = decodeWebhookKey(secret);
  if (!key) throw new Error('the webhook secret must be the base64 of at least 24 bytes');
  const timestamp = String(timestampSeconds);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signWebhook(key, { id, timestamp, body: bytes }),
  };
}

/**
 * Posts an event once.
 * @throws {NoAnswer}
 */
export async function sendEvent(endpoint: WebhookEndpoint, event: unknown, stamp: Stamp): Promise<WebhookAnswer> {
  const body = JSON.stringify(event);
  const signed = proof(endpoint, stamp, body);
  const headers = { ...endpoint.webhookHeaders, 'content-type': 'application/json', ...signed };
  return post(endpoint.webhookUrl, headers, body);
}

/**
 * Asks once what became of an event.
 * @param url see `outcomeUrl`
 * @param wait how long the answer may take, in seconds; the webhook takes 20 for more
 * @throws {NoAnswer}
 */
export async function askOutcome(
  endpoint: WebhookEndpoint,
  url: string,
  { wait = 0, ...stamp }: Stamp & { readonly wait?: number },
): Promise<WebhookAnswer> {
  const prefer = wait > 0 ? { prefer: `wait=${wait}` } : {};
  return exchange('GET', url, { ...endpoint.webhookHeaders, ...prefer, ...proof(endpoint, stamp, '') }, '');
}

/**
 * Where to ask for the outcome of the event that this answer accepted.
 * @returns undefined where the answer says none, or one that is not below the webhook's own URL: nobody else gets to
 *   see a signature
 */
export function outcomeUrl(
  { webhookUrl, webhookFinds = (url) => url }: Door,
  answer: WebhookAnswer,
): string | undefined {
  const { location } = answer.headers;
  if (location === undefined || !URL.canParse(location, webhookUrl)) return undefined;
  const [at, own] = [new URL(webhookFinds(new URL(location, webhookUrl).href)), new URL(webhookUrl)];
  const isBelow = at.origin === own.origin && at.pathname.startsWith(`${own.pathname.replace(/\/$/, '')}/events/`);
  return isBelow && at.username === '' && at.password === '' ? at.href : undefined;
}

function proof(endpoint: WebhookEndpoint, { id, now }: Stamp, body: string): Readonly<Record<string, string>> {
  if ('webhookSecret' in endpoint) return signedHeaders(endpoint.webhookSecret, id, Math.floor(now / 1000), body);
  return { 'webhook-id': id, authorization: `Bearer ${endpoint.webhookBearer}` };
}

/** Posts whatever is asked for. @throws {NoAnswer} */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Promise<WebhookAnswer> {
  return exchange('POST', url, headers, body);
}

/** Not `fetch`, which does not let a caller set the Host header that the emulator's API needs. */
function exchange(
  method: 'GET' | 'POST',
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Promise<WebhookAnswer> {
  const told = new KnownSecrets();
  if (headers.authorization !== undefined) told.remember(headers.authorization.replace(/^Bearer /, ''));
  const request = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const fail = (error: Error) => {
      const reason = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : error.message || error.name;
      reject(new NoAnswer(reason, { cause: error }));
    };
    const call = request(url, { method, headers, signal }, (response) => {
      readAnswer(response, told).then(resolve, (error: Error) => {
        call.destroy();
        fail(error);
      });
    });
    call.on('error', fail);
    call.end(body);
  });
}

/** @param told what whoever answers has seen of a secret, and may show */
async function readAnswer(response: IncomingMessage, told: KnownSecrets): Promise<WebhookAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Error(`it answered with more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  const names = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(names),
    body: told.redact(Buffer.concat(chunks).toString('utf8')),
  };
}
