import * as v from 'valibot';
import { differenceOf, sameList } from '../addresses/list-difference.ts';
import { ZONE_ITEM, ZONE_PARTITION } from '../names.ts';
import type { Condition, Item, Key, Table } from '../ports.ts';

const list = v.pipe(v.array(v.string()), v.readonly());
/** Up to the last moment that a `Date` has: one more is a number that the table still takes. */
const number = v.pipe(v.number(), v.integer(), v.maxValue(8.64e15));
const schema = v.object({
  /** The ACL that writes the zone; empty where none has written it after all. */
  owner: v.string(),
  /** The list that Okta showed last, before the write that this item is about. */
  before: list,
  /** What that write takes out of it and puts in; both empty where there is none. */
  removed: list,
  added: list,
  /** A number that no other write of this zone has, and later ones have higher. */
  write: number,
  /** When that write was begun, in milliseconds since the epoch. */
  at: number,
  found: v.optional(v.literal(true)),
});

/** What is stored of one Okta zone. Lists are canonical and sorted. */
export interface ZoneRecord {
  readonly owner: string;
  readonly write: number;
  readonly at: number;
  readonly before: readonly string[];
  /** What the write makes of it; the same list where no write was begun. */
  readonly after: readonly string[];
  /** `before` is what stood there when the zone was found: no write of it is known to have been carried out. */
  readonly found?: true;
}

/** `unreadable`: somebody has written a zone here, but what is stored can't be understood. */
export type StoredZone = ZoneRecord | 'none' | 'unreadable';

/**
 * One item for each zone, by zone id: whose it is and which list it has. A list is stored once for a change, before the
 * write to Okta; that Okta has confirmed the write, the ACL's state says by its number. So whoever finds a write without a
 * confirmation knows both lists that the zone may have.
 */
export class ZoneItems {
  readonly #table: Table;
  /** By zone id: as this process has read or written it last. */
  readonly #known = new Map<string, ZoneRecord>();
  /** By zone id: the number of the write that this process has told of last. */
  readonly #told = new Map<string, number>();

  constructor(table: Table) {
    this.#table = table;
  }

