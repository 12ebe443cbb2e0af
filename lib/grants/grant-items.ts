import { ITEM } from '../names.ts';
import type { Item, Key, Write } from '../ports.ts';
import type { QueuedEvent } from './queue-message.ts';

/** What of a live grant the zones' lists are made of. */
export interface Holder {
  readonly ip: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Order of the event since which the IP is held without a break. */
  readonly since: string;
}

/** A grant as it is stored. It is live while `expiresAt` is in the future. */
export interface Grant extends Holder {
  readonly acl: string;
  readonly grantId?: string;
  readonly user?: string;
  /** Order of the event that made it so. */
  readonly order: string;
  /** When its last event was stored, in milliseconds since the epoch. */
  readonly stored: number;
}

/** With what an event makes a grant. */
interface Made {
  readonly order: string;
  /** Counts where there is no such grant yet. */
  readonly since: string;
  /** It counts also where there is one: that is over. */
  readonly isAnew: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The grant that an event makes, or the one it prolongs. */
export function putGrant(event: QueuedEvent, { order, since, isAnew, now }: Made): Write {
  const { ip = '', grantId, user, expiresAt = 0 } = event;
  return {
    update: grantKey(event),
    set: {
      ip,
      order,
      expiresAt,
      stored: now,
      // The last resort: DynamoDB removes the item, and the stream makes that a rebuild.
      ttl: Math.ceil(expiresAt / 1000),
      ...(grantId !== undefined && { grantId }),
      ...(user !== undefined && { user }),
      ...(isAnew && { since }),
    },
    ...(!isAnew && { setOnce: { since } }),
    // What was there before, whatever wrote it, must not make another grant of this one; and it is not over any more.
    remove: ['over', ...(grantId === undefined ? ['grantId'] : []), ...(user === undefined ? ['user'] : [])],
  };
}

/** What the audit says of a grant that has ended. Of a row that is none, it says what can be read, and its name. */
export interface EndedGrant {
  readonly acl: string;
  readonly item?: string;
  readonly ip?: string;
  readonly grantId?: string;
  readonly user?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

export function endedGrant({ acl, item, ip, grantId, user, expiresAt }: Item): EndedGrant {
  const said = {
    acl,
    ...(typeof ip === 'string' && { ip }),
    ...(typeof grantId === 'string' && { grantId }),
    ...(typeof user === 'string' && { user }),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  };
  return grantKey(said).item === item ? said : { ...said, item };
}

/** Nobody has found it to be over: see `GrantBook.end`. */
export const NOT_OVER = { attribute: 'over', equals: 0, orAbsent: true } as const;

export function grantKey(grant: { readonly acl: string; readonly ip?: string; readonly grantId?: string }): Key {
  return { acl: grant.acl, item: `${ITEM.grant}${grantName(grant.ip ?? '', grant.grantId)}` };
}

/** An IP's anonymous grant has an empty id, which no sender can give. */
export function grantName(ip: string, grantId = ''): string {
  return `${ip}#${grantId}`;
}
