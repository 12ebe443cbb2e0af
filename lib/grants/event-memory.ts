import { ITEM } from '../names.ts';
import type { Item, Table } from '../ports.ts';
import { timeOf } from './event-order.ts';
import type { Overtaker } from './event-result.ts';
import { guardingItems } from './guarded-write.ts';
import { isOrder, latestMoment, latestOrder } from './plausible.ts';
import { type AsideEvent, asideKey, readAside, readSeen, type SeenEvent, seenKey } from './seen-event.ts';

/** What is known of an event: that it was applied or, unless it was, that it was set aside. */
export type KnownEvent = { readonly seen: SeenEvent } | { readonly aside: AsideEvent };

/** What the table remembers of events beyond their grants, for whoever asks what became of one. */
export class EventMemory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * When a sender last revoked an IP, or one of its grants, as far as that is known and no grant has come since; -Infinity
   * where none has. All in milliseconds since the epoch.
   * @param ip canonical
   */
  async revokedAt(acl: string, ip: string, now: number): Promise<number> {
    const whole = await this.#table.get({ acl, item: `${ITEM.revoked}${ip}` });
    const moments = [storedAt(whole, now)];
    for await (const page of this.#table.queryPrefix(acl, `${ITEM.last}${ip}#`)) {
      moments.push(...page.map((row) => storedAt(row, now)));
    }
    return Math.max(...moments);
  }

  /** When a sender last flushed an ACL; -Infinity where none has. Milliseconds since the epoch. */
  async flushedAt(acl: string, now: number): Promise<number> {
    return storedAt(await this.#table.get({ acl, item: ITEM.flushed }), now);
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

/** What says no moment, or one that is still to come, says nothing. */
function storedAt(row: Item | undefined, now: number): number {
  const stored = row?.stored;
  return typeof stored === 'number' && stored <= latestMoment(now) ? stored : Number.NEGATIVE_INFINITY;
}

/** The table removes what is over within days, not at once. */
function isRemembered(ttl: unknown, now: number): boolean {
  return typeof ttl !== 'number' || ttl * 1_000 > now;
}
