import type { CachedSecret } from '../cached-secret.ts';
import type { Config } from '../config.ts';
import { authenticateWebhook, type WebhookRequest } from './authenticate-webhook.ts';

export interface ReaderRequest {
  readonly headers: WebhookRequest['headers'];
  /** What it asks about. */
  readonly acl: string;
  readonly webhookId: string;
}

const NO_BODY = new Uint8Array();

/**
 * Lets those ask about an event who could have sent it: by a signature over an empty body with the event's id, or with the
 * bearer token.
 * @param now milliseconds since the epoch
 * @throws {Refusal} HOOK001, HOOK002
 * @throws {NoWebhookKey} when there is no secret to check with
 */
export async function authenticateReader(
  { headers, acl, webhookId }: ReaderRequest,
  now: number,
  { config, secret }: { readonly config: Pick<Config, 'acls'>; readonly secret: CachedSecret },
): Promise<void> {
  const sender = await authenticateWebhook({ headers, body: NO_BODY, id: webhookId }, now, secret);
  await sender.mustSpeakFor(acl, config);
}
