import { beginCall, type SimCall } from './call.ts';
import type { ServiceAppSeed, ServiceAppView } from './oauth/apps.ts';
import { createOrg, type OktaSimulatorOptions, type Org } from './org.ts';
import { type PolicySeed, protecting } from './policies.ts';
import type {
  ActiveFault,
  FaultRequest,
  LatencyRule,
  Quota,
  RateLimitChange,
  RequestRecord,
  Role,
  SimOutcome,
  SimRequest,
  SimulatorState,
  TokenView,
  ZoneEdit,
  ZoneSeed,
  ZoneView,
} from './types.ts';
import { resolveEdit, type Zone } from './zones.ts';

export type { SimCall } from './call.ts';
export type { OktaSimulatorOptions } from './org.ts';
export type * from './types.ts';

const REQUESTS_SHOWN = 15;

export class UnknownZoneError extends Error {
  override readonly name = 'UnknownZoneError';
}

/**
 * Okta's Network Zone API as a state machine: no input or output, no timers, no clock and no chance of
 * its own, so that it runs behind a server as well as on virtual time. Requests go through `handle`, or
 * through `begin` where they take time; the other methods are what the control API offers.
 */
export class OktaSimulator {
  readonly #options: OktaSimulatorOptions;
  #org: Org;

  constructor(options: OktaSimulatorOptions) {
    this.#options = options;
    this.#org = createOrg(options);
  }

  /** One request that takes no time, or whose `delayMs` is the caller's business. */
  handle(request: SimRequest): SimOutcome {
    const call = this.begin(request);
    const outcome = call.complete();
    call.end();
    return outcome;
  }

  /** The beginning of a request. Until its `end` it counts as in progress, so others can overlap with it. */
  begin(request: SimRequest): SimCall {
    return beginCall(this.#org, request);
  }

  /** Everything as it was at the start: zones, tokens, limits, and no faults or requests. */
  reset(): void {
    this.#org = createOrg(this.#options);
  }

  /** A zone that has long been there, in effect as it is; replaces one of the same id. */
  seedZone(id: string, seed: ZoneSeed = {}): ZoneView {
    return this.#view(this.#org.zones.seed(id, seed, this.#org.now()));
  }

  zones(): ZoneView[] {
    return this.#org.zones.list().map((zone) => this.#view(zone));
  }

  /** @throws {UnknownZoneError} */
  zone(id: string): ZoneView {
    return this.#view(this.#find(id));
  }

  /** What an admin does in the console, unseen by whoever uses the API. @throws {UnknownZoneError} */
  editZone(id: string, edit: ZoneEdit): ZoneView {
    const zone = this.#find(id);
    this.#org.zones.edit(zone, edit, this.#org.now());
    return this.#view(zone);
  }

  /** @throws {UnknownZoneError} */
  removeZone(id: string): void {
    this.#org.zones.remove(this.#find(id).id);
  }

  /** Adds a token, changes its role, or restores it after it was revoked. */
  setToken(token: string, role: Role): void {
    this.#org.tokens.set(token, role, this.#org.now());
  }

  /** @returns false when there is no such token */
  revokeToken(token: string): boolean {
    return this.#org.tokens.revoke(token);
  }

  tokens(): TokenView[] {
    return this.#org.tokens.views(this.#org.now());
  }

  /** Adds a service app, or changes all of it: its keys, what was granted to it, its role. */
  setApp(clientId: string, seed: ServiceAppSeed): void {
    this.#org.oauth.apps.set(clientId, seed);
  }

  /** @returns false when there is no such app */
  removeApp(clientId: string): boolean {
    return this.#org.oauth.apps.remove(clientId);
  }

  apps(): ServiceAppView[] {
    return this.#org.oauth.apps.views();
  }

  /** Adds a policy, or changes all of it. */
  setPolicy(id: string, seed: PolicySeed): void {
    this.#org.policies.set(id, seed);
  }

  /** The usual policies: for each of these lists of zones one that lets them in, and nobody else. */
  protect(zoneIds: Iterable<readonly string[]>): void {
    for (const ids of zoneIds) this.setPolicy(`rst${ids[0]}`, protecting(ids));
  }

  /** @returns false when there is no such policy */
  removePolicy(id: string): boolean {
    return this.#org.policies.remove(id);
  }

  /** Ends every access token, and makes a nonce that holds alone. */
  forgetAccessTokens(): void {
    this.endAccessTokens();
    this.renewNonce();
  }

  endAccessTokens(): void {
    this.#org.oauth.endTokens();
  }

  /** The time of every access token is over. */
  expireAccessTokens(): void {
    this.#org.oauth.expireTokens();
  }

  /** The nonces so far count no more. */
  renewNonce(): void {
    this.#org.oauth.renewNonce();
  }

  /** Access tokens that are given from now on live so long; an hour, unless something else is said. */
  setTokenLife(seconds: number): void {
    this.#org.oauth.lifeS = seconds;
  }

  /** @throws {RangeError} when an edit in it holds a text that is no address */
  addFault(request: FaultRequest): ActiveFault {
    const { fault } = request;
    const resolved = 'edit' in fault ? { ...request, fault: { ...fault, edit: resolveEdit(fault.edit) } } : request;
    return this.#org.faults.add(resolved, this.#org.now());
  }

  /** The faults that still wait for a call, the oldest first. */
  faults(): ActiveFault[] {
    return this.#org.faults.list(this.#org.now());
  }

  clearFaults(): void {
    this.#org.faults.clear();
  }

  /** From now on calls that match take this long. */
  setLatency(rule: LatencyRule): void {
    this.#org.latencies.set(rule);
  }

  latencies(): LatencyRule[] {
    return this.#org.latencies.list();
  }

  /** Every call takes no time again. */
  clearLatencies(): void {
    this.#org.latencies.clear();
  }

  setRateLimit(change: RateLimitChange): Quota {
    return this.#org.rateLimit.change(change, this.#org.now());
  }

  rateLimit(): Quota {
    return this.#org.rateLimit.peek(this.#org.now());
  }

  /** Requests numbered above `since`, in order of arrival. */
  requests(since = 0): RequestRecord[] {
    return this.#org.journal.since(since);
  }

  /** Forgets the requests so far; the numbers go on. */
  clearRequests(): void {
    this.#org.journal.clear();
  }

  /** All there is to see, with the latest requests. */
  state(): SimulatorState {
    return {
      at: this.#org.now(),
      zones: this.zones(),
      rateLimit: this.rateLimit(),
      tokens: this.tokens(),
      faults: this.faults(),
      requests: this.#org.journal.latest(REQUESTS_SHOWN),
    };
  }

  #find(id: string): Zone {
    const zone = this.#org.zones.get(id);
    if (zone === undefined) throw new UnknownZoneError(`no zone ${id}`);
    return zone;
  }

  #view(zone: Zone): ZoneView {
    return this.#org.zones.view(zone, this.#org.now());
  }
}
