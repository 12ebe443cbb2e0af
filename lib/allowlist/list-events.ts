import { hash } from 'node:crypto';
import type { Grant } from '../grants/grant-items.ts';
import { RESERVED_GRANT_ID } from '../grants/plausible.ts';
import { formatQueuedEvent, type QueuedEvent } from '../grants/queue-message.ts';

/** A message of the events queue. */
export interface ListEvent {
  readonly body: string;
  readonly deduplicationId: string;
}

/** Ends one grant, and no other on its IP. @param began when the read began, in milliseconds since the epoch */
export function ending({ acl, ip, grantId = '' }: Grant, began: number): ListEvent {
  return message({ type: 'access.revoked', acl, ip, grantId }, began);
}

/** Lets an IP in for the ACL's usual time. @param began when the read began, in milliseconds since the epoch */
export function letting(acl: string, ip: string, defaultGrantMinutes: number, began: number): ListEvent {
  const expiresAt = began + defaultGrantMinutes * 60_000;
  return message({ type: 'access.granted', acl, ip, grantId: RESERVED_GRANT_ID, expiresAt }, began);
}

/** Everything that a read finds has happened when it began. What it finds once is one event, however often it is sent. */
function message(event: Omit<QueuedEvent, 'webhookId' | 'timestamp' | 'source'>, began: number): ListEvent {
  const name = hash('sha256', [event.type, event.ip, event.grantId].join('\n'), 'base64url').slice(0, 22);
  const webhookId = `allowlist-${began}-${name}`;
  const timestamp = BigInt(began) * 1_000_000n;
  return {
    body: formatQueuedEvent({ ...event, webhookId, timestamp, source: 'allowlist' }),
    deduplicationId: hash('sha256', [event.acl, webhookId].join('\n')),
  };
}
