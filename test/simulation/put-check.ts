import * as v from 'valibot';
import { canonicalGateways } from '../../lib/addresses/address-block.ts';
import { sameList } from '../../lib/addresses/list-difference.ts';
import type { Confirmed } from './confirmed.ts';
import type { DeployedAcl, Deployment } from './deployment.ts';
import { entryFor, letsIn } from './gateways.ts';
import { type Inside, LetIn, LONGEST_RUN_MS, letsPeopleIn, viewOf } from './inside.ts';
import type { Environment } from './lambda.ts';
import type { Watched, WatchedAcl } from './monitor.ts';
import type { Invariant } from './violation.ts';

const zoneSchema = v.looseObject({
  type: v.string(),
  status: v.optional(v.nullable(v.string()), null),
  usage: v.optional(v.nullable(v.string()), null),
  system: v.optional(v.nullable(v.boolean()), null),
  gateways: v.optional(v.nullable(v.array(v.object({ value: v.string() }))), null),
});

interface Call {
  readonly method: string;
  readonly zoneId: string;
}

/** One list on its way to Okta. */
export interface Put {
  readonly environment: Environment;
  readonly zoneId: string;
  readonly gateways: readonly { readonly value: string }[];
  /** The answer in which the function last read the zone. */
  readonly read: string | undefined;
  /** What the function is configured with. */
  readonly deployment: Deployment;
}

/** When something happened last, by environment and zone. */
class Moments {
  readonly #all = new WeakMap<Environment, Map<string, number>>();

  note(environment: Environment, zoneId: string, at: number): void {
    const ofIt = this.#all.get(environment) ?? new Map<string, number>();
    this.#all.set(environment, ofIt.set(zoneId, at));
  }

  last(environment: Environment, zoneId: string): number | undefined {
    return this.#all.get(environment)?.get(zoneId);
  }
}

/** Judges each list that goes to Okta by itself: who may be in it, who must not go, and whether the zone may be written. */
export class PutCheck {
  readonly #watched: Watched;
  readonly #inside: Inside;
  readonly #confirmed: Confirmed;
  readonly #broken: (invariant: Invariant, detail: string) => void;
  /** By environment and ACL: the call that went out last. */
  readonly #calls = new WeakMap<Environment, Map<string, Call>>();
  /** By zone: the ACL that wrote it last, when that was announced, and when the list arrived. */
  readonly #writers = new Map<string, { readonly acl: string; readonly announcedAt: number; readonly at: number }>();
  /** By zone: the list that was last sent, and for which ACL. */
  readonly #sent = new Map<string, { readonly acl: string; readonly list: LetIn }>();
  /** By environment and zone: when it was told last whose the zone is, has announced a write, asked for the zone, was shown it. */
  readonly #asked = new Moments();
  readonly #announced = new Moments();
  readonly #asks = new Moments();
  readonly #looked = new Moments();

  constructor(
    watched: Watched,
    inside: Inside,
    confirmed: Confirmed,
    broken: (invariant: Invariant, detail: string) => void,
  ) {
    this.#watched = watched;
    this.#inside = inside;
    this.#confirmed = confirmed;
    this.#broken = broken;
  }

  /** A function is told whose a zone is. */
  itemIsRead(environment: Environment, zoneId: string): void {
    this.#asked.note(environment, zoneId, this.#watched.now());
  }

  /** A function is about to write it: whoever reads the item from then on knows. */
  itemIsWritten(environment: Environment, zoneId: string): void {
    this.#announced.note(environment, zoneId, this.#watched.now());
  }

  /** A function asks Okta for a zone. Only an answer shows it, as it was when the question arrived. */
  zoneIsAskedFor(environment: Environment, zoneId: string): void {
    this.#asks.note(environment, zoneId, this.#watched.now());
  }

  zoneIsRead(environment: Environment, zoneId: string): void {
    this.#looked.note(environment, zoneId, this.#asks.last(environment, zoneId) ?? 0);
  }

  /** A call leaves the function. */
  goesOut(environment: Environment, deployment: Deployment, method: string, zoneId: string): void {
    const acl = ownerIn(deployment, zoneId)?.name ?? '';
    const calls = this.#calls.get(environment) ?? new Map<string, Call>();
    const before = calls.get(acl);
    this.#calls.set(environment, calls.set(acl, { method, zoneId }));
    if (method !== 'PUT') return;
    if (before?.method === 'GET' && before.zoneId === zoneId) return;
    this.#broken('a GET just before each PUT', `${zoneId}: the call before it was ${before?.method} ${before?.zoneId}`);
  }

  arrives(put: Put): void {
    const { zoneId, deployment } = put;
    const deployed = ownerIn(deployment, zoneId);
    const acl = this.#watched.acls.find(({ name }) => name === deployed?.name);
    if (!deployed || !acl) {
      this.#broken('a zone has one writer', `${zoneId} is not configured, but written`);
      return;
    }
    this.#checkWriter(put, acl);
    this.#checkZone(put, deployed);
    this.#checkList(put, deployed, acl);
    this.#checkWhoGoes(put, deployed, acl);
  }

