import { ITEM } from '../names.ts';
import type { Item, Key, Table } from '../ports.ts';
import { isPosition } from './plausible.ts';
import { type RecentEvent, recentEvents } from './recent-events.ts';

/** What is known of an ACL's events as a whole. */
export interface AclEvents {
  /** The position of the last event that was applied. */
  readonly position: string;
  /** When the first was applied, in milliseconds since the epoch. */
  readonly since?: number;
  /** The last few of them, for log lines alone; some may be missing. */
  readonly recent: readonly RecentEvent[];
}

/** What the item says at one moment. */
export interface Wake {
  /** Undefined until the ACL has seen an event. */
  readonly events: AclEvents | undefined;
  /** Differs from what it was whenever the zone function was woken since. */
  readonly mark: string;
  /** What is wrong with it, where its position is none. The ACL has seen events then, but how far they go nobody knows. */
  readonly why?: string;
}

/**
 * The one item of an ACL whose every change wakes the zone function. Whoever changes something that a zone depends on
 * writes it afterwards, so that a change is never stored without being announced. Since it is one item, the
 * rebuilds of an ACL are started one after the other.
 */
export class WakeItem {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(acl: string, options: { readonly stale?: boolean } = {}): Promise<Wake> {
    const item = await this.#table.get(wakeKey(acl), options);
    const { position, since, recent, asks }: Partial<Item> = item ?? {};
    const mark = `${position} ${asks}`;
    if (position === undefined) return { events: undefined, mark };
    const known = { recent: recentEvents(recent), ...(typeof since === 'number' && { since }) };
    // Below every position: nothing counts as confirmed by it.
    if (!isPosition(position)) return { mark, events: { position: '', ...known }, why: 'its position is none' };
    return { mark, events: { position, ...known } };
  }

  /**
   * Announces that the ACL's events are applied up to a position. Where that is not above the one that stands there, it
   * only asks for a rebuild: an event was applied in part, or a run that took this one's place went further.
   * @param now milliseconds since the epoch
   */
  async announce(acl: string, { position, recent }: AclEvents, now: number): Promise<void> {
    const write = { update: wakeKey(acl), set: { position, recent }, setOnce: { since: now } };
    const { written } = await this.#table.write([
      { ...write, when: [{ attribute: 'position', below: position, orAbsent: true }] },
    ]);
    if (written) return;
    const { why } = await this.read(acl);
    if (why === undefined) await this.ask(acl, 'events were applied late or in part', now);
    else await this.#table.write([write]);
  }

  /** Asks for a rebuild of the ACL's zones. @param now milliseconds since the epoch */
  async ask(acl: string, reason: string, now: number): Promise<void> {
    const update = wakeKey(acl);
    const set = { reason, askedAt: now };
    // Counted, since a write that leaves the item as it was wakes nobody: two may ask for the same in one millisecond.
    const when = [{ attribute: 'asks', below: Number.MAX_SAFE_INTEGER, orAbsent: true }] as const;
    const { written } = await this.#table.write([{ update, set, add: { asks: 1 }, when }]);
    // There is no number to add to, or one that does not change any more.
    if (!written) await this.#table.write([{ update, set: { ...set, asks: 1 } }]);
  }
}

/** The item that wakes an ACL's zones. */
export function wakeKey(acl: string): Key {
  return { acl, item: ITEM.wake };
}
