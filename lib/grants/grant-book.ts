import { ITEM } from '../names.ts';
import type { Condition, Item, Table, Write } from '../ports.ts';
import { later } from '../queue-position.ts';
import { eventOrder, MEMORY_SECONDS, positionOf } from './event-order.ts';
import { type Grant, grantKey, grantName, putGrant, seenKey, toGrant } from './grant-items.ts';
import type { QueuedEvent } from './queue-message.ts';
import { withEvent } from './recent-events.ts';
import { type AclEvents, WakeItem } from './wake-item.ts';

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

/** What every applied event writes: that it was seen. */
interface Seen {
  readonly put: Item;
  readonly when: readonly Condition[];
}
/** What the batch under way has come to for one ACL. */
interface Progress {
  /** Up to where the ACL's events are applied; undefined until it has seen one. */
  events: AclEvents | undefined;
  /** Something is to be announced. */
  hasChanged: boolean;
}

/**
 * The grants and their history in the table. The rules of ordering are conditions on the writes,
 * so a function that died half-way, or whose last write arrives late, can't undo a later event.
 */
export class GrantBook {
  readonly #table: Table;
  readonly #wake: WakeItem;
  /** By ACL. Nothing is kept from one batch to the next: another process may have gone further meanwhile. */
  readonly #batch = new Map<string, Progress>();

  constructor(table: Table) {
    this.#table = table;
    this.#wake = new WakeItem(table);
  }

