import { ITEM } from '../names.ts';
import type { Condition, Item, Key, Table, Write } from '../ports.ts';
import { eventOrder, MEMORY_SECONDS, positionOf } from './event-order.ts';
import { type Grant, grantKey, grantName, putGrant, seenKey, toGrant } from './grant-items.ts';
import type { QueuedEvent } from './queue-message.ts';
import { type RecentEvent, recentEvents, withEvent } from './recent-events.ts';

/** What applying an event has led to. */
export type EventResult =
  | { readonly kind: 'applied'; readonly ended: number }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'overtaken'; readonly by: 'a later flush' | 'a later revoke' | 'a later event on the same grant' };

/** Deletes under way at once when many grants end together. */
const PARALLEL = 25;

export interface Fate {
  /** Of the event. */
  readonly position: string;
  readonly overtakenBy?: string;
}

export interface AclEvents {
  /** The position up to which they are applied. */
  readonly position: string;
  /** When the first was applied, in milliseconds since the epoch. */
  readonly since?: number;
  /** The last few of them, for log lines alone; some may be missing. */
  readonly recent: readonly RecentEvent[];
}

interface PositionWrite {
  readonly update: Key;
  readonly set: { readonly position: string; readonly recent: readonly RecentEvent[] };
  /** When the ACL saw its first event. */
  readonly setOnce: { readonly since: number };
}
/** What every applied event writes: that it was seen, and how far the queue is applied. */
interface Books {
  readonly seen: { readonly put: Item; readonly when: readonly Condition[] };
  readonly position: PositionWrite;
}

/**
 * The grants and their history in the table. The rules of ordering are conditions on the writes,
 * so a function that died half-way, or whose last write arrives late, can't undo a later event.
 */
