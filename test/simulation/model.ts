import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import { entryFor } from './gateways.ts';

interface Accepted {
  readonly event: QueuedEvent;
  /** Number in the queue. */
  readonly sequence: string;
}

/** Who is over so soon may be taken for over. */
const SOON_MS = 10_000;

interface Presence {
  /** The IP is held until this moment, if nothing happens; 0: not at all. */
  until: number;
  /** When it last came in. */
  since: number;
  /** When it last ended, other than by the passing of `until`. */
  ended: number;
  /** Events of which it depends whether the table holds the IP, and that lie on the queue. */
  readonly pending: Set<string>;
  /** When the last of them was applied. */
  solidSince: number;
}

/**
 * What an ACL must look like, told in the simplest way: all accepted events by their time, then by
 * their place in the queue, each webhook id once. Milliseconds since the epoch throughout.
 */
export class AclModel {
  readonly #events: Accepted[] = [];
  /** Those of them that the table has. */
  #applied: readonly Accepted[] = [];
  #appliedUntil: ReadonlyMap<string, number> = new Map();
  readonly #ids = new Set<string>();
  readonly ips = new Map<string, Presence>();
  /** Whom any grant was ever accepted for. */
  readonly granted = new Set<string>();
  /** When the first event was accepted. */
  begun = 0;

  get hasSeenAnEvent(): boolean {
    return this.#events.length > 0;
  }

  /** Events that were accepted. */
  get size(): number {
    return this.#events.length;
  }

