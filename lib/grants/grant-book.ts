import type { IpPolicy } from '../addresses/ip-address.ts';
import { ITEM } from '../names.ts';
import type { Item, Table, Telemetry } from '../ports.ts';
import { later } from '../queue-position.ts';
import { EventMemory } from './event-memory.ts';
import { eventOrder, MEMORY_SECONDS } from './event-order.ts';
import type { EventResult } from './event-result.ts';
import { EventWriter } from './event-writer.ts';
import { type EndedGrant, type Grant, grantKey, type Holder } from './grant-items.ts';
import { Holders, usable } from './holders.ts';
import { GrantJudge, isUnusable, reportUnusable, type UnusableRow } from './judge-grant.ts';
import { latestOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';
import { withEvent } from './recent-events.ts';
import { type AsideEvent, asideKey, seenItem } from './seen-event.ts';
import { type AclEvents, type Wake, WakeItem, wakeKey } from './wake-item.ts';
import { writeEach } from './write-each.ts';

/** What the batch under way has come to for one ACL. */
interface Progress {
  /** The position that the batch began from. */
  readonly base: string | undefined;
  /** Up to where the ACL's events are applied; undefined until it has seen one. */
  events: AclEvents | undefined;
  /** Something was changed that is in no event's entry: a part of one that failed, or one that came too late. */
  hasGap: boolean;
  /** Something is to be announced. */
  hasChanged: boolean;
}

/**
 * The grants and their history in the table. The rules of ordering are conditions on the writes,
 * so a function that died half-way, or whose last write arrives late, can't undo a later event.
 */
export class GrantBook {
  readonly #table: Table;
  readonly #policy: IpPolicy;
  readonly #report: (rows: readonly UnusableRow[]) => void;
  readonly wake: WakeItem;
  readonly memory: EventMemory;
  readonly #writer: EventWriter;
  readonly #holders: Holders;
  /** By ACL. Nothing is kept from one batch to the next: another process may have gone further meanwhile. */
  readonly #batch = new Map<string, Progress>();

  /**
   * @param policy which IPs are let in: a row with another is left out
   * @param telemetry is told of rows that cannot be used (STORE002); they stop nobody else
   */
  constructor(table: Table, policy: IpPolicy, telemetry: Pick<Telemetry, 'error'>) {
    this.#table = table;
    this.#policy = policy;
    this.#report = (rows) => reportUnusable(rows, telemetry);
    this.wake = new WakeItem(table);
    this.memory = new EventMemory(table);
    this.#writer = new EventWriter(table, this.#report);
    this.#holders = new Holders(table, policy, this.#report);
  }

  /**
   * Applies one event, once: the same webhook id again, or the same message redelivered, changes nothing.
   * @param queuedAt the message's position on the queue
   * @param now milliseconds since the epoch
   * @param ended is told of the grants that a flush or the revoke of a whole IP has ended, as they end
   * @param messageId the message's id
   * @throws whatever the table throws; the event can then be applied again
   */
  async apply(
    event: QueuedEvent,
    queuedAt: string,
    now: number,
    ended: (grants: readonly EndedGrant[]) => void = () => {},
    messageId?: string,
  ): Promise<EventResult> {
    const progress = await this.#progressOf(event.acl);
    // A queue that was made anew may count from lower numbers: what is applied later stands later all the same.
    const position = later(queuedAt, progress.events?.position);
    const order = eventOrder(event.timestamp, event.firstPosition ?? position);
    const ttl = Math.floor(now / 1000) + MEMORY_SECONDS;
    const judge = new GrantJudge(this.#policy, now);
    const isLive = (row: Item) => judge.live(row) !== undefined;
    const isOver = ({ over, expiresAt }: Item) =>
      over !== undefined || (typeof expiresAt === 'number' && expiresAt <= now);
    const seen = seenItem(event, { order, position, queuedAt, ttl, messageId });
    const { firstPosition = queuedAt, earlierIds = [] } = event;
    const messages = { positions: [queuedAt, firstPosition], ids: earlierIds };
    const facts = { order, now, ttl, seen, messages, latest: latestOrder(now), isLive, isOver };
    const ofOne = event.type === 'access.granted' || (event.type === 'access.revoked' && event.grantId !== undefined);
    let result: EventResult;
    try {
      result = ofOne
        ? await this.#writer.applyToOne(event, facts)
        : await this.#writer.applyToMany(event, facts, (grants) => {
            // Also where the rest fails: these must leave the zone.
            if (grants.length > 0) progress.hasChanged = true;
            ended(grants);
          });
    } catch (error) {
      progress.hasGap = true;
      throw error;
    }
    progress.hasChanged = true;
    // One that took too long may end behind its successors.
    if (position > (progress.events?.position ?? '')) {
      const { recent, from, count } = progress.events ?? { recent: [], count: 0 };
      const entry = [position, event.webhookId, event.ip ?? ''] as const;
      const all = withEvent({ recent, from: progress.hasGap ? position : from }, entry);
      progress.events = { position, count: count + 1, ...all };
      progress.hasGap = false;
    } else progress.hasGap = true;
    return result;
  }

  /**
   * Ends a batch: wakes the zone function for all that it has changed, once for each ACL. Until this has resolved no message
   * may be deleted: what comes again is a duplicate, and is announced then.
   * @param now milliseconds since the epoch
   * @param failed is told of each ACL for which the table failed
   * @throws {AggregateError} after all ACLs are done, when it failed for some
   */
  async announce(now: number, failed: (acl: string, error: unknown) => void = () => {}): Promise<void> {
    const changed = [...this.#batch].filter(([, { hasChanged }]) => hasChanged);
    this.#batch.clear();
    const failures: unknown[] = [];
    await Promise.all(
      changed.map(async ([acl, { base, events, hasGap }]) => {
        try {
          if (events) await this.wake.announce(acl, hasGap ? { ...events, from: undefined } : events, base, now);
          else await this.wake.changed(acl, 'an event was applied in part');
        } catch (error) {
          failures.push(error);
          failed(acl, error);
        }
      }),
    );
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} ACLs could not be woken`);
  }

  /** Grants that are live at `now` (milliseconds since the epoch), all pages, strongly consistent, soonest expiry first. */
  async live(acl: string, now: number): Promise<Grant[]> {
    const judge = new GrantJudge(this.#policy, now);
    const pages = this.#table.queryPrefix(acl, ITEM.grant);
    const grants = await usable(liveOf(pages, now), (row) => judge.judge(row), this.#report);
    return grants.sort((a, b) => a.expiresAt - b.expiresAt);
  }

  /** The same, and no more of each than the zones' lists are made of: that costs the least to read. See `Holders`. */
  async holders(acl: string, now: number, wake?: Wake): Promise<readonly Holder[]> {
    return this.#holders.live(acl, now, wake);
  }

  /** Live grants of one IP, whatever their names, as `live` has them. @param ip canonical */
  async liveOn(acl: string, ip: string, now: number): Promise<Grant[]> {
    const judge = new GrantJudge(this.#policy, now);
    const grants: Grant[] = [];
    for await (const page of this.#table.queryPrefix(acl, `${ITEM.grant}${ip}#`)) {
      // Whoever lists all grants reports those that cannot be used.
      grants.push(...page.flatMap((row) => judge.live(row) ?? []));
    }
    return grants;
  }

  /** What is stored of one grant: it lives, it is not there or over, or it can't be used. */
  async stored(grant: Pick<Grant, 'acl' | 'ip' | 'grantId'>, now: number): Promise<'live' | 'gone' | 'unusable'> {
    const row = await this.#table.get(grantKey(grant));
    if (!row) return 'gone';
    const judged = new GrantJudge(this.#policy, now).judge(row);
    if (isUnusable(judged)) return 'unusable';
    return judged.expiresAt > now ? 'live' : 'gone';
  }

  /**
   * The rows of grants with `after < expiresAt <= upTo` (milliseconds since the epoch), soonest first, as they are
   * stored: also those that cannot be used, since these too must go when they are due.
   */
  async between(acl: string, after: number, upTo: number): Promise<Item[]> {
    const rows: Item[] = [];
    for await (const page of this.#table.queryExpiry(acl, after, upTo)) rows.push(...page);
    return rows;
  }

  /** The moments at which grants end, with `after < expiresAt <= upTo`, soonest first; all in milliseconds since the epoch. */
  async ends(acl: string, after: number, upTo: number): Promise<number[]> {
    const moments: number[] = [];
    for await (const page of this.#table.queryExpiry(acl, after, upTo, { brief: true })) {
      moments.push(...page.map(({ expiresAt }) => Number(expiresAt)));
    }
    return moments;
  }

  /**
   * Removes rows of grants that are over, unless they were extended meanwhile. Each is marked first: by that the table's
   * stream tells a grant that was over from one that an event has ended. Whatever fails in between is due again.
   * @param now milliseconds since the epoch
   * @returns how many were removed
   */
  async end(rows: readonly Item[], now: number): Promise<number> {
    const keyOf = ({ acl, item }: Item) => ({ acl, item });
    const unchanged = ({ expiresAt }: Item) => ({ attribute: 'expiresAt', equals: Number(expiresAt) }) as const;
    const isMarked = { attribute: 'over', below: Number.MAX_SAFE_INTEGER } as const;
    const marked: Item[] = [];
    const mark = (row: Item) => ({ update: keyOf(row), set: { over: now }, when: [unchanged(row)] });
    await writeEach(this.#table, rows, mark, (row) => marked.push(row));
    let removed = 0;
    const remove = (row: Item) => ({ remove: keyOf(row), when: [unchanged(row), isMarked] });
    await writeEach(this.#table, marked, remove, () => {
      removed += 1;
    });
    return removed;
  }

  /**
   * Remembers that an event was set aside, for whoever asks for its outcome. Where it is put back and applied after all,
   * that counts.
   * @param now milliseconds since the epoch
   */
  async setAside({ acl, webhookId, bodyHash }: QueuedEvent, code: AsideEvent['code'], now: number): Promise<void> {
    const ttl = Math.floor(now / 1000) + MEMORY_SECONDS;
    const put = { ...asideKey({ acl, webhookId }), code, ttl, ...(bodyHash !== undefined && { bodyHash }) };
    await this.#table.write([{ put }]);
  }

  /** The position of the last of the ACL's events that was applied; undefined until it has seen one. */
  async position(acl: string): Promise<string | undefined> {
    return (await this.events(acl))?.position;
  }

  /** What is known of the ACL's events as a whole; undefined until it has seen one. */
  async events(acl: string): Promise<AclEvents | undefined> {
    const { events, why } = await this.wake.read(acl);
    if (why !== undefined) this.#report([{ ...wakeKey(acl), why }]);
    return events;
  }

  async #progressOf(acl: string): Promise<Progress> {
    const known = this.#batch.get(acl);
    if (known) return known;
    const events = await this.events(acl);
    const progress = { base: events?.position, events, hasChanged: false, hasGap: false };
    this.#batch.set(acl, progress);
    return progress;
  }
}

/** What is over, or says no end, is nobody's concern here: expiry looks for it. */
async function* liveOf(pages: AsyncIterable<readonly Item[]>, now: number): AsyncIterable<readonly Item[]> {
  for await (const page of pages) {
    yield page.filter(({ expiresAt }) => typeof expiresAt === 'number' && expiresAt > now);
  }
}
