import { WakeItem } from '../grants/wake-item.ts';
import { ITEM } from '../names.ts';
import { OktaRest } from '../okta/rest.ts';
import type { Condition, Item, Key, Table } from '../ports.ts';
import { ZoneItems } from './zone-items.ts';
import { type Lease, readLease, readState, storedState, type ZoneState } from './zone-state.ts';

export type Taken =
  | {
      readonly taken: true;
      readonly state: ZoneState;
      readonly unreadable: readonly string[];
      /** Nobody else had the lease since a rebuild of this process let go of it. */
      readonly isUndisturbed: boolean;
    }
  | { readonly taken: false; readonly until: number; readonly state: ZoneState };

/** Who was seen to hold the lease so recently holds it: a GET of a zone and the PUT after it are one look. In milliseconds. */
const LOOK_MS = 1_000;

/** Another rebuild has taken the lease: this one outlived it, and must write nothing more. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** The state item of each ACL, which holds the lease on its zones too. */
export class ZoneStates {
  readonly #table: Table;
  /** By ACL: the rebuild of this process that has let go of the lease last. */
  readonly #lastOwners = new Map<string, string>();
  /** By ACL: who was seen to hold the lease, and when, in milliseconds since the epoch. */
  readonly #seen = new Map<string, { readonly owner: string; readonly at: number }>();
  readonly rest: OktaRest;
  readonly items: ZoneItems;

  constructor(table: Table, rest = new OktaRest(table)) {
    this.#table = table;
    this.rest = rest;
    this.items = new ZoneItems(table);
  }

