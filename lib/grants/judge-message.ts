import { type IpPolicy, isAcceptedHost } from '../addresses/ip-address.ts';
import { isAclName } from '../config.ts';
import { NO_EVENT, TOO_OLD } from './dead-letter-reasons.ts';
import { isBeyondMemory } from './event-order.ts';
import { isLifetime, isText, latestTimestamp, WEBHOOK_ID } from './plausible.ts';
import { parseQueuedEvent, type QueuedEvent } from './queue-message.ts';

export type JudgedMessage =
  | { readonly event: QueuedEvent; readonly why?: undefined }
  /** `why` says nothing of what the message says. The event is there where it has the form of one, so that it can be named. */
  | { readonly event?: QueuedEvent; readonly why: string };

/**
 * Judges a message of the events queue as the webhook judged its event: whatever else can put one there, nobody gets in
 * by it who could not by the webhook.
 * @param now milliseconds since the epoch
 */
export function judgeMessage(body: string, policy: IpPolicy, now: number): JudgedMessage {
  const event = parseQueuedEvent(body);
  if (!event) return { why: NO_EVENT };
  const why = problemOf(event, policy, now);
  return why === undefined ? { event } : { event, why };
}

function problemOf(event: QueuedEvent, policy: IpPolicy, now: number): string | undefined {
  const { type, acl, timestamp, ip, grantId, user, expiresAt, webhookId, source } = event;
  if (isBeyondMemory(timestamp, now)) return TOO_OLD;
  if (timestamp > latestTimestamp(now)) return 'its timestamp is still to come';
  if (!isAclName(acl)) return 'its ACL is none';
  if (!WEBHOOK_ID.test(webhookId)) return 'its webhook id is none';
  if (type === 'access.flushed') return ip === undefined && grantId === undefined ? undefined : NO_EVENT;
  if (ip === undefined || !isAcceptedHost(ip, policy)) return 'its IP is not acceptable';
  // Only the list ends an IP's anonymous grant alone: a sender's revoke without a name ends all.
  const isAnonymous = grantId === '' && type === 'access.revoked' && source === 'allowlist';
  if (grantId !== undefined && !isAnonymous && !isText(grantId)) return 'its grantId is not one';
  if (user !== undefined && !isText(user)) return 'its user is not one';
  if (type === 'access.revoked') return undefined;
  const lifetime = (expiresAt ?? 0) - Number(timestamp / 1_000_000n);
  return isLifetime(lifetime) ? undefined : 'it ends before it begins, or later than any grant can';
}
