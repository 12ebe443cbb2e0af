import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import type { Bounds } from '../bounds.ts';
import { type Deployments, type ListSettings, listedIn } from '../deployment.ts';
import { type Faults, HEALING_MS } from '../faults.ts';
import { entryFor } from '../gateways.ts';
import type { LetIn } from '../inside.ts';
import type { WatchedAcl } from '../monitor.ts';
import { deploymentsOf, type Plan } from '../plan.ts';
import type { Invariant } from '../violation.ts';

/** A list may lag behind the events by this much, in milliseconds. */
export const LAG_MS = 30_000;
/** From the read to the zone: more than the machinery needs in good times. */
const WAY_MS = 8_000;
/** How many grants may have come or gone while a read was compared. */
const MEANWHILE = 2;
const MANY = 10;
/** What happened as close to a moment as this may count as before it, or as after it. */
const CLOSE_MS = 100;
/** A function that went wrong may be at it for so long: it is frozen, or the table is throttled. */
const UNDISTURBED_MS = 45_000;
/** The last so many lists say whether an IP was missing in another read too: the reader may not have got one of them. */
const OTHER_LISTS = 4;

/** A list as it was given out. */
export interface Shown {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ips: ReadonlySet<string>;
}

/** Something that a sender has told, and that lies on the queue or has been applied. */
export interface Told {
  readonly at: number;
  /** When it happened, in nanoseconds since the epoch. */
  readonly timestamp: bigint;
  readonly type: QueuedEvent['type'];
  readonly ip?: string;
  readonly grantId?: string;
  /** Of a grant: its end, in milliseconds since the epoch. */
  readonly until?: number;
  appliedAt?: number;
}

/** A read that is under way in one process. */
interface Read {
  readonly at: number;
  /** How many grants lived, at least and at most. */
  readonly live: readonly [number, number];
  ips?: ReadonlySet<string>;
  readonly ended: Set<string>;
}

export interface ListWatched {
  readonly plan: Pick<Plan, 'deployment' | 'actions'>;
  readonly acls: readonly WatchedAcl[];
  readonly faults: Pick<Faults, 'disturbedUntil'>;
  readonly deployments: Deployments;
  readonly monitor: {
    broken(invariant: Invariant, detail: string): void;
    letIn(acl: string): LetIn;
  };
  readonly bounds: Pick<Bounds, 'extraMs' | 'mostSkewMs'>;
}

/** One process that reads, as far as the judge must know it. */
interface Reader {
  readonly skewMs: number;
}

/** What there is to know of an ACL's list. */
interface Watch {
  readonly shown: Shown[];
  readonly told: Told[];
  readonly byWebhookId: Map<string, Told>;
  readonly reads: Map<Reader, Read>;
  /** Whoever was logged in at some time, or on a list. */
  readonly people: Set<string>;
  loggedIn: ReadonlySet<string>;
}

/** Design section 7, judged by the lists that were given out, the events, and who is in: nothing that the reader has stored. */
export class ListCheck {
  readonly #watched: ListWatched;
  readonly #now: () => number;
  readonly #watches = new Map<string, Watch>();

  /** @param now milliseconds since the epoch */
  constructor(watched: ListWatched, now: () => number) {
    this.#watched = watched;
    this.#now = now;
  }

  /** Who is logged in from now on. */
  loggedIn(acl: string, ips: ReadonlySet<string>): void {
    const watch = this.#of(acl);
    watch.loggedIn = new Set(ips);
    for (const ip of ips) watch.people.add(ip);
  }

  /** A process asks for the list. */
  readBegins(acl: string, reader: Reader): void {
    const live = this.#liveGrants(acl);
    this.#of(acl).reads.set(reader, { at: this.#now(), live, ended: new Set() });
  }

