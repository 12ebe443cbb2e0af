import * as v from 'valibot';
import { blockOf, formatBlock } from '../addresses/address-block.ts';
import { differenceOf, sameList } from '../addresses/list-difference.ts';
import { ITEM } from '../names.ts';
import type { Table } from '../ports.ts';

const list = v.pipe(v.array(v.string()), v.readonly());
const schema = v.object({
  item: v.string(),
  /** The list that Okta last showed or confirmed, before the write that this item is about. */
  written: list,
  /** What that write takes out of it and puts in; both empty where nothing is under way. */
  removed: list,
  added: list,
  /** Rises with each write of this zone. The state of the zones says which one Okta has confirmed. */
  write: v.number(),
  /** When that write was begun, in milliseconds since the epoch. */
  at: v.number(),
});

/** What is known of one zone's list, as canonical texts. */
export interface ZoneList {
  /** The list that Okta last showed or confirmed. */
  readonly written?: readonly string[];
  /** The list that a write was begun with since: the zone may have it, confirmed or not. */
  readonly intended?: readonly string[];
}
/** By zone id; a zone of which nothing is known is not there. */
export type KnownLists = Readonly<Record<string, ZoneList>>;

interface Stored {
  readonly list: ZoneList;
  readonly write: number;
  readonly at: number;
  readonly isConfirmed: boolean;
}

/**
 * The lists of one ACL's zones, each in an item of its own, as one run reads and stores them. They stand apart from the
 * state of the zones, which is written several times for each change: an item is paid for by its size, and may
 * have 400 KB. A list is stored once for a change, before the write to Okta; that it was confirmed, the state says.
 */
export class ZoneLists {
  readonly #table: Table;
  readonly #acl: string;
  readonly #assertHeld: () => Promise<void>;
  readonly #stored = new Map<string, Stored>();

  private constructor(table: Table, acl: string, assertHeld: () => Promise<void>) {
    this.#table = table;
    this.#acl = acl;
    this.#assertHeld = assertHeld;
  }

  /**
   * @param confirmedWrites from a state that was read before
   * @param assertHeld rejects when the ACL's lease is not the caller's; asked before anything is stored
   */
  static async read(
    table: Table,
    acl: string,
    confirmedWrites: Readonly<Record<string, number>>,
    assertHeld: () => Promise<void>,
  ): Promise<ZoneLists> {
    const lists = new ZoneLists(table, acl, assertHeld);
    for await (const page of table.queryPrefix(acl, ITEM.list)) {
      for (const item of page) {
        const stored = v.safeParse(schema, item);
        // What another version has left must not stop this one: then nothing is known of the zone.
        if (!stored.success) continue;
        const { written, removed, added, write, at, item: name } = stored.output;
        const zoneId = name.slice(ITEM.list.length);
        const isConfirmed = confirmedWrites[zoneId] === write;
        const isSettled = removed.length + added.length === 0;
        const gone = new Set(removed);
        const intended = [...written.filter((entry) => !gone.has(entry)), ...added].sort();
        const known = isConfirmed ? { written: intended } : isSettled ? { written } : { written, intended };
        lists.#stored.set(zoneId, { list: known, write, at, isConfirmed });
      }
    }
    return lists;
  }

  /** What is known of the lists, as it was read. */
  known(): KnownLists {
    return Object.fromEntries([...this.#stored].map(([zoneId, stored]) => [zoneId, stored.list]));
  }

  /**
   * When the latest write was begun of which nobody knows what became: whoever began it may have died, and Okta may
   * still carry it out. Milliseconds since the epoch; undefined: there is none.
   */
  inDoubtSince(): number | undefined {
    const unknown = [...this.#stored.values()].filter(({ list }) => list.intended !== undefined);
    return unknown.length === 0 ? undefined : Math.max(...unknown.map(({ at }) => at));
  }

  /** Remembers that a zone which has one list is about to be given another. @param at now */
  async announce(zoneId: string, written: readonly string[], intended: readonly string[], at: number): Promise<void> {
    await this.#store(zoneId, { written, intended }, at);
  }

  /**
   * Remembers what a run has found out.
   * @param at now, in milliseconds since the epoch
   * @returns for the state: by zone id, the write that is now confirmed
   */
  async settle(known: KnownLists, at: number): Promise<Record<string, number>> {
    const confirmed: Record<string, number> = {};
    for (const [zoneId, { written, intended }] of Object.entries(known)) {
      const stored = this.#stored.get(zoneId);
      if (written && !intended && !isStored(written, stored)) await this.#store(zoneId, { written }, at);
      const last = this.#stored.get(zoneId);
      if (last && (last.isConfirmed || (!intended && last.list.intended))) confirmed[zoneId] = last.write;
    }
    return confirmed;
  }

  async #store(zoneId: string, { written = [], intended = written }: ZoneList, at: number): Promise<void> {
    await this.#assertHeld();
    const write = (this.#stored.get(zoneId)?.write ?? 0) + 1;
    const change = differenceOf(written, intended);
    const put = { acl: this.#acl, item: `${ITEM.list}${zoneId}`, written, ...change, write, at };
    await this.#table.write([{ put }]);
    this.#stored.set(zoneId, { list: { written, intended }, write, at, isConfirmed: false });
  }
}

/** Whether the list is what is stored, or what a stored write was begun with. */
function isStored(written: readonly string[], stored: Stored | undefined): boolean {
  const last = stored?.list.intended ?? stored?.list.written;
  return last !== undefined && sameList(last, written);
}

/** Entries in all lists together. The sentinel stands in a list only while nothing else does: it takes nobody's place. */
export function gatewaysIn(lists: KnownLists, sentinel: string): number {
  const placeholder = formatBlock(blockOf(sentinel));
  const used = Object.values(lists).map(({ written = [] }) => written.filter((entry) => entry !== placeholder));
  return used.reduce((sum, entries) => sum + entries.length, 0);
}