  /** An event was put onto the queue. */
  accept(event: QueuedEvent, sequence: string, now: number): void {
    if (this.#ids.has(event.webhookId)) return;
    this.#ids.add(event.webhookId);
    if (this.#events.length === 0) this.begun = now;
    if (event.type === 'access.granted' && event.ip !== undefined) this.granted.add(event.ip);
    this.#put({ event, sequence }, now);
  }

  #put(accepted: Accepted, now: number): void {
    this.#events.push(accepted);
    this.#events.sort((a, b) => compare(a.event.timestamp, b.event.timestamp) || compare(a.sequence, b.sequence));
    this.#update(this.#held(), now, accepted.event);
  }

  /**
   * An event is on the queue no more: the table has it. Where it was posted again, and a receiver's clock was behind, the
   * message that came first may tell of another moment than the one that was applied first, which counts.
   */
  applied(event: QueuedEvent, now: number): void {
    const { webhookId } = event;
    const index = this.#events.findIndex((accepted) => accepted.event.webhookId === webhookId);
    if (this.#events[index] && this.#events[index].event.timestamp !== event.timestamp && !this.#isApplied(event)) {
      for (const { sequence } of this.#events.splice(index, 1)) this.#put({ event, sequence }, now);
    }
    const before = this.#held(this.#applied);
    this.#applied = this.#events.filter((one) => one.event.webhookId === webhookId || this.#isApplied(one.event));
    this.#appliedUntil = this.#held(this.#applied);
    for (const [ip, presence] of this.ips) {
      const wasPending = presence.pending.delete(webhookId);
      // One that prolongs a grant may have come too late for that.
      const wasOver = (before.get(ip) ?? 0) < now + SOON_MS && (this.#appliedUntil.get(ip) ?? 0) > now;
      if (wasPending ? presence.pending.size === 0 : wasOver) presence.solidSince = now;
    }
  }

  /**
   * Whether the table has had an IP without a break for so long, whatever is still on the queue.
   * @param until it has it up to this moment at least
   */
  hasHeld(ip: string, sinceAtLatest: number, until: number): boolean {
    const presence = this.ips.get(ip);
    if (!presence || presence.pending.size > 0 || presence.solidSince > sinceAtLatest) return false;
    if (presence.until <= until || (this.#appliedUntil.get(ip) ?? 0) <= until) return false;
    // What cuts a grant short may be in the table, though its message is on the queue.
    const queued = this.#events.filter((one) => !this.#isApplied(one.event) && (one.event.ip ?? ip) === ip);
    return [...queued.map((one) => [one]), queued].every((some) => {
      const events = this.#events.filter((one) => some.includes(one) || this.#isApplied(one.event));
      return (this.#held(events).get(ip) ?? 0) > until;
    });
  }

  #isApplied({ webhookId }: QueuedEvent): boolean {
    return this.#applied.some(({ event }) => event.webhookId === webhookId);
  }

  /** Whether another event of this type happened when this one did, or later. @param timestamp milliseconds since the epoch */
  hasOtherSince(webhookId: string, timestamp: number, type: QueuedEvent['type'] | undefined): boolean {
    // A webhook whose clock is behind takes what lies ahead of it for now.
    const own = this.#events.find(({ event }) => event.webhookId === webhookId)?.event.timestamp;
    const sent = BigInt(timestamp) * 1_000_000n;
    const from = own !== undefined && own < sent ? own : sent;
    const isOther = ({ event }: Accepted) => event.webhookId !== webhookId && event.timestamp >= from;
    return this.#events.some((one) => isOther(one) && (type === undefined || one.event.type === type));
  }

  /** Who has been out since this moment or longer, whatever events but this one are still on the queue. */
  endedBefore(moment: number, webhookId: string): string[] {
    return [...this.ips].flatMap(([ip, { until, ended, pending }]) => {
      const isWaiting = [...pending].some((id) => id !== webhookId);
      return Math.max(until, ended) < moment && !isWaiting ? [ip] : [];
    });
  }

  /** Whether somebody with this address, or in its network, was held since then. */
  wasHeldSince(ip: string, moment: number, ipv6: 64 | 128 = 128): boolean {
    const entry = entryFor(ip, ipv6);
    return [...this.ips].some(
      ([other, { until, ended, pending }]) =>
        // What would end it may still be on the queue.
        entryFor(other, ipv6) === entry && (Math.max(until, ended) >= moment || pending.size > 0),
    );
  }

  /** Of the events that the table has. */
  get appliedIds(): readonly string[] {
    return this.#applied.map(({ event }) => event.webhookId);
  }

  /** Whether another event had this id before. */
  hadAnother(webhookId: string, bodyHash: string): boolean {
    const first = this.#events.find(({ event }) => event.webhookId === webhookId);
    return first !== undefined && first.event.bodyHash !== bodyHash;
  }

  knows(webhookId: string): boolean {
    return this.#ids.has(webhookId);
  }

  /** Whether some IP's time is over between these moments. */
  endsBetween(from: number, to: number): boolean {
    return [...this.ips.values()].some(({ until }) => until > from && until < to);
  }

  /** How many grants live: at least and at most, since the table may have events that still lie on the queue. */
  liveGrants(now: number): readonly [number, number] {
    const count = (events: readonly Accepted[]) =>
      [...this.#grants(events).values()].filter(({ until }) => until > now).length;
    const counts = [count(this.#applied), count(this.#events)] as const;
    return [Math.min(...counts), Math.max(...counts)];
  }

  /** Until when each IP is held by events, in their order. */
  #held(events: readonly Accepted[] = this.#events): Map<string, number> {
    const held = new Map<string, number>();
    for (const { ip, until } of this.#grants(events).values()) held.set(ip, Math.max(until, held.get(ip) ?? 0));
    return held;
  }

  #grants(events: readonly Accepted[]): Map<string, { readonly ip: string; readonly until: number }> {
    const grants = new Map<string, { readonly ip: string; readonly until: number }>();
    for (const { event } of events) {
      const { type, ip = '', grantId, expiresAt = 0 } = event;
      const name = `${ip}#${grantId ?? ''}`;
      if (type === 'access.granted') grants.set(name, { ip, until: expiresAt });
      else if (type === 'access.flushed') grants.clear();
      else if (grantId !== undefined) grants.delete(name);
      else for (const [other, grant] of grants) if (grant.ip === ip) grants.delete(other);
    }
    return grants;
  }

  #update(held: ReadonlyMap<string, number>, now: number, event: QueuedEvent): void {
    for (const ip of new Set([...this.ips.keys(), ...held.keys()])) {
      const before = this.ips.get(ip) ?? { until: 0, since: 0, ended: 0, pending: new Set<string>(), solidSince: 0 };
      const until = held.get(ip) ?? 0;
      const was = before.until > now;
      const { pending } = before;
      // What prolongs or cuts short a grant that stands leaves it standing, whenever it is applied.
      const concerns = event.ip === undefined || event.ip === ip;
      if (concerns && !(was && until > now && event.type === 'access.granted')) pending.add(event.webhookId);
      this.ips.set(ip, {
        ...{ pending, solidSince: before.solidSince },
        until,
        since: was ? before.since : now,
        // A grant that ended while nobody looked ended at its own time.
        ended:
          was && until <= now ? now : !was && before.until > 0 ? Math.max(before.until, before.ended) : before.ended,
      });
    }
  }
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
