import { ITEM } from '../names.ts';
import type { Item, Table, Write } from '../ports.ts';
import { type Covered, type Ending, endCovered, endedBefore } from './end-covered.ts';
import { type EventFacts, type EventResult, OVERTAKERS, type Overtaker } from './event-result.ts';
import { type EndedGrant, grantKey, NOT_OVER, putGrant } from './grant-items.ts';
import {
  type Guard,
  GuardedWrites,
  guardingItems,
  olderThan,
  orderGuard,
  type Standing,
  seenGuard,
} from './guarded-write.ts';
import type { UnusableRow } from './judge-grant.ts';
import { isOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';
import { isOfAnotherBody, isOfMessage } from './seen-event.ts';

/** How the other grants of an IP are asked for. */
const OTHERS = { stale: true, page: 20 } as const;

/** The writes of one event. That it was applied, and what came of it, is written with its effect: all or nothing. */
export class EventWriter {
  readonly #table: Table;
  readonly #guarded: GuardedWrites;

  constructor(table: Table, report: (rows: readonly UnusableRow[]) => void) {
    this.#table = table;
    this.#guarded = new GuardedWrites(table, report);
  }

  /** A grant, or the revoke of one grant: one atomic write. */
  async applyToOne(event: QueuedEvent, facts: EventFacts): Promise<EventResult> {
    const isRevoke = event.type === 'access.revoked';
    const put = isRevoke ? undefined : putGrant(event, { ...facts, ...(await this.#heldSince(event, facts)) });
    for (;;) {
      const { write, ended } = put ? { write: put, ended: 0 } : await this.#endOne(event, facts);
      const seen = (more: Readonly<Record<string, string | number>>) =>
        seenGuard({ ...facts.seen, ...(isRevoke && { ended }), ...more });
      const against = await this.#guarded.write([write], [seen({}), ...guardsOf(event, facts)], facts.latest);
      if (!against) return { kind: 'applied', ended };
      // The grant has ended meanwhile, by itself.
      if ('changed' in against) continue;
      if (against.guard.by === undefined) return known(against.row, facts, true);
      const by = overtakerIn(against, facts);
      const result = { ...(isRevoke && { ended: 0 }), ...(by && { overtakenBy: by }) };
      const before = await this.#guarded.write([], [seen(result)], facts.latest);
      if (before && 'row' in before) return known(before.row, facts, true);
      return by ? { kind: 'overtaken', by } : { kind: 'applied', ended: 0 };
    }
  }

  /**
   * A flush, or the revoke of all grants on an IP. First the order is remembered, so that earlier
   * grants that arrive later find it; then what it covers is removed; that it was applied is written with the last of
   * that, so that a redelivery finishes what a crash cut short.
   * @param tell is told of the grants that have ended, by this try or an earlier one; also where the rest then fails
   */
  async applyToMany(
    event: QueuedEvent,
    facts: EventFacts,
    tell: (ended: readonly EndedGrant[]) => void,
  ): Promise<EventResult> {
    const { acl, ip } = event;
    const { order, ttl, latest, now: stored } = facts;
    const before = await this.#guarded.standing(seenGuard(facts.seen), latest);
    if (before) return this.#knownOfMany(before.row, event, facts, tell);
    const isFlush = ip === undefined;
    const marker = { acl, item: isFlush ? ITEM.flushed : `${ITEM.revoked}${ip}`, order, ttl, stored };
    // Where a later one stands already, what this one covers is still removed below: none of it is newer.
    const guard = orderGuard(marker, isFlush ? 'a later flush' : 'a later revoke');
    const against = await this.#guarded.write([], [guard], latest);
    const ending: Ending = {
      event,
      ...facts,
      overtakenBy: against && 'guard' in against ? overtakerIn(against, facts) : undefined,
      covered: () => this.#covered(acl, isFlush ? ITEM.grant : `${ITEM.grant}${ip}#`, facts),
    };
    const result = await endCovered(ending, this.#table, this.#guarded, tell);
    return 'standing' in result ? this.#knownOfMany(result.standing, event, facts, tell) : result;
  }

  async #knownOfMany(
    row: Item,
    event: QueuedEvent,
    facts: EventFacts,
    tell: (ended: readonly EndedGrant[]) => void,
  ): Promise<EventResult> {
    const result = known(row, facts, false);
    if (result.kind === 'applied') tell((await endedBefore(event, this.#table)).grants);
    return result;
  }

  /**
   * Since when the event's IP is held: a grant that joins others counts from the first of them, or whoever loses that one
   * first would give up their place to somebody who came later. All that live say so: a page with one of them will do, since
   * thousands may share an address, and so will an older answer, which lacks what came a moment ago. A row of the grant's own
   * that is over, and that nobody has removed yet, says nothing: whoever came meanwhile came first.
   */
  async #heldSince(event: QueuedEvent, { order, isLive }: EventFacts): Promise<{ since: string; isAnew: boolean }> {
    const { acl, ip = '' } = event;
    const own = grantKey(event);
    let since = order;
    let mayBeOver = false;
    for await (const page of this.#table.queryPrefix(acl, `${ITEM.grant}${ip}#`, OTHERS)) {
      const others = page.flatMap((row) => (isLive(row) && isOrder(row.since, order) ? [row.since] : []));
      since = others.reduce((first, one) => (one < first ? one : first), order);
      mayBeOver ||= page.some((row) => row.item === own.item && !isLive(row));
      if (others.length > 0) break;
    }
    const row = mayBeOver ? await this.#table.get(own) : undefined;
    return { since, isAnew: row !== undefined && !isLive(row) };
  }

  /** The rows below a prefix that an order covers, and whether there is a live grant that it does not. */
  async #covered(acl: string, prefix: string, { order, isLive, isOver }: EventFacts): Promise<Covered> {
    const rows: Item[] = [];
    let isLaterLive = false;
    for await (const page of this.#table.queryPrefix(acl, prefix)) {
      for (const row of page) {
        if (isOver(row)) continue;
        // A row without an order that an event can have is no grant. It lets nobody in.
        if (isOrder(row.order, order)) rows.push(row);
        else isLaterLive ||= isLive(row);
      }
    }
    return { rows, isLaterLive };
  }

  /** Removes one grant as it stands, so that it is known whether there was one to end. */
  async #endOne(event: QueuedEvent, { isLive, isOver }: EventFacts): Promise<{ write: Write; ended: number }> {
    const remove = grantKey(event);
    const row = await this.#table.get(remove);
    if (!row) return { write: { remove, when: [{ absent: true }] }, ended: 0 };
    const { order } = row;
    // What has no order is no grant, whatever becomes of it.
    if (typeof order !== 'string') return { write: { remove }, ended: 0 };
    const asItIs = { attribute: 'order', equals: order } as const;
    if (isOver(row)) return { write: { check: remove, when: [asItIs] }, ended: 0 };
    return { write: { remove, when: [asItIs, NOT_OVER] }, ended: isLive(row) ? 1 : 0 };
  }
}

/**
 * What is known of an event that was applied before. Where it was this very message, it comes again since nobody knows
 * whether what it has led to was said: then that is the result, as it was the first time.
 */
function known(row: Item, { seen, messages }: EventFacts, isOfOne: boolean): EventResult {
  const otherBody = isOfAnotherBody(row.bodyHash, seen.bodyHash);
  if (otherBody || !isOfMessage(row, messages)) return { kind: 'duplicate', otherBody };
  const by = OVERTAKERS.find((one) => one === row.overtakenBy);
  if (by && isOfOne) return { kind: 'overtaken', by };
  return { kind: 'applied', ended: typeof row.ended === 'number' ? row.ended : 0, ...(by && { overtakenBy: by }) };
}

/** What has overtaken an event. An order that is its own is left from a try of its own: nothing tells what became of that. */
function overtakerIn({ guard, row }: Standing, { order }: EventFacts): Overtaker | undefined {
  return row.order === order ? undefined : guard.by;
}

/** What keeps an event on one grant from taking effect. The last of them remembers the event's own order, too. */
function guardsOf(event: QueuedEvent, { order, ttl, now }: EventFacts): Guard[] {
  // Of what the list itself has ended, nobody has put anybody out.
  const isTold = event.type === 'access.revoked' && event.source === undefined;
  const items = guardingItems(event);
  return items.map(([item, by], index) => {
    const check = { acl: event.acl, item };
    if (index === items.length - 1) return orderGuard({ ...check, order, ttl, ...(isTold && { stored: now }) }, by);
    // There is nothing to check without a condition.
    return { key: check, by, when: olderThan(order), write: (when) => (when.length > 0 ? { check, when } : undefined) };
  });
}