  async get(zoneId: string): Promise<StoredZone> {
    const stored = readZone(await this.#table.get(listKey(zoneId)));
    if (typeof stored === 'object') this.#known.set(zoneId, stored);
    else this.#known.delete(zoneId);
    return stored;
  }

  /**
   * The same without a read, where this process knows the item as an ACL's: for whoever knows that nobody else had that ACL's
   * lease since. An announcement that relies on it wrongly is refused.
   */
  async known(zoneId: string, owner: string): Promise<StoredZone> {
    const known = this.#known.get(zoneId);
    return known?.owner === owner ? known : this.get(zoneId);
  }

  /** Another process may have written an ACL's items since this one has read them. */
  forgetKnown(acl: string): void {
    for (const [zoneId, { owner }] of this.#known) if (owner === acl) this.#known.delete(zoneId);
  }

  /**
   * Stores that an ACL is about to give a zone another list; or, where both lists are the same, that it has this one.
   *
   *     this run  ── reads the item ─────────────── announces: only while the item is as it was read ── PUT
   *     another   ──────────────── announces ──▶ its own PUT; then this run's announcement is refused
   *
   * @param stored as it was read
   * @param at now, in milliseconds since the epoch
   * @returns what is stored now; undefined where somebody else has written the item since it was read
   */
  async announce(
    zoneId: string,
    owner: string,
    stored: StoredZone,
    lists: Pick<ZoneRecord, 'before' | 'after' | 'found'>,
    at: number,
  ): Promise<ZoneRecord | undefined> {
    const write = Math.max(at, typeof stored === 'object' ? stored.write + 1 : 0);
    const { before, after, found } = lists;
    const change = { before, ...differenceOf(before, after), ...(found && { found }) };
    const put: Item = { ...listKey(zoneId), owner, ...change, write, at };
    const record = { owner, write, at, ...lists };
    // Until it is known what became of the write.
    this.#known.delete(zoneId);
    const when = stored === 'unreadable' ? await this.#stillUnreadable(zoneId) : asItWas(stored);
    if (!when) return undefined;
    const { written } = await this.#table.write([{ put, when }]);
    // The answer to a first try may have been lost: then the condition does not hold because of this very write.
    if (!written && !isSame(await this.get(zoneId), record)) return undefined;
    this.#known.set(zoneId, record);
    return record;
  }

  /** What holds only until somebody else writes an item that can't be read; undefined where somebody has written it by now. */
  async #stillUnreadable(zoneId: string): Promise<readonly Condition[] | undefined> {
    const item = await this.#table.get(listKey(zoneId));
    return item && readZone(item) === 'unreadable' ? unchanged(item) : undefined;
  }

  /** This process has told of a write: where that can't be stored, it does not tell of it again. */
  isTold(zoneId: string, write: number): void {
    this.#told.set(zoneId, write);
  }

  lastTold(zoneId: string): number | undefined {
    return this.#told.get(zoneId);
  }

  /** The first write of a zone was announced and never carried out: the zone is nobody's, as it was before. */
  async forget(zoneId: string, stored: ZoneRecord): Promise<void> {
    const { write, at } = stored;
    const put: Item = { ...listKey(zoneId), owner: '', before: [], removed: [], added: [], write, at };
    this.#known.delete(zoneId);
    await this.#table.write([{ put, when: asItWas(stored) }]);
  }

  /** The list that a person has seen and allows to be replaced, canonical; undefined where nobody has. */
  async adoption(zoneId: string): Promise<readonly string[] | undefined> {
    const item = await this.#table.get(adoptionKey(zoneId));
    const parsed = v.safeParse(list, item?.list);
    return parsed.success ? parsed.output : undefined;
  }

  /** Stores that a person allows an ACL to replace the list that they have seen. @param at milliseconds since the epoch */
  async allowAdoption(zoneId: string, acl: string, seen: readonly string[], at: number): Promise<void> {
    await this.#table.write([{ put: { ...adoptionKey(zoneId), by: acl, list: seen, at } }]);
  }

  /** The list of others that a zone was last seen to hold, canonical; undefined where none was. */
  async foreign(zoneId: string): Promise<readonly string[] | undefined> {
    const item = await this.#table.get(foreignKey(zoneId));
    const parsed = v.safeParse(list, item?.list);
    return parsed.success ? parsed.output : undefined;
  }

  /** Stores the list of others that a zone holds, for whoever asks about an IP in it. @param shown canonical */
  async rememberForeign(zoneId: string, shown: readonly string[]): Promise<void> {
    const known = await this.foreign(zoneId);
    if (known && sameList(known, shown)) return;
    await this.#table.write([{ put: { ...foreignKey(zoneId), list: shown } }]);
  }
}

function readZone(item: Item | undefined): StoredZone {
  if (!item || item.owner === '') return 'none';
  const parsed = v.safeParse(schema, item);
  if (!parsed.success) return 'unreadable';
  const { owner, before, removed, added, write, at, found } = parsed.output;
  const gone = new Set(removed);
  const after = [...before.filter((entry) => !gone.has(entry)), ...added].sort();
  return { owner, write, at, before, after, ...(found && { found }) };
}

function asItWas(stored: ZoneRecord | 'none'): readonly Condition[] {
  if (stored === 'none') return [{ attribute: 'owner', equals: '', orAbsent: true }];
  return [
    { attribute: 'owner', equals: stored.owner },
    { attribute: 'write', equals: stored.write },
  ];
}

/** Each write has an owner and a number that no other has. What no condition can hold, such as a list, is left out. */
function unchanged(item: Item): readonly Condition[] {
  const absent = { owner: '', write: 0 };
  return (['owner', 'write'] as const).flatMap((attribute): readonly Condition[] => {
    const value = item[attribute];
    if (value === undefined) return [{ attribute, equals: absent[attribute], orAbsent: true }];
    if (typeof value === 'object') return [];
    // A number that no JavaScript holds exactly equals nothing that is stored.
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return [];
    return [{ attribute, equals: value }];
  });
}

function isSame(stored: StoredZone, wanted: ZoneRecord): boolean {
  if (typeof stored !== 'object') return false;
  const { owner, write, at, before, after } = stored;
  const numbers = owner === wanted.owner && write === wanted.write && at === wanted.at;
  return numbers && sameList(before, wanted.before) && sameList(after, [...wanted.after].sort());
}

function listKey(zoneId: string): Key {
  return { acl: `${ZONE_PARTITION}${zoneId}`, item: ZONE_ITEM.list };
}

function adoptionKey(zoneId: string): Key {
  return { acl: `${ZONE_PARTITION}${zoneId}`, item: ZONE_ITEM.adoption };
}

function foreignKey(zoneId: string): Key {
  return { acl: `${ZONE_PARTITION}${zoneId}`, item: ZONE_ITEM.foreign };
}