  /** Whoever writes a zone that another ACL has written knows of that write, and has read the zone since then. */
  #checkWriter({ environment, zoneId }: Put, acl: WatchedAcl): void {
    const now = this.#watched.now();
    const last = this.#writers.get(zoneId);
    // One announcement is enough for several tries.
    const announcedAt = this.#announced.last(environment, zoneId) ?? now;
    this.#writers.set(zoneId, { acl: acl.name, announcedAt, at: now });
    if (!last || last.acl === acl.name) return;
    const [asked = 0, looked = 0] = [this.#asked, this.#looked].map((moments) => moments.last(environment, zoneId));
    if (asked >= last.announcedAt && looked >= last.at) return;
    const detail = `${acl.name} writes ${zoneId}, without having seen that ${last.acl} has written it`;
    this.#broken('a zone has one writer', detail);
  }

  #checkZone({ zoneId, read }: Put, { name, replaceExisting }: DeployedAcl): void {
    const parsed = v.safeParse(zoneSchema, parsedJson(read));
    if (!parsed.success) return;
    const zone = parsed.output;
    if (!letsPeopleIn(zone)) {
      this.#broken('unusable zone untouched', `${zoneId} is ${zone.type}, ${zone.status}, ${zone.usage}`);
    }
    const letIn = LetIn.by((zone.gateways ?? []).map(({ value }) => value));
    if (!replaceExisting && !this.#inside.mayTakeOver(zoneId, letIn)) {
      this.#broken('foreign zone untouched', `${name} writes ${zoneId}, which holds others' entries`);
    }
  }

  /** Whether a PUT was carried out, the zone shows. */
  mayBeDone(zoneId: string, gateways: Put['gateways']): void {
    const found = canonicalGateways(viewOf(this.#watched.okta, zoneId)?.gateways ?? []);
    if (sameList(found, canonicalGateways(gateways))) this.#inside.isWritten(zoneId);
  }

  #checkList({ zoneId, gateways, deployment }: Put, { always }: DeployedAcl, acl: WatchedAcl): void {
    // Where the limit was lowered, or an administrator went over it, whoever is there stays until another zone has them.
    const before = this.#inside.in(zoneId);
    const most = Math.max(deployment.gatewayLimit, viewOf(this.#watched.okta, zoneId)?.gateways?.length ?? 0);
    const isMore = gateways.some(({ value }) => letsIn(value).some((host) => !before.has(host)));
    if (gateways.length > most && isMore) {
      this.#broken('no list over its limit', `${zoneId}: ${gateways.length} of ${most}`);
    }
    const configured = LetIn.by([...always, deployment.sentinel]);
    const people = new Set([...acl.model.granted].map((ip) => entryFor(ip, deployment.ipv6)));
    for (const { value } of gateways) {
      const strange = letsIn(value).find((host) => !people.has(host) && !configured.has(host));
      if (strange !== undefined) this.#broken('nobody in without a grant', `${zoneId}: ${strange} (in ${value})`);
    }
  }

  /** Who is let in nowhere any more once this list is there, though nothing has ended for them. */
  #checkWhoGoes({ zoneId, gateways, deployment }: Put, { zoneIds, always }: DeployedAcl, acl: WatchedAcl): void {
    const { now: clock, deployments, mostSkewMs } = this.#watched;
    const now = clock();
    const otherIds = zoneIds.filter((other) => other !== zoneId);
    const others = otherIds.map((other) => this.#inside.in(other));
    const before = this.#inside.in(zoneId);
    const after = LetIn.by(canonicalGateways(gateways));
    const sent = this.#sent.get(zoneId);
    this.#sent.set(zoneId, { acl: acl.name, list: after });
    // Whom an administrator has moved from zone to zone, one read of one of them can't tell.
    if (this.#watched.wereTurnedRound()) return;
    const isElsewhere = (entry: string) =>
      others.some((letIn) => letIn.has(entry)) || this.#confirmed.has(otherIds, entry);
    const goes = (entry: string) => before.has(entry) && !after.has(entry) && !isElsewhere(entry);
    // What was in as the sentinel, by an administrator, or for another ACL was let in by nobody here.
    const letIn = sent?.acl === acl.name ? [...LetIn.by(always).entries].filter((one) => sent.list.has(one)) : [];
    for (const entry of letIn.filter((one) => one !== deployment.sentinel)) {
      if (goes(entry)) this.#broken('always allowed throughout', `${acl.name}: ${entry} is in no zone any more`);
    }
    // Two configurations may be at work.
    if (deployments.current !== deployment || now < deployments.since + LONGEST_RUN_MS) return;
    const liveAt = (at: number) => [...acl.model.ips].filter(([, { until }]) => until > at);
    const live = liveAt(now + 2 * mostSkewMs);
    // Where they did not all fit when the grants were read, those who came first stay.
    if (liveAt(now - LONGEST_RUN_MS).length + always.length > deployment.gatewayLimit) return;
    for (const [ip] of live) {
      if (!goes(entryFor(ip, deployment.ipv6))) continue;
      const isSure = acl.model.hasHeld(ip, now - LONGEST_RUN_MS, now + 2 * mostSkewMs);
      if (isSure) this.#broken('9 in a zone throughout', `${acl.name}: ${ip} is put out`);
    }
  }
}

function ownerIn({ acls }: Deployment, zoneId: string): DeployedAcl | undefined {
  return acls.find(({ zoneIds }) => zoneIds.includes(zoneId));
}

function parsedJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
