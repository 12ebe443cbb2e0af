import * as v from 'valibot';
import { allErrorCodes } from '../error-codes.ts';
import { WakeItem } from '../grants/wake-item.ts';
import { ITEM } from '../names.ts';
import { OktaRest } from '../okta/rest.ts';
import type { Key, Table } from '../ports.ts';
import { ZoneLists } from './zone-lists.ts';

const moment = v.number();
const list = v.pipe(v.array(v.string()), v.readonly());
const schema = v.object({
  /** Before this moment no further call goes out for these zones (pacing). */
  notBefore: v.exactOptional(moment),
  /** A message on the timer queue wakes the ACL at this moment. */
  wakeAt: v.exactOptional(moment),
  /** When the zones were last seen to be right. */
  verifiedAt: v.exactOptional(moment),
  /** Events up to this position of the queue are reflected in what Okta confirmed. */
  confirmedPosition: v.exactOptional(v.string()),
  /** Events up to this position had been read when the last failure happened. */
  failedPosition: v.exactOptional(v.string()),
  /** Something is left to do that no event announces. */
  needsSync: v.exactOptional(v.boolean()),
  /** A write of which no answer came may take effect as late as this. */
  doubtUntil: v.exactOptional(moment),
  /** Failures in a row. */
  failures: v.exactOptional(v.number()),
  /** A code that only another version knows must not stop this one from reading the rest. */
  lastError: v.exactOptional(
    v.object({ code: v.fallback(v.picklist(allErrorCodes()), 'ZONE003'), at: moment, detail: v.string() }),
  ),
  /** Fingerprint of the configuration that the last confirmed lists were made with. */
  configHash: v.exactOptional(v.string()),
  /** Soonest expiry among the grants in the last confirmed lists; 0: none. */
  nextExpiry: v.exactOptional(moment),
  /** IPs that fit into no zone, first come first: the first of them by name, and how many they are. */
  waiting: v.exactOptional(list),
  waitingCount: v.exactOptional(v.number()),
  /** Per zone id, the write of its list that Okta has confirmed: see `ZoneLists`. */
  confirmedWrites: v.exactOptional(v.pipe(v.record(v.string(), v.number()), v.readonly())),
  /** Entries in all lists together, without sentinels. */
  gateways: v.exactOptional(v.number()),
  leaseUntil: v.exactOptional(moment),
  /** Rises whenever somebody found the lease taken. */
  news: v.exactOptional(v.number()),
});

/** What is remembered of an ACL's zones between rebuilds. All moments in milliseconds since the epoch. */
export type ZoneState = Readonly<v.InferOutput<typeof schema>>;

export interface StateChange {
  readonly set: Partial<ZoneState>;
  readonly clear?: readonly (keyof ZoneState)[];
}

export type Lease =
  | { readonly taken: true; readonly state: ZoneState }
  | { readonly taken: false; readonly until: number; readonly state: ZoneState };

/** Another rebuild has taken the lease: this one outlived it, and must write nothing more. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** The zone item of each ACL: the lease on it and the state of its zones, whose lists stand apart. */
export class ZoneStates {
  readonly #table: Table;
  readonly rest: OktaRest;

  constructor(table: Table, rest = new OktaRest(table)) {
    this.#table = table;
    this.rest = rest;
  }

  /** @returns an empty state where nothing was ever saved */
  async get(acl: string, options: { readonly stale?: boolean } = {}): Promise<ZoneState> {
    return v.parse(schema, (await this.#table.get(zoneKey(acl), options)) ?? {});
  }

  /**
   * @param state read before
   * @param owner of the lease; without it the lists can only be read
   */
  async lists(acl: string, state: ZoneState, owner?: string): Promise<ZoneLists> {
    return ZoneLists.read(this.#table, acl, state.confirmedWrites ?? {}, () => this.assertHeld(acl, owner));
  }

  /**
   * Takes the ACL's lease, or leaves a mark that its holder must see before it lets go.
   * @param owner names this rebuild; unique
   * @param now milliseconds since the epoch, like `until`
   */
  async acquire(acl: string, owner: string, now: number, until: number): Promise<Lease> {
    if (!(await this.#take(acl, owner, now, until))) {
      await this.#table.write([{ update: zoneKey(acl), add: { news: 1 }, set: { needsSync: true } }]);
      // The holder may have let go between the two writes, without having seen the mark.
      if (!(await this.#take(acl, owner, now, until))) {
        const state = await this.get(acl);
        return { taken: false, until: state.leaseUntil ?? now, state };
      }
    }
    return { taken: true, state: await this.get(acl) };
  }

  /** @throws {LeaseLost} when the lease is not `owner`'s */
  async assertHeld(acl: string, owner: string | undefined): Promise<void> {
    const item = await this.#table.get(zoneKey(acl));
    if (owner === undefined || item?.leaseOwner !== owner) throw new LeaseLost(`the lease on ${acl} was taken over`);
  }

  /** @throws {LeaseLost} when the lease is no longer `owner`'s */
  async save(acl: string, owner: string, change: StateChange): Promise<void> {
    const saved = await this.#table.write([
      {
        update: zoneKey(acl),
        set: change.set,
        remove: change.clear ?? [],
        when: [{ attribute: 'leaseOwner', equals: owner }],
      },
    ]);
    if (!saved.written) throw new LeaseLost(`the lease on ${acl} was taken over`);
  }

  /**
   * Saves, and lets go of the lease unless a mark was left since `news` was read.
   * @returns whether the lease was let go
   * @throws {LeaseLost}
   */
  async release(acl: string, owner: string, change: StateChange, news = 0): Promise<boolean> {
    const released = await this.#table.write([
      {
        update: zoneKey(acl),
        set: change.set,
        remove: ['leaseOwner', 'leaseUntil', ...(change.clear ?? [])],
        when: [
          { attribute: 'leaseOwner', equals: owner },
          { attribute: 'news', equals: news, orAbsent: true },
        ],
      },
    ]);
    if (!released.written) await this.save(acl, owner, change);
    return released.written;
  }

  /** Remembers that a message wakes the ACL at the moment; needs no lease. */
  async noteWake(acl: string, wakeAt: number): Promise<void> {
    await this.#table.write([{ update: zoneKey(acl), set: { wakeAt } }]);
  }

  /** Asks the zone function for a rebuild: the table's stream carries the request. */
  async requestRebuild(acl: string, reason: string, now: number): Promise<void> {
    await new WakeItem(this.#table).ask(acl, reason, now);
  }

  async #take(acl: string, owner: string, now: number, until: number): Promise<boolean> {
    const result = await this.#table.write([
      {
        update: zoneKey(acl),
        set: { leaseOwner: owner, leaseUntil: until },
        when: [{ attribute: 'leaseUntil', below: now, orAbsent: true }],
      },
    ]);
    return result.written;
  }
}

function zoneKey(acl: string): Key {
  return { acl, item: ITEM.zone };
}