  /** It is given a list. */
  shown(acl: string, reader: Reader, ips: ReadonlySet<string>): void {
    const { shown, reads, people } = this.#of(acl);
    shown.push({ at: this.#now(), ips });
    const read = reads.get(reader);
    if (read) read.ips = ips;
    for (const ip of ips) people.add(ip);
  }

  /** An event lies on the queue. @param by who has put it there */
  queued(event: QueuedEvent, by: Reader): void {
    const { acl, webhookId, timestamp, type, ip, grantId, source, expiresAt } = event;
    if (source === 'allowlist') {
      this.#judge(event, by);
      return;
    }
    const watch = this.#of(acl);
    if (watch.byWebhookId.has(webhookId)) return;
    const told = {
      ...{ at: this.#now(), timestamp, type },
      ...(ip !== undefined && { ip }),
      ...(grantId !== undefined && { grantId }),
      ...(expiresAt !== undefined && { until: expiresAt }),
    };
    watch.told.push(told);
    watch.byWebhookId.set(webhookId, told);
  }

  applied({ acl, webhookId }: QueuedEvent): void {
    const told = this.#of(acl).byWebhookId.get(webhookId);
    if (told) told.appliedAt ??= this.#now();
  }

  /** Who is in, as far as the time that has passed since the last two reads allows to say. */
  check(): void {
    const { faults, deployments, bounds } = this.#watched;
    const now = this.#now();
    const wayMs = WAY_MS + bounds.extraMs + 2 * bounds.mostSkewMs;
    if (now <= faults.disturbedUntil || now <= deployments.since + LAG_MS + wayMs) return;
    for (const { name, list } of listedIn(deployments.current)) this.#checkAcl(name, list, wayMs);
  }

  /** Once all has been well for long enough: the list is the truth. */
  checkSettled(): void {
    const { deployments, monitor } = this.#watched;
    for (const { name, list } of listedIn(deployments.current)) {
      const { loggedIn, people } = this.#of(name);
      const letIn = monitor.letIn(name);
      for (const ip of loggedIn) {
        if (!letIn.has(this.#entry(ip))) monitor.broken('23 who is listed is in', `${name}: ${ip} is out in the end`);
      }
      const on = new Set([...loggedIn].map((ip) => this.#entry(ip)));
      // A zone that was never written is its administrator's.
      const isWritten = this.#model(name)?.hasSeenAnEvent === true;
      for (const ip of list.endsGrants && isWritten ? people : []) {
        const entry = this.#entry(ip);
        if (on.has(entry) || !letIn.has(entry)) continue;
        monitor.broken('23 who is not listed is out', `${name}: ${ip} is in in the end`);
      }
    }
  }

  #checkAcl(acl: string, list: ListSettings, wayMs: number): void {
    const { monitor, bounds } = this.#watched;
    const { shown, told, people } = this.#of(acl);
    const now = this.#now();
    const last = shown.at(-1);
    // Two reads in one turn count as one.
    const apartMs = list.pollSeconds * 500 + 2 * bounds.mostSkewMs;
    const before = shown.findLast(({ at }) => last !== undefined && last.at - at >= apartMs);
    if (!last || !before || now < last.at + wayMs) return;
    // Of a list that a process was given just when something went wrong nothing may have come.
    if (before.at < this.#watched.faults.disturbedUntil - HEALING_MS - bounds.extraMs + UNDISTURBED_MS) return;
    const between = shown.filter(({ at }) => at >= before.at);
    const isTold = (types: readonly Told['type'][], entry: string, from: number) =>
      told.some(
        (one) =>
          (one.appliedAt ?? one.at) >= from &&
          types.includes(one.type) &&
          (one.ip === undefined || this.#entry(one.ip) === entry),
      );
    const from = before.at - LAG_MS - wayMs;
    const letIn = monitor.letIn(acl);
    const listed = between.map(({ ips }) => new Set([...ips].map((ip) => this.#entry(ip))));
    // The list speaks for at least half of the usual time of a grant.
    const speaks = now < last.at + list.defaultGrantMinutes * 30_000;
    for (const ip of speaks ? last.ips : []) {
      const entry = this.#entry(ip);
      if (letIn.has(entry) || !between.every(({ ips }) => ips.has(ip))) continue;
      if (isTold(['access.revoked', 'access.flushed'], entry, from)) continue;
      // A sender may have made a grant shorter, and no list could be read since.
      if (told.some((one) => one.ip === ip && one.at >= from && (one.until ?? now) < now)) continue;
      monitor.broken('23 who is listed is in', `${acl}: ${ip} is listed for two reads, and out`);
    }
    for (const ip of this.#model(acl)?.hasSeenAnEvent ? people : []) {
      const entry = this.#entry(ip);
      if (!letIn.has(entry) || listed.some((entries) => entries.has(entry))) continue;
      // Without endsGrants, what a sender has given stays.
      if (isTold(['access.granted'], entry, list.endsGrants ? from : Number.NEGATIVE_INFINITY)) continue;
      monitor.broken('23 who is not listed is out', `${acl}: ${ip} is off the list for two reads, and in`);
    }
  }

  /** What comes of a list must follow from the list that this process was given, and from nothing else. */
  #judge(event: QueuedEvent, by: Reader): void {
    const { monitor } = this.#watched;
    const { acl } = event;
    const read = this.#of(acl).reads.get(by);
    const why = read?.ips ? this.#whyNot(event, by, { ...read, ips: read.ips }) : 'no list was read';
    if (why !== undefined) {
      monitor.broken('23 nothing but what a list says', `${acl}: ${event.ip} ${event.type}, and ${why}`);
      return;
    }
    if (read && event.type === 'access.revoked') this.#judgeEnd(event, read);
  }

  /** @returns what speaks against an event that came of a list; undefined where nothing does */
  #whyNot(
    { acl, type, ip = '', grantId, timestamp }: QueuedEvent,
    by: Reader,
    read: Read & { readonly ips: ReadonlySet<string> },
  ): string | undefined {
    const { bounds } = this.#watched;
    const isEnd = type === 'access.revoked';
    if (read.ips.has(ip) === isEnd) return 'the list says otherwise';
    const began = Number(timestamp / 1_000_000n) - by.skewMs;
    // Stored by then and seen by the read, whatever clocks say.
    const known = this.#of(acl).told.filter(({ appliedAt = Infinity }) => appliedAt <= read.at - CLOSE_MS);
    // What was overtaken is nobody's last event.
    const recent = known.filter(
      (one) =>
        one.at >= began - LAG_MS + 2 * bounds.mostSkewMs + CLOSE_MS &&
        !known.some((other) => other.timestamp > one.timestamp && (other.ip === undefined || other.ip === one.ip)),
    );
    if (!isEnd) {
      const isOut = recent.some(
        (one) => one.type === 'access.flushed' || (one.type === 'access.revoked' && one.ip === ip),
      );
      return isOut ? 'the list may not know yet that they were put out' : undefined;
    }
    if (grantId === 'allowlist') return undefined;
    if (!this.#mayEndOthers(acl)) return 'the list ends no grants of others';
    const isNew = recent.some(
      (one) => one.type === 'access.granted' && one.ip === ip && (one.grantId ?? '') === (grantId ?? ''),
    );
    return isNew ? 'the list may not know yet that they have come' : undefined;
  }

  #judgeEnd({ acl, ip = '', grantId }: QueuedEvent, read: Read): void {
    const { monitor, bounds } = this.#watched;
    read.ended.add(`${ip} ${grantId}`);
    const counted = [...read.live, ...this.#liveGrants(acl)];
    const live = Math.max(...counted) + MEANWHILE;
    if (Math.min(...counted) < MANY || read.ended.size * 2 <= live) return;
    const apartMs = Math.max(0, this.#shortestPoll(acl) * 500 - 2 * bounds.mostSkewMs);
    // One that began later may have been done with its work first.
    const others = this.#of(acl)
      .shown.filter(({ at }) => Math.abs(read.at - at) >= apartMs)
      .slice(-OTHER_LISTS);
    if (others.length > 0 && !others.every(({ ips }) => ips.has(ip))) return;
    const detail = `${acl}: one read ends ${read.ended.size} of ${live} grants, ${ip} among them, who was listed before`;
    monitor.broken('23 at most half at one read', detail);
  }

  #liveGrants(acl: string): readonly [number, number] {
    return this.#model(acl)?.liveGrants(this.#now()) ?? [0, 0];
  }

  #model(acl: string): WatchedAcl['model'] | undefined {
    return this.#watched.acls.find(({ name }) => name === acl)?.model;
  }

  #settings(acl: string): ListSettings[] {
    const all = deploymentsOf(this.#watched.plan).flatMap(listedIn);
    return all.flatMap(({ name, list }) => (name === acl ? [list] : []));
  }

  #mayEndOthers(acl: string): boolean {
    return this.#settings(acl).some(({ endsGrants }) => endsGrants);
  }

  #shortestPoll(acl: string): number {
    return Math.min(...this.#settings(acl).map(({ pollSeconds }) => pollSeconds));
  }

  #entry(ip: string): string {
    return entryFor(ip, this.#watched.deployments.current.ipv6);
  }

  #of(acl: string): Watch {
    const known = this.#watches.get(acl);
    if (known) return known;
    const watch: Watch = {
      ...{ shown: [], told: [], byWebhookId: new Map(), reads: new Map() },
      ...{ people: new Set<string>(), loggedIn: new Set<string>() },
    };
    this.#watches.set(acl, watch);
    return watch;
  }
}
