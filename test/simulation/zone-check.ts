import type { DeployedAcl, Deployment } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { fewestEntries, letsIn } from './gateways.ts';
import { type Inside, LetIn } from './inside.ts';
import type { Watched, WatchedAcl } from './monitor.ts';
import type { Invariant } from './violation.ts';

/** The bound where nothing is wrong, in milliseconds. */
const GOOD_MS = 5_000;

/** An ACL in whose zones exactly those were who should be, and what that rests on. */
interface Right {
  /** Then the first of them should be gone. */
  readonly until: number;
  readonly events: number;
  readonly config: Deployment;
}

/** Compares who is in with who should be, as the model has it. */
export class ZoneCheck {
  readonly #watched: Watched;
  readonly #inside: Inside;
  readonly #broken: (invariant: Invariant, detail: string) => void;
  /** By the ACL's name. */
  readonly #right = new Map<string, Right>();
  /** By ACL and entry: since when there has been room for somebody who is not in. */
  readonly #room = new Map<string, number>();
  /** By code and ACL: when a function said it last. */
  readonly #said = new Map<string, number>();

  constructor(watched: Watched, inside: Inside, broken: (invariant: Invariant, detail: string) => void) {
    this.#watched = watched;
    this.#inside = inside;
    this.#broken = broken;
  }

  zoneChanged(acl: string): void {
    this.#right.delete(acl);
  }

  codeIsSaid(code: string, acl = ''): void {
    this.#said.set(`${code} ${acl}`, this.#watched.now());
  }

  /** Whether everybody is in who should be, and nobody else, as far as the time that has passed allows to say. */
  check(): void {
    this.#each((acl, deployed) => {
      if (!this.#isStillRight(acl)) this.#checkAcl(acl, deployed, false);
    });
  }

  /** The same, exactly, once nothing has happened for long enough. */
  checkSettled(): void {
    this.#each((acl, deployed) => this.#checkAcl(acl, deployed, true));
  }

  #each(check: (acl: WatchedAcl, deployed: DeployedAcl) => void): void {
    for (const acl of this.#watched.acls) {
      const deployed = this.#watched.deployments.acl(acl.name);
      if (deployed && acl.model.hasSeenAnEvent) check(acl, deployed);
    }
  }

  /** What was exactly right stays so until somebody's time is over, or something changes. */
  #isStillRight(acl: WatchedAcl): boolean {
    const right = this.#right.get(acl.name);
    const { now, deployments } = this.#watched;
    if (!right || now() >= right.until) return false;
    return right.events === acl.model.size && right.config === deployments.current;
  }

  #checkAcl(acl: WatchedAcl, { zoneIds, always }: DeployedAcl, settled: boolean): void {
    const { now: clock, weather, faults, deployments, mostSkewMs } = this.#watched;
    const now = clock();
    const bound = settled ? this.#watched.settledMs : weather === 'good' ? GOOD_MS : HEALING_MS + 2 * mostSkewMs;
    const overdue = (since: number) => now > Math.max(since + bound, faults.disturbedUntil);
    const usable = this.#inside.usable(zoneIds);
    const found = this.#inside.of(zoneIds);
    const { since, current: config } = deployments;
    const { sentinel } = config;
    const configured = LetIn.by(always);
    const expected = new Set(configured.entries);
    const room = config.gatewayLimit * usable.length - always.length;
    let nextEnd = Infinity;
    for (const [ip, presence] of acl.model.ips) {
      const host = `${ip}/32`;
      if (presence.until > now) {
        expected.add(host);
        nextEnd = Math.min(nextEnd, presence.until);
        if (found.has(host)) {
          this.#room.delete(`${acl.name} ${host}`);
          continue;
        }
        const roomSince = this.#roomSince(acl.name, host, found, configured, room);
        // A fast clock ends a grant before its time.
        if (presence.until <= now + mostSkewMs) continue;
        if (roomSince === undefined) {
          if (settled && !this.#isSaid('ZONE005', acl.name, since + HEALING_MS)) {
            this.#broken('waiting is said', `${acl.name}: ${ip} has no room, and nobody says so`);
          }
          continue;
        }
        if (!overdue(Math.max(presence.since, roomSince))) continue;
        const isFull = usable.length === 0 || fewestEntries([...found.entries]) >= room - 1;
        const invariant = !settled ? '3 in within time' : isFull ? '10 waits only for room' : '1 settled zone';
        this.#broken(invariant, `${acl.name}: ${ip} is not in`);
      } else if (found.has(host) && !configured.has(host) && overdue(Math.max(presence.until, presence.ended))) {
        if (letsIn(sentinel).includes(host)) continue;
        this.#broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${ip} is still in`);
      }
    }
    const belongs = (host: string) => expected.has(host) || letsIn(sentinel).includes(host);
    if ([...expected].every((host) => found.has(host)) && [...found.entries].every(belongs)) {
      this.#right.set(acl.name, { until: nextEnd, events: acl.model.size, config });
    }
    if (now <= Math.max(Math.max(since, acl.model.begun) + HEALING_MS, faults.disturbedUntil)) return;
    for (const host of found.entries) {
      if (belongs(host) || acl.model.ips.has(host.slice(0, -3))) continue;
      this.#broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${host} does not belong there`);
    }
    for (const host of configured.entries) {
      if (!found.has(host)) this.#broken('1 settled zone', `${acl.name}: ${host} is configured, but not in`);
    }
    if (settled && zoneIds.length === 1 && expected.size > 0 && found.has(sentinel)) {
      this.#broken('1 settled zone', `${acl.name}: the sentinel is in without need`);
    }
  }

  /** Since when somebody who is not in would fit in, however the others were merged; undefined: there is no room now. */
  #roomSince(acl: string, host: string, found: LetIn, configured: LetIn, room: number): number | undefined {
    const key = `${acl} ${host}`;
    const others = [...found.entries].filter((entry) => !configured.has(entry));
    if (others.length + 1 > room && fewestEntries([...others, host]) > room) {
      this.#room.delete(key);
      return undefined;
    }
    const since = this.#room.get(key) ?? this.#watched.now();
    this.#room.set(key, since);
    return since;
  }

  /** Whether a function has told of it not longer ago than things may take to heal. */
  #isSaid(code: string, acl: string, from: number): boolean {
    const now = this.#watched.now();
    return now < from + HEALING_MS || (this.#said.get(`${code} ${acl}`) ?? 0) >= now - 2 * HEALING_MS;
  }
}
