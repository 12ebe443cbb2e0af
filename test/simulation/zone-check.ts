import type { DeployedAcl, Deployment } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { entryFor, fewestEntries, letsIn } from './gateways.ts';
import { type Inside, LetIn } from './inside.ts';
import type { Watched, WatchedAcl } from './monitor.ts';
import type { Invariant } from './violation.ts';

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
  /** By ACL: since when somebody is in who should not be, or is not in though there is room. */
  readonly #wrong = new Map<string, number>();
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
    this.#each((acl, deployed) => {
      this.#checkAcl(acl, deployed, true);
      if (this.#watched.plan.world === 'unkind') this.#checkUnusable(acl, deployed.zoneIds);
    });
  }

  /**
   * Since when some ACL's zones have not been what they should be, and every function could know; undefined: all are. A deploy
   * waits for those before it.
   */
  get wrongSince(): number | undefined {
    if (this.#wrong.size === 0) return undefined;
    return Math.max(Math.min(...this.#wrong.values()), this.#watched.deployments.since);
  }

  #each(check: (acl: WatchedAcl, deployed: DeployedAcl) => void): void {
    for (const acl of this.#watched.acls) {
      const deployed = this.#watched.deployments.acl(acl.name);
      if (!deployed) this.#wrong.delete(acl.name);
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
    const { now: clock, faults, deployments, mostSkewMs, settledMs, boundMs, extraMs } = this.#watched;
    const now = clock();
    const overdue = (since: number) => now > Math.max(since + (settled ? settledMs : boundMs), faults.disturbedUntil);
    const usable = this.#inside.usable(zoneIds);
    const found = this.#inside.of(zoneIds);
    const { since, current: config } = deployments;
    const configured = LetIn.by(always);
    const expected = new Set(configured.entries);
    const placeholder = letsIn(config.sentinel);
    const room = config.gatewayLimit * usable.length - always.length;
    const ended = new Map<string, number>();
    let nextEnd = Infinity;
    let isWrong = false;
    for (const [ip, presence] of acl.model.ips) {
      const entry = entryFor(ip, config.ipv6);
      if (presence.until <= now) {
        ended.set(entry, Math.max(ended.get(entry) ?? 0, presence.until, presence.ended));
        continue;
      }
      expected.add(entry);
      nextEnd = Math.min(nextEnd, presence.until);
      if (found.has(entry)) {
        this.#room.delete(`${acl.name} ${entry}`);
        continue;
      }
      const roomSince = this.#roomSince(acl.name, entry, found, configured, room);
      isWrong ||= roomSince !== undefined;
      // A fast clock ends a grant before its time.
      if (presence.until <= now + mostSkewMs) continue;
      if (roomSince === undefined) {
        if (settled && usable.length > 0 && !this.#isSaid('ZONE005', acl.name, since)) {
          this.#broken('waiting is said', `${acl.name}: ${ip} has no room, and nobody says so`);
        }
        continue;
      }
      if (!overdue(Math.max(presence.since, roomSince))) continue;
      const isFull = usable.length === 0 || fewestEntries([...found.entries]) >= room - 1;
      const invariant = !settled ? '3 in within time' : isFull ? '10 waits only for room' : '1 settled zone';
      this.#broken(invariant, `${acl.name}: ${ip} is not in`);
    }
    const belongs = (entry: string) => expected.has(entry) || placeholder.includes(entry) || configured.has(entry);
    const isGrace = now <= Math.max(Math.max(since, acl.model.begun) + HEALING_MS + extraMs, faults.disturbedUntil);
    for (const entry of found.entries) {
      if (belongs(entry)) continue;
      isWrong = true;
      const endedAt = ended.get(entry);
      if (endedAt === undefined ? isGrace : !overdue(endedAt)) continue;
      const detail = endedAt === undefined ? `${entry} does not belong there` : `${entry} is still in`;
      this.#broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${detail}`);
    }
    if ([...expected].every((entry) => found.has(entry)) && !isWrong) {
      this.#right.set(acl.name, { until: nextEnd, events: acl.model.size, config });
    }
    if (isWrong) this.#wrong.set(acl.name, this.#wrong.get(acl.name) ?? now);
    else this.#wrong.delete(acl.name);
    if (isGrace || usable.length === 0) return;
    for (const entry of configured.entries) {
      if (!found.has(entry)) this.#broken('1 settled zone', `${acl.name}: ${entry} is configured, but not in`);
    }
    if (settled) this.#checkSentinels(acl.name, usable, (entry) => placeholder.includes(entry) && !expected.has(entry));
  }

  /** It is there only while nothing else is. */
  #checkSentinels(acl: string, zoneIds: readonly string[], isPlaceholder: (entry: string) => boolean): void {
    for (const zoneId of zoneIds) {
      const { entries } = this.#inside.in(zoneId);
      if (entries.size > 1 && [...entries].some(isPlaceholder)) {
        this.#broken('1 settled zone', `${acl}: the sentinel is in ${zoneId} without need`);
      }
    }
  }

  /** Of each zone that can't be used there is a code. */
  #checkUnusable(acl: WatchedAcl, zoneIds: readonly string[]): void {
    const { deployments, noticedMs } = this.#watched;
    for (const zoneId of zoneIds) {
      const code = this.#inside.unusable(zoneId);
      const from = Math.max(deployments.since, acl.model.begun) + noticedMs;
      if (code && !this.#isSaid(code, acl.name, from)) {
        this.#broken('unusable zones are said', `${acl.name}: of ${zoneId} nobody says ${code}`);
      }
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
    const { now: clock, noticedMs, settledMs } = this.#watched;
    const latest = clock() - noticedMs - HEALING_MS - settledMs;
    return from > latest || (this.#said.get(`${code} ${acl}`) ?? 0) >= latest;
  }
}
