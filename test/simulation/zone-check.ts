import type { DeployedAcl, Deployment } from './deployment.ts';
import { HEALING_MS } from './faults.ts';
import { fewestEntries, letsIn } from './gateways.ts';
import type { Inside } from './inside.ts';
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
  readonly #missing = new Map<string, { readonly since: number; readonly last: number }>();

  constructor(watched: Watched, inside: Inside, broken: (invariant: Invariant, detail: string) => void) {
    this.#watched = watched;
    this.#inside = inside;
    this.#broken = broken;
  }

  zoneChanged(acl: string): void {
    this.#right.delete(acl);
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
    const { now: clock, weather, faults, deployments, waiting, mostSkewMs } = this.#watched;
    const now = clock();
    const bound = weather === 'good' ? GOOD_MS : HEALING_MS + 2 * mostSkewMs;
    const overdue = (since: number) =>
      now > Math.max(since + (settled ? this.#watched.settledMs : bound), faults.disturbedUntil);
    const found = this.#inside.of(zoneIds);
    const { since, current: config } = deployments;
    const { sentinel } = config;
    const expected = new Set(always.flatMap(letsIn));
    let nextEnd = Infinity;
    for (const [ip, presence] of acl.model.ips) {
      const host = `${ip}/32`;
      if (presence.until > now) {
        expected.add(host);
        nextEnd = Math.min(nextEnd, presence.until);
        // A fast clock ends a grant before its time.
        if (found.has(host) || !overdue(presence.since) || presence.until <= now + mostSkewMs) continue;
        const said = waiting(acl.name).includes(ip) || this.#isMissingOnlyNow(acl.name, ip, now);
        if (!said) this.#broken(settled ? '1 settled zone' : '3 in within time', `${acl.name}: ${ip} is not in`);
      } else if (found.has(host) && overdue(Math.max(presence.until, presence.ended))) {
        this.#broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${ip} is still in`);
      }
    }
    const right =
      [...expected].every((host) => found.has(host)) &&
      [...found].every((host) => expected.has(host) || letsIn(sentinel).includes(host));
    if (right) this.#right.set(acl.name, { until: nextEnd, events: acl.model.size, config });
    if (now <= Math.max(Math.max(since, acl.model.begun) + HEALING_MS, faults.disturbedUntil)) return;
    for (const host of found) {
      if (expected.has(host) || acl.model.ips.has(host.slice(0, -3))) continue;
      if (letsIn(sentinel).includes(host)) continue;
      this.#broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${host} does not belong there`);
    }
    for (const host of always.flatMap(letsIn)) {
      if (!found.has(host)) this.#broken('1 settled zone', `${acl.name}: ${host} is configured, but not in`);
    }
    if (settled) this.#checkWaiting(acl, config.gatewayLimit * zoneIds.length - always.length, found, now);
    if (settled && zoneIds.length === 1 && expected.size > 0 && found.has(sentinel)) {
      this.#broken('1 settled zone', `${acl.name}: the sentinel is in without need`);
    }
  }

  /** Whoever waits has a grant, is in no zone, and would not fit in, however the others were merged. */
  #checkWaiting(acl: WatchedAcl, room: number, found: ReadonlySet<string>, now: number): void {
    const { waiting } = this.#watched;
    const inside = [...acl.model.ips.keys()].filter((ip) => found.has(`${ip}/32`));
    for (const ip of waiting(acl.name)) {
      const waits = (acl.model.ips.get(ip)?.until ?? 0) > now && !found.has(`${ip}/32`);
      if (waits && fewestEntries([...inside, ip]) > room) continue;
      this.#broken('10 waits only for room', `${acl.name}: ${ip} is said to wait; inside are ${inside.join(' ')}`);
    }
  }

  /** Where zones are full, one person's place may go to another just before the state says so. */
  #isMissingOnlyNow(acl: string, ip: string, now: number): boolean {
    if (this.#watched.deployments.current.gatewayLimit >= 10) return false;
    const key = `${acl} ${ip}`;
    const { since, last } = this.#missing.get(key) ?? { since: now, last: now };
    const fresh = now - last > 1_500;
    this.#missing.set(key, { since: fresh ? now : since, last: now });
    return fresh || now - since < 2_000;
  }
}