  /**
   * Applies one event, once: the same webhook id again, or the same message redelivered, changes nothing.
   * @param queuedAt the message's position on the queue
   * @param now milliseconds since the epoch
   * @param ended is told of the grants that a flush or the revoke of a whole IP has ended, as they end
   * @throws whatever the table throws; the event can then be applied again
   */
  async apply(
    event: QueuedEvent,
    queuedAt: string,
    now: number,
    ended: (grants: readonly Grant[]) => void = () => {},
  ): Promise<EventResult> {
    const progress = await this.#progressOf(event.acl);
    const { events } = progress;
    // A queue that was made anew may count from lower numbers: what is applied later stands later all the same.
    const position = later(queuedAt, events?.position);
    const order = eventOrder(event.timestamp, event.firstPosition ?? position);
    const ttl = Math.floor(now / 1000) + MEMORY_SECONDS;
    // Whoever waits for an event that was put back must wait for the position that it has now.
    const moved = event.firstPosition === undefined ? {} : { position };
    const seen = { put: { ...seenKey(event), order, ttl, ...moved }, when: [{ absent: true }] } as const;
    const ofOne = event.type === 'access.granted' || (event.type === 'access.revoked' && event.grantId !== undefined);
    const result = ofOne
      ? await this.#applyToOne(event, order, ttl, seen, event.type === 'access.granted')
      : await this.#applyToMany(event, order, ttl, seen, (grants) => {
          // Also where the rest fails: these must leave the zone.
          if (grants.length > 0) progress.hasChanged = true;
          ended(grants);
        });
    progress.hasChanged = true;
    progress.events = { position, recent: withEvent(events?.recent ?? [], [position, event.webhookId]) };
    return result;
  }

  /**
   * Ends a batch: wakes the zone function for all that it has changed, once for each ACL. Until this has resolved no message
   * may be deleted: what comes again is a duplicate, and is announced then.
   * @param now milliseconds since the epoch
   * @param failed is told of each ACL for which the table failed
   * @throws {AggregateError} after all ACLs are done, when it failed for some
   */
  async announce(now: number, failed: (acl: string, error: unknown) => void = () => {}): Promise<void> {
    const changed = [...this.#batch].filter(([, { hasChanged }]) => hasChanged);
    this.#batch.clear();
    const failures: unknown[] = [];
    await Promise.all(
      changed.map(async ([acl, { events }]) => {
        try {
          if (events) await this.#wake.announce(acl, events, now);
          else await this.#wake.ask(acl, 'an event was applied in part', now);
        } catch (error) {
          failures.push(error);
          failed(acl, error);
        }
      }),
    );
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} ACLs could not be woken`);
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
    const removed: Grant[] = [];
    await this.#removeEach(grants, (grant) => [{ attribute: 'expiresAt', equals: grant.expiresAt }], removed);
    return removed;
  }

  /**
   * What became of an event that somebody waits for.
   * @returns undefined while it is not applied
   */
  async fate(event: QueuedEvent): Promise<Fate | undefined> {
    const seen = await this.#table.get(seenKey(event), { stale: true });
    if (!seen) return undefined;
    const position = String(seen.position ?? positionOf(String(seen.order)));
    return { position, ...(seen.overtakenBy !== undefined && { overtakenBy: String(seen.overtakenBy) }) };
  }

  /** Whether the grant that an event made is still there. */
  async stands(event: QueuedEvent): Promise<boolean> {
    return (await this.#table.get(grantKey(event))) !== undefined;
  }

  /** The position of the last of the ACL's events that was applied; undefined until it has seen one. */
  async position(acl: string): Promise<string | undefined> {
    return (await this.events(acl))?.position;
  }

  /** What is known of the ACL's events as a whole; undefined until it has seen one. */
  async events(acl: string): Promise<AclEvents | undefined> {
    return (await this.#wake.read(acl)).events;
  }

  /** A grant, or the revoke of one grant: one atomic write. */
  async #applyToOne(
    event: QueuedEvent,
    order: string,
    ttl: number,
    seen: Seen,
    isGrant: boolean,
  ): Promise<EventResult> {
    const { acl, ip = '' } = event;
    const olderOrNone = [{ attribute: 'order', below: order, orAbsent: true }] as const;
    const writes: Write[] = [
      seen,
      { put: { acl, item: `${ITEM.last}${grantName(ip, event.grantId)}`, order, ttl }, when: olderOrNone },
      isGrant ? putGrant(event, order) : { remove: grantKey(event) },
    ];
    if (isGrant) {
      writes.push({ check: { acl, item: ITEM.flushed }, when: olderOrNone });
      writes.push({ check: { acl, item: `${ITEM.revoked}${ip}` }, when: olderOrNone });
    }
    const result = await this.#table.write(writes);
    if (result.written) return { kind: 'applied', ended: 0 };
    if (result.failed.includes(0)) return { kind: 'duplicate' };
    const by = result.failed.includes(3)
      ? 'a later flush'
      : result.failed.includes(4)
        ? 'a later revoke'
        : 'a later event on the same grant';
    const { put, when } = seen;
    await this.#table.write([{ put: { ...put, overtakenBy: by }, when }]);
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
    seen: Seen,
    tell: (grants: readonly Grant[]) => void,
  ): Promise<EventResult> {
    if (await this.#table.get(seenKey(event))) return { kind: 'duplicate' };
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
      const removed: Grant[] = [];
      try {
        await this.#removeEach(covered, () => [{ attribute: 'order', below: order }], removed);
      } finally {
        tell(removed);
      }
      ended += removed.length;
    }
    const result = await this.#table.write([seen]);
    return result.written ? { kind: 'applied', ended } : { kind: 'duplicate' };
  }

  async #progressOf(acl: string): Promise<Progress> {
    const known = this.#batch.get(acl);
    if (known) return known;
    const { events } = await this.#wake.read(acl);
    const progress = { events, hasChanged: false };
    this.#batch.set(acl, progress);
    return progress;
  }

  /** @param removed gets those that are removed, also where it then fails */
  async #removeEach(
    grants: readonly Grant[],
    condition: (grant: Grant) => NonNullable<Write['when']>,
    removed: Grant[],
  ): Promise<void> {
    for (let at = 0; at < grants.length; at += PARALLEL) {
      const settled = await Promise.allSettled(
        grants.slice(at, at + PARALLEL).map(async (grant) => {
          const result = await this.#table.write([{ remove: grantKey(grant), when: condition(grant) }]);
          if (result.written) removed.push(grant);
        }),
      );
      for (const each of settled) if (each.status === 'rejected') throw each.reason;
    }
  }
}
