import { type AclConfig, aclConfig, type Config } from '../config.ts';
import { describeError } from '../describe-error.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import { grantName } from '../grants/grant-items.ts';
import { inParallel } from '../grants/in-parallel.ts';
import { keptNames, type ListRecords } from '../list-record.ts';
import type { Clock, EventQueue, Telemetry } from '../ports.ts';
import { compare, type Difference, holdBack, LAG_MS, type Removals } from './compare.ts';
import { KnownList, type KnownListDeps } from './known-list.ts';
import { ending, type ListEvent, letting } from './list-events.ts';
import { ListFailure } from './list-failure.ts';
import { ReadLog } from './read-log.ts';

/** Events that one read leads to; what is left goes with the next. */
const MOST_EVENTS = 200;
/** What was sent must have changed the grants by then, in milliseconds; if not, all is compared again. */
const TAKEN_UP_MS = 60_000;

export interface ListDeps extends KnownListDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly records: ListRecords;
  readonly queue: EventQueue;
  readonly telemetry: Telemetry;
}

type Rules = AclConfig & { readonly allowlist: NonNullable<AclConfig['allowlist']> };

/** What the last comparison was made of. While that is so, and nothing has become due, there is nothing to do. */
interface Compared {
  readonly ips: ReadonlySet<string>;
  readonly position: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nextAt: number;
}

/** Reads one ACL's list, and puts onto the events queue what differs between it and the grants. */
export class ListReader {
  readonly #acl: string;
  readonly #deps: ListDeps;
  readonly #list: KnownList;
  readonly #log: ReadLog;
  #began = Number.NEGATIVE_INFINITY;
  #compared: Compared | undefined;

  constructor(acl: string, deps: ListDeps) {
    this.#acl = acl;
    this.#deps = deps;
    this.#list = new KnownList(acl, deps);
    this.#log = new ReadLog(acl, deps);
  }

  /**
   * The read that was due at a moment. It never rejects: what fails is reported, and the next read tries again.
   * @param due milliseconds since the epoch
   */
  async read(due: number): Promise<void> {
    const { clock, config, telemetry } = this.#deps;
    const settings = aclConfig(config, this.#acl);
    // Messages outlive a deploy; and each may come twice.
    if (!settings?.allowlist || (this.#began >= due && this.#began <= clock.now())) return;
    const began = Math.floor(clock.now());
    this.#began = began;
    try {
      const list = await this.#list.read(began);
      await this.#bring(list.ips, { ...settings, allowlist: settings.allowlist }, began);
      await this.#log.succeeded(list, began);
    } catch (error) {
      if (error instanceof ListFailure) await this.#log.failed(error, began);
      else {
        const said = 'a list could not be compared with the grants; the next read tries again';
        telemetry.error('STORE001', said, { acl: this.#acl, reason: describeError(error) });
      }
    }
  }

  /** @param began when the read began, in milliseconds since the epoch */
  async #bring(ips: ReadonlySet<string>, settings: Rules, began: number): Promise<void> {
    const { grants, telemetry } = this.#deps;
    // Before the grants: what changes in between is seen by the next read.
    const position = (await grants.wake.read(this.#acl, { stale: true })).events?.position;
    const before = this.#compared;
    if (before?.ips === ips && before.position === position && began < before.nextAt) return;
    this.#compared = undefined;
    const live = await grants.live(this.#acl, began);
    const rules = { ...settings, ...settings.allowlist };
    const difference = compare(ips, live, rules, began);
    const removals = await this.#holdBack(difference, live.length, rules.pollSeconds, began);
    const ends = removals.now.slice(0, MOST_EVENTS);
    const { enter, enterFrom, isWhole } = await this.#mayEnter(difference.needs, MOST_EVENTS - ends.length, began);
    const { defaultGrantMinutes } = settings;
    await this.#send([
      ...ends.map((grant) => ending(grant, began)),
      ...enter.map((ip) => letting(this.#acl, ip, defaultGrantMinutes, began)),
    ]);
    const sent = ends.length + enter.length;
    const counts = { ends: ends.length, enter: enter.length, entries: ips.size, live: live.length };
    if (sent > 0) telemetry.info('the list differs from the grants', { acl: this.#acl, ...counts });
    const isLeft = ends.length < difference.ends.length || !isWhole;
    const nextAt = Math.min(difference.nextAt, enterFrom, sent > 0 ? began + TAKEN_UP_MS : Number.POSITIVE_INFINITY);
    this.#compared = { ips, position, nextAt: isLeft ? began : nextAt };
  }

  async #holdBack({ ends }: Difference, live: number, pollSeconds: number, began: number): Promise<Removals> {
    const { records, telemetry } = this.#deps;
    const nameOf = ({ ip, grantId }: { readonly ip: string; readonly grantId?: string }) => grantName(ip, grantId);
    const { held: known } = await records.get(this.#acl, began);
    const before = known && { names: new Set(known.names), at: known.at };
    const removals = holdBack(ends, live, before, { pollSeconds }, began, nameOf);
    const { held, waiting } = removals;
    if (held !== before) {
      await records.set(this.#acl, { held: held ? { names: keptNames(held.names), at: held.at } : null });
    }
    if (waiting > 0) {
      const said = `the list lacks ${ends.length} of ${live} grants; ${waiting} of them wait for the next read`;
      telemetry.error('LIST005', said, { acl: this.#acl, waiting, live });
    }
    return removals;
  }

  /** Those of the IPs that nobody was put out of a moment ago: the list may not know of it yet. */
  async #mayEnter(
    needs: readonly string[],
    most: number,
    began: number,
  ): Promise<{ readonly enter: readonly string[]; readonly enterFrom: number; readonly isWhole: boolean }> {
    const { memory } = this.#deps.grants;
    const enter: string[] = [];
    let enterFrom = Number.POSITIVE_INFINITY;
    if (needs.length === 0) return { enter, enterFrom, isWhole: true };
    const flushedUntil = (await memory.flushedAt(this.#acl, began)) + LAG_MS;
    if (flushedUntil > began) return { enter, enterFrom: flushedUntil, isWhole: true };
    let looked = 0;
    while (looked < needs.length && enter.length < most) {
      const some = needs.slice(looked, looked + most - enter.length);
      looked += some.length;
      const untils = new Map<string, number>();
      await inParallel(some, async (ip) => {
        untils.set(ip, (await memory.revokedAt(this.#acl, ip, began)) + LAG_MS);
      });
      for (const ip of some) {
        const until = untils.get(ip) ?? began;
        if (until <= began) enter.push(ip);
        else enterFrom = Math.min(enterFrom, until);
      }
    }
    return { enter, enterFrom, isWhole: looked === needs.length };
  }

  async #send(events: readonly ListEvent[]): Promise<void> {
    await inParallel(events, async (event) => {
      await this.#deps.queue.send(event);
    });
  }
}
