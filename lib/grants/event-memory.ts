import type { Table } from '../ports.ts';
import { timeOf } from './event-order.ts';
import type { Overtaker } from './event-result.ts';
import { guardingItems } from './guarded-write.ts';
import { isOrder, latestOrder } from './plausible.ts';
import { type AsideEvent, asideKey, readAside, readSeen, type SeenEvent, seenKey } from './seen-event.ts';

/** What is known of an event: that it was applied or, unless it was, that it was set aside. */
export type KnownEvent = { readonly seen: SeenEvent } | { readonly aside: AsideEvent };

/** What the table remembers of events beyond their grants, for whoever asks what became of one. */
export class EventMemory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @param now milliseconds since the epoch. @returns undefined while it is neither applied nor set aside */
  async get(acl: string, webhookId: string, now: number): Promise<KnownEvent | undefined> {
    const name = { acl, webhookId };
    const applied = await this.#table.get(seenKey(name), { stale: true });
    const seen = isRemembered(applied?.ttl, now) ? readSeen(applied) : undefined;
    if (seen) return { seen };
    const setAside = await this.#table.get(asideKey(name), { stale: true });
    const aside = isRemembered(setAside?.ttl, now) ? readAside(setAside) : undefined;
    return aside && { aside };
  }

  /**
   * What has overtaken an event since it was applied: the first later one that concerns it. Of a grant that was over by
   * itself before that, nothing has.
   * @param now milliseconds since the epoch
   */
  async overtaker(acl: string, event: SeenEvent, now: number): Promise<Overtaker | undefined> {
    const { type, grantId, order, expiresAt = Number.POSITIVE_INFINITY } = event;
    if (type === 'access.flushed' || (type === 'access.revoked' && grantId === undefined)) return undefined;
    const latest = latestOrder(now);
    const found = await Promise.all(
      guardingItems(event).map(async ([item, by]) => {
        const stored = (await this.#table.get({ acl, item }))?.order;
        return isOrder(stored, latest) && stored > order && timeOf(stored) < expiresAt ? [{ by, order: stored }] : [];
      }),
    );
    const [first] = found.flat().sort((a, b) => (a.order < b.order ? -1 : 1));
    return first?.by;
  }
}

/** The table removes what is over within days, not at once. */
function isRemembered(ttl: unknown, now: number): boolean {
  return typeof ttl !== 'number' || ttl * 1_000 > now;
}
