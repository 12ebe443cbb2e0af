import { ITEM } from '../names.ts';
import type { Item, Key, Table } from '../ports.ts';
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
    const item = await this.#table.get(keyOf(acl), options);
    const { position, since, recent, asks }: Partial<Item> = item ?? {};
    const mark = `${position} ${asks}`;
    if (typeof position !== 'string') return { events: undefined, mark };
    const first = typeof since === 'number' ? { since } : {};
    return { mark, events: { position, recent: recentEvents(recent), ...first } };
  }

  /**
   * Announces that the ACL's events are applied up to a position. Where that is not above the one that stands there, it
   * only asks for a rebuild: an event was applied in part, or a run that took this one's place went further.
   * @param now milliseconds since the epoch
   */
  async announce(acl: string, { position, recent }: AclEvents, now: number): Promise<void> {
    const when = [{ attribute: 'position', below: position, orAbsent: true }] as const;
    const set = { position, recent };
    const { written } = await this.#table.write([{ update: keyOf(acl), set, setOnce: { since: now }, when }]);
    if (!written) await this.ask(acl, 'events were applied late or in part', now);
  }

  /** Asks for a rebuild of the ACL's zones. @param now milliseconds since the epoch */
  async ask(acl: string, reason: string, now: number): Promise<void> {
    // Counted, since a write that leaves the item as it was wakes nobody: two may ask for the same in one millisecond.
    await this.#table.write([{ update: keyOf(acl), set: { reason, askedAt: now }, add: { asks: 1 } }]);
  }
}

function keyOf(acl: string): Key {
  return { acl, item: ITEM.wake };
}
