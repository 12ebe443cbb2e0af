import type { IpPolicy } from '../../lib/addresses/ip-address.ts';
import { CachedSecret } from '../../lib/cached-secret.ts';
import type { EventResult } from '../../lib/grants/event-result.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import type { Holder } from '../../lib/grants/grant-items.ts';
import { GrantJudge, isUnusable } from '../../lib/grants/judge-grant.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { type Wake, WakeItem } from '../../lib/grants/wake-item.ts';
import { ITEM } from '../../lib/names.ts';
import { OktaRest, type Rest } from '../../lib/okta/rest.ts';
import type { Item, Table, Write, WriteResult } from '../../lib/ports.ts';
import type { ZoneState } from '../../lib/zones/zone-state.ts';
import { type Taken, ZoneStates } from '../../lib/zones/zone-states.ts';

/** Copies of production classes with one thing wrong in each, for the proof that the simulation would notice. */

/** A table through which every write passes changed. */
export function rewriting(table: Table, rewrite: (write: Write) => Write): Table {
  return {
    get: (key, options) => table.get(key, options),
    write: (writes): Promise<WriteResult> => table.write(writes.map(rewrite)),
    queryPrefix: (...query) => table.queryPrefix(...query),
    queryExpiry: (...range) => table.queryExpiry(...range),
  };
}

/** What is written to items of this name goes nowhere. */
export function forgetting(table: Table, prefix: string): Table {
  return rewriting(table, (write) => {
    if (!('put' in write) || !write.put.item.startsWith(prefix)) return write;
    return { put: { acl: write.put.acl, item: `FORGOTTEN#${write.put.item}` } };
  });
}

/** Removes what is due, whatever became of it since it was read. */
export class UnconditionalEnd extends GrantBook {
  readonly #table: Table;
  constructor(...made: ConstructorParameters<typeof GrantBook>) {
    super(...made);
    [this.#table] = made;
  }
  override async end(rows: readonly Item[]): Promise<number> {
    for (const { acl, item } of rows) await this.#table.write([{ remove: { acl, item } }]);
    return rows.length;
  }
}

/** Counts a lifetime from the moment the event is applied. */
export class ExpiryAsDelta extends GrantBook {
  override async apply(event: QueuedEvent, position: string, now: number): Promise<EventResult> {
    if (event.expiresAt === undefined) return super.apply(event, position, now);
    const lifetime = event.expiresAt - Number(event.timestamp / 1_000_000n);
    return super.apply({ ...event, expiresAt: now + lifetime }, position, now);
  }
}

/** Takes what the table has for what is live, and leaves deleting to the table's TTL. */
export class TtlLiveness extends GrantBook {
  readonly #policy: IpPolicy;
  constructor(...made: ConstructorParameters<typeof GrantBook>) {
    super(...made);
    [, this.#policy] = made;
  }
  override async holders(acl: string, now: number): Promise<Holder[]> {
    const judge = new GrantJudge(this.#policy, now);
    const rows = await this.between(acl, 0, Number.MAX_SAFE_INTEGER);
    return rows.flatMap((row) => {
      const judged = judge.judge(row);
      return isUnusable(judged) ? [] : [judged];
    });
  }
  override async end(): Promise<number> {
    return 0;
  }
}

/** What it has read of the grants serves for the rebuilds of the next seconds too, whatever has changed. */
export class NothingReadAgain extends GrantBook {
  readonly #read = new Map<string, { readonly at: number; readonly holders: readonly Holder[] }>();
  override async holders(...[acl, now, wake]: Parameters<GrantBook['holders']>): Promise<readonly Holder[]> {
    const before = this.#read.get(acl);
    if (before && now >= before.at && now < before.at + 4_000) return before.holders;
    const holders = await super.holders(acl, now, wake);
    this.#read.set(acl, { at: now, holders });
    return holders;
  }
}

class AlwaysUsed extends WakeItem {
  override async read(acl: string): Promise<Wake> {
    const wake = await super.read(acl);
    return { ...wake, events: wake.events ?? { position: '', recent: [], count: 0 } };
  }
}

/** Writes zones before anything is known of who should be in them. */
export class NoAdoption extends GrantBook {
  override readonly wake: WakeItem;
  constructor(...args: ConstructorParameters<typeof GrantBook>) {
    super(...args);
    this.wake = new AlwaysUsed(args[0]);
  }
}

/** Any rebuild may write, whoever else does. */
export class NoLease extends ZoneStates {
  readonly #table: Table;
  constructor(table: Table) {
    super(table);
    this.#table = table;
  }
  override async take(acl: string): Promise<Taken> {
    return { taken: true, state: await this.get(acl), unreadable: [], isUndisturbed: false };
  }
  override async assertHeld(): Promise<void> {}
  override async release(acl: string, _owner: string, state: ZoneState): Promise<void> {
    await this.#table.write([{ put: { acl, item: ITEM.state, ...state } }]);
  }
}

/** Asks Okta again whatever it said. */
export class NoRest extends OktaRest {
  override async get(): Promise<Rest> {
    return { until: 0, refusals: 0 };
  }
}

/** Keeps the first answer for ever, also where that was none. */
export class KeptForEver extends CachedSecret {
  #first: Promise<string | undefined> | undefined;
  override get(): Promise<string | undefined> {
    this.#first ??= super.get();
    return this.#first;
  }
  override async getOtherThan(): Promise<undefined> {
    return undefined;
  }
}

/** Takes an update without an answer for one that never comes. */
export class NoDoubt extends ZoneStates {
  override async release(acl: string, owner: string, state: ZoneState): Promise<void> {
    const zones = Object.entries(state.zones).map(([zoneId, { doubtUntil, ...memory }]) => [zoneId, memory]);
    await super.release(acl, owner, { ...state, zones: Object.fromEntries(zones) });
  }
}
