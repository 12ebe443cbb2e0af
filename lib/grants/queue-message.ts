import * as v from 'valibot';
import { QUEUE_POSITION } from '../queue-position.ts';

/** An event that was found good: what goes onto the queue. */
export interface AcceptedEvent {
  readonly type: 'access.granted' | 'access.revoked' | 'access.flushed';
  readonly acl: string;
  /** When it happened, in nanoseconds since the epoch; never after its receipt. */
  readonly timestamp: bigint;
  /** Canonical; absent for a flush. */
  readonly ip?: string;
  readonly grantId?: string;
  readonly user?: string;
  /** For a grant: milliseconds since the epoch, after defaulting and capping. */
  readonly expiresAt?: number;
}

/**
 * What lies on the events queue. Messages outlive a deploy: new fields are optional, and a reader
 * ignores what it does not know.
 */
export interface QueuedEvent extends AcceptedEvent {
  readonly webhookId: string;
  /** SHA-256 of the request's body, byte for byte. Another body under the same id is another event. */
  readonly bodyHash?: string;
  /**
   * The position that the event had when it was queued first. Only where it was put back onto the queue, or is on
   * its way there: among events of the same time it stays where it was.
   */
  readonly firstPosition?: string;
  /** The ids of the messages that it came by before, where the queue itself gave up on them: it may have been applied. */
  readonly earlierIds?: readonly string[];
  /** Where it comes from; absent: a sender. */
  readonly source?: 'allowlist';
}

const VERSION = 1;
const count = v.pipe(v.number(), v.safeInteger());
const schema = v.object({
  version: v.literal(VERSION),
  type: v.picklist(['access.granted', 'access.revoked', 'access.flushed']),
  webhookId: v.string(),
  bodyHash: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{43}$/))),
  acl: v.string(),
  timestamp: v.pipe(
    v.string(),
    v.digits(),
    v.transform((digits) => BigInt(digits)),
  ),
  ip: v.optional(v.string()),
  grantId: v.optional(v.string()),
  user: v.optional(v.string()),
  expiresAt: v.optional(count),
  firstPosition: v.optional(v.pipe(v.string(), v.regex(QUEUE_POSITION))),
  earlierIds: v.optional(v.array(v.pipe(v.string(), v.maxLength(200)))),
  source: v.optional(v.literal('allowlist')),
});

export function formatQueuedEvent(event: QueuedEvent): string {
  return JSON.stringify({ version: VERSION, ...event, timestamp: event.timestamp.toString() });
}

/** @returns undefined where the text is not a message of ours */
export function parseQueuedEvent(text: string): QueuedEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // The caller puts what it can't read aside, whatever the reason.
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return undefined;
  const { type, webhookId, bodyHash, acl, timestamp, ip, grantId, user, expiresAt } = parsed.output;
  const { firstPosition, earlierIds, source } = parsed.output;
  if (type !== 'access.flushed' && ip === undefined) return undefined;
  if (type === 'access.granted' && expiresAt === undefined) return undefined;
  return {
    type,
    webhookId,
    ...(bodyHash !== undefined && { bodyHash }),
    acl,
    timestamp,
    ...(ip !== undefined && { ip }),
    ...(grantId !== undefined && { grantId }),
    ...(user !== undefined && { user }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(firstPosition !== undefined && { firstPosition }),
    ...(earlierIds !== undefined && { earlierIds }),
    ...(source !== undefined && { source }),
  };
}
