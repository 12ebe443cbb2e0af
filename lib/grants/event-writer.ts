import { ITEM } from '../names.ts';
import type { Condition, Item, Key, Table, Write } from '../ports.ts';
import { type EndedGrant, endedGrant, grantKey, grantName, isOfAnotherBody, putGrant } from './grant-items.ts';
import { NO_ORDER, type UnusableRow } from './judge-grant.ts';
import { isOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';
import { removeRows } from './remove-rows.ts';

/** What applying an event has led to. */
export type EventResult =
  | { readonly kind: 'applied'; readonly ended: number }
  /** `otherBody`: its id was another event's. */
  | { readonly kind: 'duplicate'; readonly otherBody: boolean }
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

/** A guard whose condition did not hold, and its item. */
interface Standing {
  readonly guard: Guard;
  readonly row: Item;
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
    const { by } = against.guard;
    if (by === undefined) return duplicate(against.row, facts);
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
    const before = await this.#standing(seenGuard(facts.seen), latest);
    if (before) return duplicate(before.row, facts);
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
    return against ? duplicate(against.row, facts) : { kind: 'applied', ended };
  }

  /** @returns the first that stands against it; undefined: it is written */
  async #writeGuarded(
    writes: readonly Write[],
    guards: readonly Guard[],
    { latest }: EventFacts,
  ): Promise<Standing | undefined> {
    const spoiled = new Set<Guard>();
    for (;;) {
      const guarded = guards.flatMap((guard) => {
        const write = guard.write(spoiled.has(guard) ? [] : guard.when);
        return write ? [{ guard, write }] : [];
      });
      const result = await this.#table.write([...guarded.map(({ write }) => write), ...writes]);
      if (result.written) return undefined;
      for (const guard of result.failed.flatMap((index) => guarded[index]?.guard ?? [])) {
        const standing = await this.#standing(guard, latest);
        if (standing) return standing;
        spoiled.add(guard);
      }
    }
  }

  /** @returns undefined where the guard's item holds no order that an event can have */
  async #standing(guard: Guard, latest: string): Promise<Standing | undefined> {
    const { acl, item } = guard.key;
    const row = await this.#table.get({ acl, item });
    if (row && isOrder(row.order, latest)) return { guard, row };
    if (row) this.#report([{ acl, item, why: NO_ORDER }]);
    return undefined;
  }
}

function duplicate(row: Item, { seen }: EventFacts): EventResult {
  return { kind: 'duplicate', otherBody: isOfAnotherBody(row, seen.bodyHash) };
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
