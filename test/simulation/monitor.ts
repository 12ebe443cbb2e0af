import * as v from 'valibot';
import { canonicalGateways } from '../../lib/domain/address-block.ts';
import type { HttpRequest, HttpResponse } from '../../lib/ports.ts';
import type { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { type Faults, HEALING_MS, type Note } from './faults.ts';
import { fewestEntries, letsIn } from './gateways.ts';
import type { Environment } from './lambda.ts';
import type { AclModel } from './model.ts';
import { Moves } from './moves.ts';
import type { Weather } from './plan.ts';
import { type EarlyCall, RestTimes } from './rest-times.ts';
import type { Invariant, Violation } from './violation.ts';

export interface WatchedAcl {
  readonly name: string;
  readonly zoneIds: readonly string[];
  readonly model: AclModel;
}

/** What the deployed configuration puts into every ACL's first zone, and the sentinel. */
export interface Configured {
  readonly always: readonly string[];
  readonly sentinel: string;
  readonly since: number;
}

export interface Watched {
  readonly acls: readonly WatchedAcl[];
  readonly weather: Weather;
  readonly faults: Faults;
  readonly okta: OktaSimulator;
  readonly now: () => number;
  readonly configured: () => Configured;
  /** IPs that the production state says are waiting for room. */
  readonly waiting: (acl: string) => readonly string[];
  readonly note: Note;
  readonly start: number;
  readonly mostSkewMs: number;
  /** The bound once everything is quiet. */
  readonly settledMs: number;
  /** Gateways that a zone holds. */
  readonly gatewayLimit: number;
}

const putSchema = v.looseObject({ gateways: v.array(v.object({ value: v.string() })) });
/** The bound where nothing is wrong, in milliseconds. */
const GOOD_MS = 5_000;

/** Looks at every call to Okta, and at zones and model as time goes by, and says which promise was broken. */
export class Monitor {
  readonly violations: Violation[] = [];
  puts = 0;
  readonly #watched: Watched;
  readonly #acls = new Map<string, WatchedAcl>();
  readonly #rests: RestTimes;
  /** Who is let in by each zone, as last looked up. */
  readonly #seen = new Map<string, ReadonlySet<string>>();
  /** The ACLs in whose zones exactly those were who should be, with what that rests on. */
  readonly #right = new Map<
    WatchedAcl,
    { readonly until: number; readonly events: number; readonly config: Configured }
  >();
  readonly #missing = new Map<string, { readonly since: number; readonly last: number }>();
  /** Per environment and zone, the answer in which the function last read it. */
  readonly #read = new WeakMap<Environment, Map<string, string>>();
  readonly #moves = new Moves<Environment>();
  /** By zone: who was in any zone of its ACL when a PUT arrived. */
  readonly #before = new Map<string, ReadonlySet<string>>();

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#rests = new RestTimes(watched.now, watched.mostSkewMs);
    for (const acl of watched.acls) for (const zoneId of acl.zoneIds) this.#acls.set(zoneId, acl);
  }

  broken(invariant: Invariant, detail: string): void {
    const at = this.#watched.now() - this.#watched.start;
    if (this.violations.some((known) => known.invariant === invariant && known.detail === detail)) return;
    this.violations.push({ invariant, detail, at });
    this.#watched.note?.(`BROKEN ${invariant}: ${detail}`);
  }

  passBegins(environment: Environment): void {
    this.#rests.passBegins(environment);
  }

  /** One look at grants and zones, of which an invocation may take several. */
  lookBegins(environment: Environment, acl: string): void {
    this.#moves.lookBegins(environment, acl);
  }

  passSucceeds(environment: Environment): void {
    this.#rests.passSucceeds(environment);
  }

  /** The moment that Okta gave is now in the table, for everybody to see. */
  restIsStored(until: number): void {
    this.#rests.stored(until);
  }

  /** A call goes out; it may be a while on its way. @returns what there is to say against it, if it arrives */
  callGoesOut(environment: Environment, zoneId: string) {
    return this.#rests.broken(environment, this.#acls.get(zoneId)?.name ?? '');
  }

  callArrives(environment: Environment, request: HttpRequest, zoneId: string, early: EarlyCall | undefined): void {
    const acl = this.#acls.get(zoneId);
    this.#watched.note?.(`${request.method} ${zoneId} ${request.body?.match(/"gateways".*/)?.[0] ?? ''}`);
    if (early)
      this.broken(early.underWay ? '7 reset time kept by a pass under way' : '7 reset time kept', early.detail);
    if (request.method !== 'PUT' || !acl) return;
    this.puts += 1;
    this.#before.set(zoneId, this.#inside(acl));
    if (!acl.model.hasSeenAnEvent) this.broken('8 unused zone untouched', `${zoneId} is written`);
    const { gateways, ...others } = v.parse(putSchema, JSON.parse(request.body ?? ''));
    const kept = JSON.stringify(fieldsOf(others));
    if (kept !== fieldsIn(this.#read.get(environment)?.get(zoneId))) {
      this.broken('6 only gateways change', `${zoneId}: ${kept}`);
    }
    if (gateways.length === 0) this.broken('8 unused zone untouched', `${zoneId} is emptied`);
    // As a client sees it: a merged network and its parts let in the same people, but are two lists.
    const wanted = canonicalGateways(gateways).join();
    const found = canonicalGateways(this.#watched.okta.zone(zoneId).gateways ?? []).join();
    if (wanted === found && this.#watched.weather !== 'storm') this.broken('no needless write', zoneId);
  }

  /** The function has the answer in its hands. */
  answerIsRead(environment: Environment, zoneId: string, answer: HttpResponse): void {
    if (answer.status !== 429) return;
    const acl = this.#acls.get(zoneId)?.name ?? '';
    this.#rests.given(environment, acl, Number(answer.headers['x-rate-limit-reset']) * 1000);
  }

  restIsRead(environment: Environment, began: number): void {
    this.#rests.read(environment, began);
  }

  callEnds(environment: Environment, request: HttpRequest, zoneId: string, answer: HttpResponse | undefined): void {
    if (request.method === 'PUT') this.#written(environment, zoneId);
    this.#watched.note?.(`  ${request.method} ${zoneId} → ${answer?.status ?? 'no answer'}`);
    if (answer?.status !== 200 || request.method !== 'GET') return;
    const answers = this.#read.get(environment) ?? new Map<string, string>();
    this.#read.set(environment, answers.set(zoneId, answer.body));
  }

  #written(environment: Environment, zoneId: string): void {
    const acl = this.#acls.get(zoneId);
    this.zoneChanged(zoneId);
    if (!acl || acl.zoneIds.length === 1) return;
    const before = this.#before.get(zoneId) ?? new Set();
    const back = this.#moves.written(environment, acl.name, before, this.#inside(acl));
    for (const host of back.filter((each) => acl.model.ips.has(each.slice(0, -3)))) {
      this.broken('9 in a zone throughout', `${acl.name}: ${host} was in no zone on the way`);
    }
  }

  #inside(acl: WatchedAcl): ReadonlySet<string> {
    const [first = '', ...others] = acl.zoneIds;
    if (others.length === 0) return this.#hosts(first);
    return new Set(acl.zoneIds.flatMap((zoneId) => [...this.#hosts(zoneId)]));
  }

  /** Whether everybody is in who should be, and nobody else, as far as the time that has passed allows to say. */
  check(): void {
    for (const acl of this.#watched.acls) {
      if (acl.model.hasSeenAnEvent && !this.#isStillRight(acl)) this.#checkAcl(acl, false);
    }
  }

  /** What was exactly right stays so until somebody's time is over, or something changes. */
  #isStillRight(acl: WatchedAcl): boolean {
    const right = this.#right.get(acl);
    const { now, configured } = this.#watched;
    return (
      right !== undefined && now() < right.until && right.events === acl.model.size && right.config === configured()
    );
  }

  /** The same, exactly, once nothing has happened for long enough. */
  checkSettled(): void {
    for (const acl of this.#watched.acls) if (acl.model.hasSeenAnEvent) this.#checkAcl(acl, true);
  }

  #checkAcl(acl: WatchedAcl, settled: boolean): void {
    const { now: clock, weather, faults, configured, waiting, mostSkewMs } = this.#watched;
    const now = clock();
    const bound = weather === 'good' ? GOOD_MS : HEALING_MS + 2 * mostSkewMs;
    const overdue = (since: number) =>
      now > Math.max(since + (settled ? this.#watched.settledMs : bound), faults.disturbedUntil);
    const found = this.#inside(acl);
    const config = configured();
    const { always, sentinel, since } = config;
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
        if (!said) this.broken(settled ? '1 settled zone' : '3 in within time', `${acl.name}: ${ip} is not in`);
      } else if (found.has(host) && overdue(Math.max(presence.until, presence.ended))) {
        this.broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${ip} is still in`);
      }
    }
    const right =
      [...expected].every((host) => found.has(host)) &&
      [...found].every((host) => expected.has(host) || letsIn(sentinel).includes(host));
    if (right) this.#right.set(acl, { until: nextEnd, events: acl.model.size, config });
    if (now <= Math.max(Math.max(since, acl.model.begun) + HEALING_MS, faults.disturbedUntil)) return;
    for (const host of found) {
      if (expected.has(host) || acl.model.ips.has(host.slice(0, -3))) continue;
      if (letsIn(sentinel).includes(host)) continue;
      this.broken(settled ? '1 settled zone' : '2 gone in time', `${acl.name}: ${host} does not belong there`);
    }
    for (const host of always.flatMap(letsIn)) {
      if (!found.has(host)) this.broken('1 settled zone', `${acl.name}: ${host} is configured, but not in`);
    }
    if (settled) this.#checkWaiting(acl, found, now);
    if (settled && acl.zoneIds.length === 1 && expected.size > 0 && found.has(sentinel)) {
      this.broken('1 settled zone', `${acl.name}: the sentinel is in without need`);
    }
  }

  /** Whoever waits has a grant, is in no zone, and would not fit in, however the others were merged. */
  #checkWaiting(acl: WatchedAcl, found: ReadonlySet<string>, now: number): void {
    const { waiting, configured, gatewayLimit } = this.#watched;
    const room = gatewayLimit * acl.zoneIds.length - configured().always.length;
    const inside = [...acl.model.ips.keys()].filter((ip) => found.has(`${ip}/32`));
    for (const ip of waiting(acl.name)) {
      const waits = (acl.model.ips.get(ip)?.until ?? 0) > now && !found.has(`${ip}/32`);
      if (waits && fewestEntries([...inside, ip]) > room) continue;
      this.broken('10 waits only for room', `${acl.name}: ${ip} is said to wait; inside are ${inside.join(' ')}`);
    }
  }

  /** Where zones are full, one person's place may go to another just before the state says so. */
  #isMissingOnlyNow(acl: string, ip: string, now: number): boolean {
    if (this.#watched.gatewayLimit >= 10) return false;
    const key = `${acl} ${ip}`;
    const { since, last } = this.#missing.get(key) ?? { since: now, last: now };
    const fresh = now - last > 1_500;
    this.#missing.set(key, { since: fresh ? now : since, last: now });
    return fresh || now - since < 2_000;
  }

  /** A zone may have been changed: by a PUT, or by an admin. */
  zoneChanged(zoneId: string): void {
    this.#seen.delete(zoneId);
    const acl = this.#acls.get(zoneId);
    if (acl) this.#right.delete(acl);
  }

  #hosts(zoneId: string): ReadonlySet<string> {
    const seen = this.#seen.get(zoneId);
    if (seen) return seen;
    const { gateways } = this.#watched.okta.zone(zoneId);
    const hosts = new Set((gateways ?? []).flatMap(({ value }) => letsIn(value)));
    this.#seen.set(zoneId, hosts);
    return hosts;
  }
}

/** @returns nothing where the answer is half a one, in which no function can have read anything */
function fieldsIn(answer: string | undefined): string | undefined {
  try {
    return answer === undefined ? undefined : JSON.stringify(fieldsOf(JSON.parse(answer)));
  } catch {
    return undefined;
  }
}

/** All that a PUT must leave as it is. */
function fieldsOf(zone: Readonly<Record<string, unknown>>) {
  const { id, name, type, status, usage, proxies } = zone;
  return { id, name, type, status, usage, proxies };
}
