import { type IpPolicy, isAcceptedHost } from '../addresses/ip-address.ts';
import { ITEM, TABLE } from '../names.ts';
import type { Item, Key, Telemetry } from '../ports.ts';
import { timeOf } from './event-order.ts';
import { type Grant, grantKey, type Holder } from './grant-items.ts';
import { isOrder, isText, latestExpiry, latestMoment, latestOrder } from './plausible.ts';

/** A row that is none of ours, or says what cannot be. It lets nobody in, and keeps nobody out. */
export interface UnusableRow extends Key {
  /** What is wrong with it; nothing of what it says. */
  readonly why: string;
}

export const NO_ORDER = 'its order is not one that an event can have';
const OF_ANOTHER = 'it stands under the name of another grant';
/** Rows that are named one by one at a time. */
const NAMED = 10;

/** Judges rows of grants as the webhook judges events. */
export class GrantJudge {
  readonly #policy: IpPolicy;
  readonly #latestOrder: string;
  readonly #latestExpiry: number;
  readonly #now: number;

  /** @param now milliseconds since the epoch */
  constructor(policy: IpPolicy, now: number) {
    this.#policy = policy;
    this.#latestOrder = latestOrder(now);
    this.#latestExpiry = latestExpiry(now);
    this.#now = now;
  }

  /** @returns the grant, or what is wrong with the row */
  judge(row: Item): Grant | UnusableRow {
    const { acl, grantId, user, order } = row;
    const unusable = (why: string) => ({ acl, item: row.item, why });
    // A later event leaves `since` as it is, whatever it is.
    const says = this.saysSince(row) || order === undefined;
    const holder = this.judgeHolder(says ? row : { ...row, since: order });
    if (isUnusable(holder)) return holder;
    if (grantId !== undefined && !isText(grantId)) return unusable('its grantId is not one');
    if (user !== undefined && !isText(user)) return unusable('its user is not one');
    if (!isOrder(order, this.#latestOrder)) return unusable(NO_ORDER);
    const texts = { ...(grantId !== undefined && { grantId }), ...(user !== undefined && { user }) };
    const grant = { acl, ...holder, ...texts, order, stored: this.#storedOf(row, order) };
    return grantKey(grant).item === row.item ? grant : unusable(OF_ANOTHER);
  }

  /** @returns the grant, if the row is one that lives */
  live(row: Item): Grant | undefined {
    const judged = this.judge(row);
    return isUnusable(judged) || judged.expiresAt <= this.#now ? undefined : judged;
  }

  /** No event is stored before it has happened, nor after now. */
  #storedOf({ stored }: Item, order: string): number {
    const isMoment = Number.isSafeInteger(stored) && Number(stored) <= latestMoment(this.#now);
    return isMoment ? Number(stored) : timeOf(order);
  }

  /** Whether a row says since when its grant stands. Where it does not, the order of its last event does. */
  saysSince({ since }: Item): boolean {
    return isOrder(since, this.#latestOrder);
  }

  /** Judges what the index by expiry holds of a row. @returns what the lists are made of, or what is wrong with the row */
  judgeHolder({ acl, item, ip, expiresAt, since }: Item): Holder | UnusableRow {
    const unusable = (why: string) => ({ acl, item, why });
    if (typeof ip !== 'string' || !isAcceptedHost(ip, this.#policy)) return unusable('its IP is not acceptable');
    if (!Number.isSafeInteger(expiresAt)) return unusable(`its ${TABLE.expiryAttribute} is no moment`);
    if (Number(expiresAt) > this.#latestExpiry) return unusable('it ends later than any grant can');
    if (!isOrder(since, this.#latestOrder)) return unusable(NO_ORDER);
    if (!item.startsWith(`${ITEM.grant}${ip}#`)) return unusable(OF_ANOTHER);
    return { ip, expiresAt: Number(expiresAt), since };
  }
}

export function isUnusable<T extends object>(judged: T | UnusableRow): judged is UnusableRow {
  return 'why' in judged;
}

/** Tells of rows that cannot be used: STORE002, each by its key and with what is wrong with it. */
export function reportUnusable(rows: readonly UnusableRow[], telemetry: Pick<Telemetry, 'error'>): void {
  for (const { acl, item, why } of rows.slice(0, NAMED)) {
    telemetry.error('STORE002', `a stored row is left out: ${why}`, { acl, item });
  }
  const more = rows.length - NAMED;
  if (more > 0) telemetry.error('STORE002', `${more} more stored rows are left out`, { acl: rows[0]?.acl, more });
}
