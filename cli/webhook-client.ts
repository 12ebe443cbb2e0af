import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { decodeWebhookKey, signWebhook } from '../lib/webhook/webhook-signature.ts';

export interface WebhookEndpoint {
  readonly webhookUrl: string;
  readonly webhookHeaders?: Readonly<Record<string, string>>;
  /** Base64 of the key, with or without `whsec_`. */
  readonly webhookSecret: string;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TIMEOUT_MS = 35_000;

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
 * Signs an event as of `now` (milliseconds since the epoch) and posts it; with `wait`, the answer may
 * take that many seconds. Rejects when there is no answer.
 */
export async function sendEvent(
  endpoint: WebhookEndpoint,
  event: unknown,
  options: { readonly id: string; readonly now: number; readonly wait?: number },
): Promise<WebhookAnswer> {
  const body = JSON.stringify(event);
  const signed = signedHeaders(endpoint.webhookSecret, options.id, Math.floor(options.now / 1000), body);
  const prefer = options.wait === undefined ? {} : { prefer: `wait=${options.wait}` };
  const headers = { ...endpoint.webhookHeaders, 'content-type': 'application/json', ...prefer, ...signed };
  return post(endpoint.webhookUrl, headers, body);
}

/** Not `fetch`, which does not let a caller set the Host header that the emulator's API needs. */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Promise<WebhookAnswer> {
  const request = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const names = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(names),
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    call.on('error', reject);
    call.end(body);
  });
}
