import { ITEM } from '../names.ts';
import type { Item, Key, Table, Value } from '../ports.ts';
import { isPosition } from './plausible.ts';
import { type RecentEvents, recentEvents } from './recent-events.ts';

/** What is known of an ACL's events as a whole. */
export interface AclEvents extends RecentEvents {
  /** The position of the last event that was applied. */
  readonly position: string;
  /** How many were applied, more or less: those of a batch that comes again count twice. */
  readonly count: number;
  /** When the first was applied, and when the last was, in milliseconds since the epoch. */
  readonly since?: number;
  readonly appliedAt?: number;
}

/** What the item says at one moment. */
export interface Wake {
  /** Undefined until the ACL has seen an event. */
  readonly events: AclEvents | undefined;
  /** Rises whenever grants have changed without an event. */
  readonly changes: number;
  /** How many of these changes are no more than grants that were over. */
  readonly expiries: number;
  /** Differs from what it was whenever the zone function was woken since. */
  readonly mark: string;
  /** Somebody has asked at this moment, in milliseconds since the epoch, that every zone be read; 0: nobody has. */
  readonly readFrom: number;
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
    const item: Partial<Item> = (await this.#table.get(wakeKey(acl), options)) ?? {};
    const { position, since, appliedAt, recent, from } = item;
    const [changes, expiries] = [count(item.changes), count(item.expiries)];
    const [asked, readFrom] = [count(item.asked), count(item.readFrom)];
    const wake = { changes, expiries, readFrom, mark: `${position} ${changes} ${asked}` };
    if (position === undefined) return { ...wake, events: undefined };
    const known = {
      recent: recentEvents(recent),
      count: count(item.count),
      ...(isPosition(from) && { from }),
      ...(typeof since === 'number' && { since }),
      ...(typeof appliedAt === 'number' && { appliedAt }),
    };
    // Below every position: nothing counts as confirmed by it.
    if (!isPosition(position)) return { ...wake, events: { position: '', ...known }, why: 'its position is none' };
    return { ...wake, events: { position, ...known } };
  }

  /**
   * Announces that the ACL's events are applied up to a position. Where that is not above the one that stands there, it
   * only says that grants have changed: an event was applied in part, or a run that took this one's place went further.
   * @param base the position that stood there when the events were begun; undefined: none
   * @param now milliseconds since the epoch
   */
  async announce(
    acl: string,
    { position, recent, from, count }: AclEvents,
    base: string | undefined,
    now: number,
  ): Promise<void> {
    const write = { update: wakeKey(acl), setOnce: { since: now } };
    const set = { position, recent, count, from: from ?? position, appliedAt: now };
    const asItWas = { attribute: 'position', equals: base ?? '', orAbsent: true } as const;
    const isBelow = { attribute: 'position', below: position, orAbsent: true } as const;
    if ((await this.#table.write([{ ...write, set, when: [asItWas, isBelow] }])).written) return;
    // Another run has announced events meanwhile, which are not among these.
    const alone = { ...set, from: position };
    if ((await this.#table.write([{ ...write, set: alone, when: [isBelow] }])).written) return;
    const { why } = await this.read(acl);
    if (why === undefined) await this.changed(acl, 'events were applied late or in part');
    else await this.#table.write([{ ...write, set: alone }]);
  }

  /**
   * Announces that grants have changed without an event, or may have: the rebuild reads them.
   * @param reason for whoever looks at the table
   */
  async changed(acl: string, reason: string): Promise<void> {
    await this.#count(acl, ['changes'], { reason });
  }

  /** Announces that rows of grants which were over are gone. */
  async expired(acl: string): Promise<void> {
    await this.#count(acl, ['changes', 'expiries'], { reason: 'grants have expired' });
  }

  /** Asks for a rebuild, which does what is left to do or due. */
  async ask(acl: string, reason: string): Promise<void> {
    await this.#count(acl, ['asked'], { reason });
  }

  /** Asks for a rebuild that reads every zone, whether it is due or not. @param now milliseconds since the epoch */
  async askForReading(acl: string, reason: string, now: number): Promise<void> {
    await this.#count(acl, ['changes'], { reason, readFrom: now });
  }

  /** A write that leaves the item as it was wakes nobody: two may ask for the same at the same moment. */
  async #count(
    acl: string,
    counters: readonly ('changes' | 'expiries' | 'asked')[],
    set: { readonly [attribute: string]: Value },
  ): Promise<void> {
    const update = wakeKey(acl);
    const ones = Object.fromEntries(counters.map((counter) => [counter, 1]));
    const when = counters.map((attribute) => ({ attribute, below: Number.MAX_SAFE_INTEGER, orAbsent: true }) as const);
    const { written } = await this.#table.write([{ update, set, add: ones, when }]);
    // There is no number to add to, or one that does not change any more.
    if (!written) await this.#table.write([{ update, set: { ...set, ...ones } }]);
  }
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The item that wakes an ACL's zones. */
export function wakeKey(acl: string): Key {
  return { acl, item: ITEM.wake };
}
