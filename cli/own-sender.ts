import { SENT_BY_HEADER } from '../lib/names.ts';
import { keyFor, parseWebhookSecret } from '../lib/webhook/webhook-secret.ts';
import { CliFailure } from './cli-failure.ts';
import type { Target } from './target.ts';
import type { WebhookEndpoint } from './webhook-client.ts';

/** The webhook with the key that speaks for an ACL, and who runs this. @throws {CliFailure} where there is no such key */
export async function ownSender(target: Target, acl: string): Promise<WebhookEndpoint> {
  const webhookSecret = await keyOf(target, acl);
  const { url, headers, finds } = target.webhook;
  const caller = await target.caller();
  return {
    webhookUrl: url,
    webhookHeaders: { ...headers, ...(caller !== undefined && { [SENT_BY_HEADER]: caller }) },
    webhookSecret,
    ...(finds && { webhookFinds: finds }),
  };
}

/** The key that speaks for an ACL, in base64. @throws {CliFailure} where there is none */
export async function keyOf({ webhookSecret }: Target, acl: string): Promise<string> {
  const key = keyFor(acl, parseWebhookSecret((await webhookSecret.read()) ?? ''));
  if (key) return key.bytes.toString('base64');
  const advice = 'Make a new one with `npm run zone -- rotate-webhook-secret`, and give it to the sender.';
  throw new CliFailure(`the webhook secret holds no usable key for ${acl}`, advice);
}

/**
 * A time that no clock can say: an event from the future counts as one of its receipt. So the clock of this machine
 * decides nothing, and a flush from a slow one leaves nobody in.
 */
export const AT_RECEIPT = '9999-12-31T23:59:59Z';
