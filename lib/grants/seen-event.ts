import { hash } from 'node:crypto';
import * as v from 'valibot';
import { SEEN_ITEM, SEEN_PARTITION } from '../names.ts';
import type { Item, Key } from '../ports.ts';
import { positionOf } from './event-order.ts';
import { isPosition } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';

/** What stays known of an event that was applied, so that its outcome can be told. */
export interface SeenEvent {
  readonly type: QueuedEvent['type'];
  readonly ip?: string | undefined;
  readonly grantId?: string | undefined;
  /** Of a grant, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly order: string;
  /** The position that it was applied at. */
  readonly position: string;
  readonly bodyHash?: string | undefined;
  /** How many grants a revoke or a flush has ended. */
  readonly ended?: number | undefined;
  readonly overtakenBy?: string | undefined;
}

/** An event that was set aside, and the code of the reason. */
export interface AsideEvent {
  readonly code: 'STORE001' | 'STORE002';
  readonly bodyHash?: string | undefined;
}

type Name = Pick<QueuedEvent, 'acl' | 'webhookId'>;

const seenSchema = v.object({
  type: v.picklist(['access.granted', 'access.revoked', 'access.flushed']),
  ip: v.optional(v.string()),
  grantId: v.optional(v.string()),
  expiresAt: v.optional(v.pipe(v.number(), v.finite())),
  order: v.string(),
  position: v.optional(v.string()),
  bodyHash: v.optional(v.string()),
  ended: v.optional(v.pipe(v.number(), v.safeInteger())),
  overtakenBy: v.optional(v.string()),
});
const asideSchema = v.object({ code: v.picklist(['STORE001', 'STORE002']), bodyHash: v.optional(v.string()) });

/** Where it is remembered that an event was applied. Webhook ids are an ACL's own: two ACLs may use the same. */
export function seenKey(name: Name): Key {
  return { acl: partitionOf(name), item: SEEN_ITEM.applied };
}

/** Where it is remembered that an event was set aside; nothing of it where it is applied after all. */
export function asideKey(name: Name): Key {
  return { acl: partitionOf(name), item: SEEN_ITEM.aside };
}

/** Where one part of a flush or revoke remembers which grants it has ended. @param part its first grant's item */
export function endedKey(name: Name, part: string): Key {
  return { acl: partitionOf(name), item: `${SEEN_ITEM.ended}${hash('sha256', part)}` };
}

/**
 * @param facts how it was applied; `queuedAt` is where its message stands on the queue, `messageId` that message's
 *   id, and `ttl` until when it is remembered, in seconds since the epoch
 */
export function seenItem(
  event: QueuedEvent,
  facts: Readonly<Record<'order' | 'position' | 'queuedAt', string>> & {
    readonly ttl: number;
    readonly messageId: string | undefined;
  },
): Item {
  const { order, position, queuedAt, ttl, messageId } = facts;
  const { type, ip, grantId, expiresAt, bodyHash } = event;
  const known = {
    ...(ip !== undefined && { ip }),
    ...(grantId !== undefined && { grantId }),
    ...(expiresAt !== undefined && { until: expiresAt }),
    ...(bodyHash !== undefined && { bodyHash }),
    ...(messageId !== undefined && { messageId }),
  };
  // They differ where a queue was made anew and counts from lower numbers.
  const moved = position !== queuedAt && { queuedAt };
  return { ...seenKey(event), type, ...known, order, position, ttl, ...moved };
}

/** The messages by which an event is known to have come: this one, and those that it was put back for. */
export interface Messages {
  /** Where they stand on the queue. */
  readonly positions: readonly string[];
  /** Of those whose position is not known. */
  readonly ids: readonly string[];
}

/** Whether an event was applied by one of these very messages, and not by one that repeats it. */
export function isOfMessage({ queuedAt, position, messageId }: Item, { positions, ids }: Messages): boolean {
  return positions.some((one) => one === (queuedAt ?? position)) || ids.some((one) => one === messageId);
}

/** @returns undefined where there is none, or one of another shape, which says nothing */
export function readSeen(item: Item | undefined): SeenEvent | undefined {
  const parsed = v.safeParse(seenSchema, item && { ...item, expiresAt: item.until });
  if (!parsed.success) return undefined;
  const position = parsed.output.position ?? positionOf(parsed.output.order);
  return isPosition(position) ? { ...parsed.output, position } : undefined;
}

export function readAside(item: Item | undefined): AsideEvent | undefined {
  const parsed = v.safeParse(asideSchema, item);
  return parsed.success ? parsed.output : undefined;
}

/** Whether two hashes of a body tell that these were two events. Where one of them is not known, it counts as the same. */
export function isOfAnotherBody(known: unknown, given: unknown): boolean {
  return typeof known === 'string' && typeof given === 'string' && known !== given;
}

function partitionOf({ acl, webhookId }: Name): string {
  return `${SEEN_PARTITION}${hash('sha256', JSON.stringify([acl, webhookId]))}`;
}