  /** @returns with nothing known where nothing was ever saved */
  async get(acl: string, options: { readonly stale?: boolean } = {}): Promise<ZoneState> {
    return readState(await this.#table.get(keyOf(acl), options)).state;
  }

  /**
   * @param now milliseconds since the epoch
   * @returns the state, and whether somebody holds the lease, or has died with it
   */
  async peek(
    acl: string,
    now: number,
  ): Promise<{ readonly state: ZoneState; readonly lease?: Lease; readonly wasLeft: boolean }> {
    const item = await this.#table.get(keyOf(acl));
    const lease = readLease(item, now);
    const { state } = readState(item);
    return { state, ...(lease && { lease }), wasLeft: !lease && item?.leaseOwner !== undefined };
  }

  /** @returns undefined where nobody rebuilds the ACL's zones. @param now milliseconds since the epoch */
  async lease(acl: string, now: number): Promise<Lease | undefined> {
    return readLease(await this.#table.get(keyOf(acl)), now);
  }

  /**
   * Takes the ACL's lease, where nobody holds it.
   *
   *     holder   ── takes ──── works ──── saves and lets go
   *     others      refused: they come again when the lease is over, or let go
   *
   * @param owner names this rebuild; unique
   * @param now milliseconds since the epoch, like `until`
   * @param configHash of the configuration that it knows
   */
  async take(acl: string, owner: string, now: number, until: number, configHash = ''): Promise<Taken> {
    const item = await this.#table.get(keyOf(acl));
    const held = readLease(item, now);
    const { state, unreadable } = readState(item);
    const lastOwner = this.#lastOwners.get(acl);
    const isUndisturbed = lastOwner !== undefined && item?.savedBy === lastOwner && item.leaseOwner === undefined;
    if (!isUndisturbed) this.items.forgetKnown(acl);
    if (held && held.owner !== owner) return { taken: false, until: held.until, state };
    const set = { leaseOwner: owner, leaseUntil: until, leaseConfig: configHash };
    const update = { update: keyOf(acl), set, when: leaseAsItWas(item) };
    const { written } = await this.#table.write([update]);
    // Somebody else was faster; or the answer to a first try was lost, and the lease is ours.
    const now1 = written ? undefined : readLease(await this.#table.get(keyOf(acl)), now);
    if (!written && now1?.owner !== owner) return { taken: false, until: now1?.until ?? now, state };
    this.#seen.set(acl, { owner, at: now });
    // The rebuild before has died: what it was shown is lost, and a write of its may be under way.
    const hasDied = item?.leaseOwner !== undefined && item.leaseOwner !== owner;
    return {
      taken: true,
      state: hasDied ? inDoubt(state, now) : state,
      unreadable,
      isUndisturbed: isUndisturbed && written,
    };
  }

  /** @param now milliseconds since the epoch. @throws {LeaseLost} when the lease is not `owner`'s */
  async assertHeld(acl: string, owner: string, now: number): Promise<void> {
    const seen = this.#seen.get(acl);
    if (seen?.owner === owner && now >= seen.at && now < seen.at + LOOK_MS) return;
    const item = await this.#table.get(keyOf(acl));
    if (item?.leaseOwner !== owner) throw new LeaseLost(`the lease on ${acl} was taken over`);
    this.#seen.set(acl, { owner, at: now });
  }

  /**
   * Saves what is known of the zones so far. The lease is kept.
   * @throws {LeaseLost} when the lease is no longer `owner`'s
   */
  async saveZones(acl: string, owner: string, zones: ZoneState['zones']): Promise<void> {
    const set = { zones: storedState({ zones }).zones ?? {} };
    const when = [{ attribute: 'leaseOwner', equals: owner } as const];
    const { written } = await this.#table.write([{ update: keyOf(acl), set, when }]);
    if (!written) throw new LeaseLost(`the lease on ${acl} was taken over`);
  }

  /**
   * Saves what is to be remembered, and lets go of the lease.
   * @throws {LeaseLost} when the lease is no longer `owner`'s
   */
  async release(acl: string, owner: string, state: ZoneState): Promise<void> {
    const put = { ...keyOf(acl), ...storedState(state), savedBy: owner };
    this.#lastOwners.set(acl, owner);
    const { written } = await this.#table.write([{ put, when: [{ attribute: 'leaseOwner', equals: owner }] }]);
    if (written) return;
    // The answer to a first try may have been lost: then nobody holds the lease.
    const item = await this.#table.get(keyOf(acl));
    if (item?.leaseOwner !== undefined) throw new LeaseLost(`the lease on ${acl} was taken over`);
  }

  /** Asks the zone function for a rebuild: the table's stream carries the request. */
  async requestRebuild(acl: string, reason: string): Promise<void> {
    await new WakeItem(this.#table).ask(acl, reason);
  }

  /** Asks for a rebuild that reads every zone, whether it is due or not. */
  async requestReading(acl: string, reason: string, now: number): Promise<void> {
    await new WakeItem(this.#table).askForReading(acl, reason, now);
  }
}

/** Every zone is to be read again. @param now milliseconds since the epoch */
function inDoubt(state: ZoneState, now: number): ZoneState {
  // Whoever has died may have written a zone since that was told.
  const zones = Object.entries(state.zones).map(([zoneId, { told, ...memory }]) => {
    const doubtUntil = Math.max(memory.doubtUntil ?? 0, now);
    return [zoneId, { ...memory, doubtUntil }] as const;
  });
  return { ...state, zones: Object.fromEntries(zones) };
}

/** Whoever takes the lease must be the only one: nobody may have written one since the item was read. */
function leaseAsItWas(item: Item | undefined): readonly Condition[] {
  const { leaseOwner, leaseUntil } = item ?? ({} as Partial<Item>);
  // What can't be compared is none of ours, and nobody can have taken it.
  const conditions = [
    ['leaseOwner', leaseOwner],
    ['leaseUntil', leaseUntil],
  ] as const;
  return conditions.flatMap(([attribute, value]) => {
    if (value === undefined) return [{ attribute, equals: '', orAbsent: true } as const];
    return typeof value === 'object' ? [] : [{ attribute, equals: value } as const];
  });
}

function keyOf(acl: string): Key {
  return { acl, item: ITEM.state };
}