export class GrantBook {
  readonly #table: Table;
  /** By ACL: the last events that this process has applied. */
  readonly #recent = new Map<string, readonly RecentEvent[]>();

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Applies one event, once: the same webhook id again, or the same message redelivered, changes nothing.
   * @param position of the message on the queue
   * @param now milliseconds since the epoch
   * @param ended is told of the grants that a flush or the revoke of a whole IP has ended, as they end
   * @throws whatever the table throws; the event can then be applied again
   */
  async apply(
    event: QueuedEvent,
    position: string,
    now: number,
    ended: (grants: readonly Grant[]) => void = () => {},
  ): Promise<EventResult> {
    const order = eventOrder(event.timestamp, event.firstPosition ?? position);
    const ttl = Math.floor(now / 1000) + MEMORY_SECONDS;
    // Whoever waits for an event that was put back must wait for the position that it has now.
    const moved = event.firstPosition === undefined ? {} : { position };
    const recent = withEvent(this.#recent.get(event.acl) ?? [], [position, event.webhookId]);
    const books = {
      seen: { put: { ...seenKey(event.webhookId), order, ttl, ...moved }, when: [{ absent: true }] },
      position: { update: { acl: event.acl, item: ITEM.events }, set: { position, recent }, setOnce: { since: now } },
    } as const satisfies Books;
    const ofOne = event.type === 'access.granted' || (event.type === 'access.revoked' && event.grantId !== undefined);
    const result = ofOne
      ? await this.#applyToOne(event, order, ttl, books, event.type === 'access.granted')
      : await this.#applyToMany(event, order, ttl, books, ended);
    this.#recent.set(event.acl, recent);
    return result;
  }

  /** Grants that are live at `now`, all pages, strongly consistent. */
  async live(acl: string, now: number): Promise<Grant[]> {
    return this.between(acl, now, Number.MAX_SAFE_INTEGER);
  }

  /** Grants with `after < expiresAt <= upTo` (milliseconds since the epoch), soonest first. */
  async between(acl: string, after: number, upTo: number): Promise<Grant[]> {
    const grants: Grant[] = [];
    for await (const page of this.#table.queryExpiry(acl, after, upTo)) grants.push(...page.map(toGrant));
    return grants;
  }

  /** Removes grants that have expired, unless they were extended meanwhile. @returns those removed */
  async end(grants: readonly Grant[]): Promise<Grant[]> {
    return this.#removeEach(grants, (grant) => [{ attribute: 'expiresAt', equals: grant.expiresAt }]);
  }

  /**
   * What became of an event that somebody waits for.
   * @returns undefined while it is not applied
   */
  async fate(event: QueuedEvent): Promise<Fate | undefined> {
    const seen = await this.#table.get(seenKey(event.webhookId), { stale: true });
    if (!seen) return undefined;
    const position = String(seen.position ?? positionOf(String(seen.order)));
    return { position, ...(seen.overtakenBy !== undefined && { overtakenBy: String(seen.overtakenBy) }) };
  }

  /** Whether the grant that an event made is still there. */
  async stands(event: QueuedEvent): Promise<boolean> {
    return (await this.#table.get(grantKey(event))) !== undefined;
  }

  /** The position up to which the ACL's events are applied; undefined until it has seen one. */
  async position(acl: string): Promise<string | undefined> {
    return (await this.events(acl))?.position;
  }

  /** What is known of the ACL's events as a whole; undefined until it has seen one. */
  async events(acl: string): Promise<AclEvents | undefined> {
    const marker = await this.#table.get({ acl, item: ITEM.events });
    if (!marker) return undefined;
    const { position, since } = marker;
    const recent = recentEvents(marker.recent);
    return { position: String(position), recent, ...(since !== undefined && { since: Number(since) }) };
  }

  /** A grant, or the revoke of one grant: one atomic write. */
  async #applyToOne(
    event: QueuedEvent,
    order: string,
    ttl: number,
    books: Books,
    isGrant: boolean,
  ): Promise<EventResult> {
    const { acl, ip = '' } = event;
    const olderOrNone = [{ attribute: 'order', below: order, orAbsent: true }] as const;
    const writes: Write[] = [
      books.seen,
      { put: { acl, item: `${ITEM.last}${grantName(ip, event.grantId)}`, order, ttl }, when: olderOrNone },
      isGrant ? putGrant(event, order) : { remove: grantKey(event) },
      books.position,
    ];
    if (isGrant) {
      writes.push({ check: { acl, item: ITEM.flushed }, when: olderOrNone });
      writes.push({ check: { acl, item: `${ITEM.revoked}${ip}` }, when: olderOrNone });
    }
    const result = await this.#table.write(writes);
    if (result.written) return { kind: 'applied', ended: 0 };
    if (result.failed.includes(0)) return this.#duplicate(books.position);
    const by = result.failed.includes(4)
      ? 'a later flush'
      : result.failed.includes(5)
        ? 'a later revoke'
        : 'a later event on the same grant';
    const { put, when } = books.seen;
    await this.#table.write([{ put: { ...put, overtakenBy: by }, when }, books.position]);
    return { kind: 'overtaken', by };
  }

  /**
   * A flush, or the revoke of all grants on an IP. First the order is remembered, so that earlier
   * grants that arrive later find it; then what it covers is removed; the webhook id comes last, so
   * that a redelivery finishes what a crash cut short.
   */
  async #applyToMany(
    event: QueuedEvent,
    order: string,
    ttl: number,
    books: Books,
    tell: (grants: readonly Grant[]) => void,
  ): Promise<EventResult> {
    if (await this.#table.get(seenKey(event.webhookId))) return this.#duplicate(books.position);
    const { acl, ip } = event;
    const marker = { acl, item: ip === undefined ? ITEM.flushed : `${ITEM.revoked}${ip}` };
    // Where a later one stands already, what this one covers is still removed below: none of it is newer.
    await this.#table.write([
      { put: { ...marker, order, ttl }, when: [{ attribute: 'order', below: order, orAbsent: true }] },
    ]);
    let ended = 0;
    const prefix = ip === undefined ? ITEM.grant : `${ITEM.grant}${ip}#`;
    for await (const page of this.#table.queryPrefix(acl, prefix)) {
      const covered = page.map(toGrant).filter((grant) => grant.order < order);
      const removed = await this.#removeEach(covered, () => [{ attribute: 'order', below: order }]);
      ended += removed.length;
      tell(removed);
    }
    const result = await this.#table.write([books.seen, books.position]);
    return result.written ? { kind: 'applied', ended } : this.#duplicate(books.position);
  }

  /**
   * A duplicate counts as applied up to its own position: whoever waits for it need not wait
   * longer. It is no event of an ACL that has seen none: the id may have been another ACL's.
   */
  async #duplicate(position: PositionWrite): Promise<EventResult> {
    const { update, set } = position;
    await this.#table.write([{ update, set, when: [{ attribute: 'position', below: set.position }] }]);
    return { kind: 'duplicate' };
  }

  async #removeEach(
    grants: readonly Grant[],
    condition: (grant: Grant) => NonNullable<Write['when']>,
  ): Promise<Grant[]> {
    const removed: Grant[] = [];
    for (let at = 0; at < grants.length; at += PARALLEL) {
      await Promise.all(
        grants.slice(at, at + PARALLEL).map(async (grant) => {
          const result = await this.#table.write([{ remove: grantKey(grant), when: condition(grant) }]);
          if (result.written) removed.push(grant);
        }),
      );
    }
    return removed;
  }
}
