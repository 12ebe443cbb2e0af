import type { IpPolicy } from '../addresses/ip-address.ts';
import { ITEM } from '../names.ts';
import type { Item, Table, Telemetry } from '../ports.ts';
import { later } from '../queue-position.ts';
import { EventMemory } from './event-memory.ts';
import { eventOrder, MEMORY_SECONDS } from './event-order.ts';
import type { EventResult } from './event-result.ts';
import { EventWriter } from './event-writer.ts';
import { type EndedGrant, type Grant, grantKey } from './grant-items.ts';
import { inParallel } from './in-parallel.ts';
import { GrantJudge, isUnusable, reportUnusable, type UnusableRow } from './judge-grant.ts';
import { latestOrder } from './plausible.ts';
import type { QueuedEvent } from './queue-message.ts';
import { withEvent } from './recent-events.ts';
import { type AsideEvent, asideKey, seenItem } from './seen-event.ts';
import { type AclEvents, WakeItem, wakeKey } from './wake-item.ts';

/** What the batch under way has come to for one ACL. */
interface Progress {
  /** Up to where the ACL's events are applied; undefined until it has seen one. */
  events: AclEvents | undefined;
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
  }

  /**
   * Applies one event, once: the same webhook id again, or the same message redelivered, changes nothing.
   * @param queuedAt the message's position on the queue
   * @param now milliseconds since the epoch
   * @param ended is told of the grants that a flush or the revoke of a whole IP has ended, as they end
   * @throws whatever the table throws; the event can then be applied again
   */
  async apply(
    event: QueuedEvent,
    queuedAt: string,
    now: number,
    ended: (grants: readonly EndedGrant[]) => void = () => {},
  ): Promise<EventResult> {
    const progress = await this.#progressOf(event.acl);
    // A queue that was made anew may count from lower numbers: what is applied later stands later all the same.
    const position = later(queuedAt, progress.events?.position);
    const order = eventOrder(event.timestamp, event.firstPosition ?? position);
    const ttl = Math.floor(now / 1000) + MEMORY_SECONDS;
    const judge = new GrantJudge(this.#policy, now);
    const isLive = (row: Item) => {
      const judged = judge.judge(row);
      return !isUnusable(judged) && judged.expiresAt > now;
    };
    const isOver = ({ over, expiresAt }: Item) =>
      over !== undefined || (typeof expiresAt === 'number' && expiresAt <= now);
    const seen = seenItem(event, { order, position, queuedAt, ttl });
    const { firstPosition = queuedAt } = event;
    const queued = [queuedAt, firstPosition];
    const facts = { order, ttl, seen, queuedAt: queued, latest: latestOrder(now), isLive, isOver };
    const ofOne = event.type === 'access.granted' || (event.type === 'access.revoked' && event.grantId !== undefined);
    const result = ofOne
      ? await this.#writer.applyToOne(event, facts)
      : await this.#writer.applyToMany(event, facts, (grants) => {
          // Also where the rest fails: these must leave the zone.
          if (grants.length > 0) progress.hasChanged = true;
          ended(grants);
        });
    progress.hasChanged = true;
    const { recent = [], count = 0, position: last = '' } = progress.events ?? {};
    const after = { position, recent: withEvent(recent, [position, event.webhookId]), count: count + 1 };
    // One that took too long may end behind its successors.
    if (position > last) progress.events = after;
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
      changed.map(async ([acl, { events }]) => {
        try {
          if (events) await this.wake.announce(acl, events, now);
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
    const grants: Grant[] = [];
    const unusable: UnusableRow[] = [];
    for await (const page of this.#table.queryExpiry(acl, now, Number.MAX_SAFE_INTEGER)) {
      for (const row of page) {
        const judged = judge.judge(row);
        if (isUnusable(judged)) unusable.push(judged);
        else grants.push(judged);
      }
    }
    this.#report(unusable);
    return grants;
  }

  /** Live grants of one IP, whatever their names, as `live` has them. @param ip canonical */
  async liveOn(acl: string, ip: string, now: number): Promise<Grant[]> {
    const judge = new GrantJudge(this.#policy, now);
    const grants: Grant[] = [];
    for await (const page of this.#table.queryPrefix(acl, `${ITEM.grant}${ip}#`)) {
      for (const row of page) {
        const judged = judge.judge(row);
        // Whoever lists all grants reports those that cannot be used.
        if (!isUnusable(judged) && judged.expiresAt > now) grants.push(judged);
      }
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

  /**
   * Removes rows of grants that are over, unless they were extended meanwhile. Each is marked first: by that the table's
   * stream tells a grant that was over from one that an event has ended. Whatever fails in between is due again.
   * @param now milliseconds since the epoch
   * @returns how many were removed
   */
  async end(rows: readonly Item[], now: number): Promise<number> {
    let removed = 0;
    await inParallel(rows, async ({ acl, item, expiresAt }) => {
      const key = { acl, item };
      const unchanged = { attribute: 'expiresAt', equals: Number(expiresAt) } as const;
      const marked = await this.#table.write([{ update: key, set: { over: now }, when: [unchanged] }]);
      if (!marked.written) return;
      const isMarked = { attribute: 'over', below: Number.MAX_SAFE_INTEGER } as const;
      const { written } = await this.#table.write([{ remove: key, when: [unchanged, isMarked] }]);
      if (written) removed += 1;
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
    const progress = { events: await this.events(acl), hasChanged: false };
    this.#batch.set(acl, progress);
    return progress;
  }
}
