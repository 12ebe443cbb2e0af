import { ITEM } from '../names.ts';
import type { Condition, Item, Key, Table, Write } from '../ports.ts';
import { type EndedGrant, endedGrant, grantKey, grantName, putGrant } from './grant-items.ts';
import { NO_ORDER, type UnusableRow } from './judge-grant.ts';
import { isOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';
import { removeRows } from './remove-rows.ts';

/** What applying an event has led to. */
export type EventResult =
  | { readonly kind: 'applied'; readonly ended: number }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'overtaken'; readonly by: Overtaker };
type Overtaker = 'a later flush' | 'a later revoke' | 'a later event on the same grant';

/** What one event is written with. */
export interface EventFacts {
  readonly order: string;
  /** Until when it is remembered, in seconds since the epoch. */
  readonly ttl: number;
  /** Says that it was applied. */
  readonly seen: Item;
  /** Above every order that an event can have now. */
  readonly latest: string;
}

/** A condition of an event's write, and what it says where it does not hold. */
interface Guard {
  readonly key: Key;
  readonly write: (when: readonly Condition[]) => Write | undefined;
  readonly when: readonly Condition[];
  /** Undefined: it was applied before. */
  readonly by?: Overtaker;
}

/**
 * The writes of one event. Each guard is an item that remembers an order, and a condition on it. A guard that holds no order
 * that an event can have guards nothing: it is reported, and the event is written without its condition.
 */
export class EventWriter {
  readonly #table: Table;
  readonly #report: (rows: readonly UnusableRow[]) => void;

  constructor(table: Table, report: (rows: readonly UnusableRow[]) => void) {
    this.#table = table;
    this.#report = report;
  }

  /** A grant, or the revoke of one grant: one atomic write. */
  async applyToOne(event: QueuedEvent, facts: EventFacts): Promise<EventResult> {
    const effect = event.type === 'access.granted' ? putGrant(event, facts.order) : { remove: grantKey(event) };
    const seen = seenGuard(facts.seen);
    const against = await this.#writeGuarded([effect], [seen, ...guardsOf(event, facts)], facts);
    if (!against) return { kind: 'applied', ended: 0 };
    const { by } = against;
    if (by === undefined) return { kind: 'duplicate' };
    await this.#writeGuarded([], [seenGuard({ ...facts.seen, overtakenBy: by })], facts);
    return { kind: 'overtaken', by };
  }

  /**
   * A flush, or the revoke of all grants on an IP. First the order is remembered, so that earlier
   * grants that arrive later find it; then what it covers is removed; the webhook id comes last, so
   * that a redelivery finishes what a crash cut short.
   * @param tell is told of the grants that have ended, as they end; also where the rest then fails
   */
  async applyToMany(
    event: QueuedEvent,
    facts: EventFacts,
    tell: (ended: readonly EndedGrant[]) => void,
  ): Promise<EventResult> {
    const { acl, ip } = event;
    const { order, ttl, latest } = facts;
    if (await this.#holdsAnOrder(seenGuard(facts.seen), latest)) return { kind: 'duplicate' };
    const marker = { acl, item: ip === undefined ? ITEM.flushed : `${ITEM.revoked}${ip}` };
    // Where a later one stands already, what this one covers is still removed below: none of it is newer.
    await this.#writeGuarded([], [orderGuard({ ...marker, order, ttl })], facts);
    let ended = 0;
    for await (const page of this.#table.queryPrefix(acl, ip === undefined ? ITEM.grant : `${ITEM.grant}${ip}#`)) {
      // A row without an order that an event can have is no grant. It lets nobody in.
      const covered = page.filter((row) => isOrder(row.order, order));
      const removed: Item[] = [];
      try {
        await removeRows(this.#table, covered, () => [{ attribute: 'order', below: order }], removed);
      } finally {
        tell(removed.map(endedGrant));
      }
      ended += removed.length;
    }
    const against = await this.#writeGuarded([], [seenGuard(facts.seen)], facts);
    return against ? { kind: 'duplicate' } : { kind: 'applied', ended };
  }

  /** @returns the first guard that stands against it; undefined: it is written */
  async #writeGuarded(
    writes: readonly Write[],
    guards: readonly Guard[],
    { latest }: EventFacts,
  ): Promise<Guard | undefined> {
    const spoiled = new Set<Guard>();
    for (;;) {
      const guarded = guards.flatMap((guard) => {
        const write = guard.write(spoiled.has(guard) ? [] : guard.when);
        return write ? [{ guard, write }] : [];
      });
      const result = await this.#table.write([...guarded.map(({ write }) => write), ...writes]);
      if (result.written) return undefined;
      for (const guard of result.failed.flatMap((index) => guarded[index]?.guard ?? [])) {
        if (await this.#holdsAnOrder(guard, latest)) return guard;
        spoiled.add(guard);
      }
    }
  }

  async #holdsAnOrder({ key: { acl, item } }: Guard, latest: string): Promise<boolean> {
    const row = await this.#table.get({ acl, item });
    if (isOrder(row?.order, latest)) return true;
    if (row) this.#report([{ acl, item, why: NO_ORDER }]);
    return false;
  }
}

function seenGuard(put: Item): Guard {
  return { key: put, when: [{ absent: true }], write: (when) => ({ put, when }) };
}

/** Remembers the order of an event, unless a later one is remembered. */
function orderGuard(put: Item & { readonly order: string }): Guard {
  return {
    key: put,
    when: olderThan(put.order),
    write: (when) => ({ put, when }),
    by: 'a later event on the same grant',
  };
}

/** What keeps an event on one grant from taking effect; what is named first stands first. */
function guardsOf({ type, acl, ip = '', grantId }: QueuedEvent, { order, ttl }: EventFacts): Guard[] {
  const last = orderGuard({ acl, item: `${ITEM.last}${grantName(ip, grantId)}`, order, ttl });
  if (type === 'access.revoked') return [last];
  const checked = (item: string, by: Overtaker): Guard => {
    const check = { acl, item };
    // There is nothing to check without a condition.
    return { key: check, by, when: olderThan(order), write: (when) => (when.length > 0 ? { check, when } : undefined) };
  };
  return [checked(ITEM.flushed, 'a later flush'), checked(`${ITEM.revoked}${ip}`, 'a later revoke'), last];
}

function olderThan(order: string): readonly Condition[] {
  return [{ attribute: 'order', below: order, orAbsent: true }];
}
