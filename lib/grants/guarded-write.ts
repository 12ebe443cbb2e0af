import { ITEM } from '../names.ts';
import type { Condition, Item, Key, Table, Write } from '../ports.ts';
import type { Overtaker } from './event-result.ts';
import { grantName } from './grant-items.ts';
import { NO_ORDER, type UnusableRow } from './judge-grant.ts';
import { isOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';

/** A condition of an event's write, and what it says where it does not hold. */
export interface Guard {
  readonly key: Key;
  readonly write: (when: readonly Condition[]) => Write | undefined;
  readonly when: readonly Condition[];
  /** Undefined: it was applied before. */
  readonly by?: Overtaker;
}

/** A guard whose condition did not hold, and its item. */
export interface Standing {
  readonly guard: Guard;
  readonly row: Item;
}

/**
 * Writes that go through only where no guard stands against them. Each guard is an item that remembers an order, and a
 * condition on it. One that holds no order that an event can have guards nothing: it is reported, and the rest is written
 * without its condition.
 */
export class GuardedWrites {
  readonly #table: Table;
  readonly #report: (rows: readonly UnusableRow[]) => void;

  constructor(table: Table, report: (rows: readonly UnusableRow[]) => void) {
    this.#table = table;
    this.#report = report;
  }

  /**
   * @param latest above every order that an event can have now
   * @returns undefined: it is written. Otherwise the first guard that stands against it; or the writes beside them whose
   *   own conditions did not hold, so that whoever made them must look again
   */
  async write(
    writes: readonly Write[],
    guards: readonly Guard[],
    latest: string,
  ): Promise<Standing | { readonly changed: readonly Write[] } | undefined> {
    const spoiled = new Set<Guard>();
    for (;;) {
      const guarded = guards.flatMap((guard) => {
        const write = guard.write(spoiled.has(guard) ? [] : guard.when);
        return write ? [{ guard, write }] : [];
      });
      const result = await this.#table.write([...guarded.map(({ write }) => write), ...writes]);
      if (result.written) return undefined;
      for (const guard of result.failed.flatMap((index) => guarded[index]?.guard ?? [])) {
        const standing = await this.standing(guard, latest);
        if (standing) return standing;
        spoiled.add(guard);
      }
      const changed = result.failed.flatMap((index) => writes[index - guarded.length] ?? []);
      if (changed.length > 0) return { changed };
    }
  }

  /** @returns undefined where the guard's item holds no order that an event can have */
  async standing(guard: Guard, latest: string): Promise<Standing | undefined> {
    const { acl, item } = guard.key;
    const row = await this.#table.get({ acl, item });
    if (row && isOrder(row.order, latest)) return { guard, row };
    if (row) this.#report([{ acl, item, why: NO_ORDER }]);
    return undefined;
  }
}

/** The items whose later order keeps an event on one grant from taking effect, and what each says; the first stands first. */
export function guardingItems(event: {
  readonly type: QueuedEvent['type'];
  readonly ip?: string | undefined;
  readonly grantId?: string | undefined;
}): readonly (readonly [item: string, by: Overtaker])[] {
  const { type, ip = '', grantId } = event;
  const last = [`${ITEM.last}${grantName(ip, grantId)}`, 'a later event on the same grant'] as const;
  if (type === 'access.revoked') return [last];
  return [[ITEM.flushed, 'a later flush'], [`${ITEM.revoked}${ip}`, 'a later revoke'], last];
}

/** A guard that was written by whoever is older than this order does not stand against it. */
export function olderThan(order: string): readonly Condition[] {
  return [{ attribute: 'order', below: order, orAbsent: true }];
}

/** Remembers the order of an event, unless a later one is remembered. */
export function orderGuard(put: Item & { readonly order: string }, by: Overtaker): Guard {
  return { key: put, when: olderThan(put.order), write: (when) => ({ put, when }), by };
}

/** Nothing is remembered of the event yet. */
export function seenGuard(put: Item): Guard {
  return { key: put, when: [{ absent: true }], write: (when) => ({ put, when }) };
}
