import * as v from 'valibot';
import { canonicalGateways } from '../../lib/addresses/address-block.ts';
import type { HttpRequest, HttpResponse } from '../../lib/ports.ts';
import type { OktaSimulator } from '../../local/okta-simulator/simulator.ts';
import { type Bounds, losesWhatItSaw } from './bounds.ts';
import { Confirmed } from './confirmed.ts';
import { CAN_REPLACE, type Deployment, type Deployments } from './deployment.ts';
import { type Faults, HEALING_MS, type Note } from './faults.ts';
import { entryFor } from './gateways.ts';
import { Inside, LetIn } from './inside.ts';
import type { Environment } from './lambda.ts';
import { LastShown, listIn } from './last-shown.ts';
import type { AclModel } from './model.ts';
import { Moves } from './moves.ts';
import type { Plan } from './plan.ts';
import { PutCheck } from './put-check.ts';
import { QuotaCheck } from './quota-check.ts';
import { type EarlyCall, RestTimes } from './rest-times.ts';
import type { Invariant, Violation } from './violation.ts';
import { ZoneCheck } from './zone-check.ts';

export interface WatchedAcl {
  readonly name: string;
  readonly model: AclModel;
}

export interface Watched extends Bounds {
  readonly acls: readonly WatchedAcl[];
  readonly plan: Plan;
  readonly faults: Faults;
  readonly okta: OktaSimulator;
  readonly now: () => number;
  readonly deployments: Deployments;
  readonly note: Note;
  readonly start: number;
  /** An administrator has put people into each other's zones, and not every zone may have been read since. */
  readonly wereTurnedRound: () => boolean;
}

const LONGEST_REST_MS = 120_000;
const putSchema = v.looseObject({ gateways: v.array(v.object({ value: v.string() })) });

/** A table that fails, and a function that dies or stands still, make what Okta has shown known later, or never. */
function storedWithinMs(watched: Watched): number {
  return watched.plan.weather === 'storm' || mayTableFail(watched) ? 45_000 : 1_000;
}

function mayTableFail({ plan, faults }: Watched): boolean {
  return faults.mayStrike('table throttled') || plan.actions.some((action) => action.do === 'table out');
}

/** Looks at every call to Okta, and at zones and model as time goes by, and says which promise was broken. */
export class Monitor {
  readonly violations: Violation[] = [];
  /** What Okta has shown last. */
  readonly shown: LastShown;
  readonly #saidCodes = new Set<string>();
  puts = 0;
  readonly #watched: Watched;
  readonly #acls = new Map<string, WatchedAcl>();
  readonly #rests: RestTimes;
  readonly #inside: Inside;
  readonly #zones: ZoneCheck;
  readonly #puts: PutCheck | undefined;
  readonly #quota: QuotaCheck | undefined;
  readonly #configured = new WeakMap<Environment, Deployment>();
  /** Per environment and zone, the answer in which the function last read it. */
  readonly #read = new WeakMap<Environment, Map<string, string>>();
  readonly #moves = new Moves<Environment>();
  readonly #confirmed = new Confirmed();
  /** By zone: who was in any zone of its ACL when a PUT arrived. */
  readonly #before = new Map<string, LetIn>();

  constructor(watched: Watched) {
    this.#watched = watched;
    this.shown = new LastShown(storedWithinMs(watched));
    this.#rests = new RestTimes(watched.now, watched.mostSkewMs);
    const { okta, now, plan, extraMs } = watched;
    this.#inside = new Inside(
      { okta, now, storedWithinMs: losesWhatItSaw(plan) ? HEALING_MS + extraMs : 0 },
      (zoneId) => watched.deployments.ownerOf(zoneId)?.replaceExisting === true && CAN_REPLACE,
    );
    const broken = (invariant: Invariant, detail: string) => this.broken(invariant, detail);
    this.#zones = new ZoneCheck(watched, this.#inside, broken);
    if (watched.plan.world === 'unkind') {
      this.#puts = new PutCheck(watched, this.#inside, this.#confirmed, broken);
      this.#quota = new QuotaCheck(watched.plan, watched.start, watched.now, broken);
    }
    for (const acl of watched.acls) this.#acls.set(acl.name, acl);
  }

  broken(invariant: Invariant, detail: string): void {
    const at = this.#watched.now() - this.#watched.start;
    if (this.violations.some((known) => known.invariant === invariant && known.detail === detail)) return;
    this.violations.push({ invariant, detail, at });
    this.#watched.note?.(`BROKEN ${invariant}: ${detail}`);
  }

  /** An environment of the zone function is made, with a configuration that stays what it is. */
  zoneFunctionBegins(environment: Environment, deployment: Deployment): void {
    this.#configured.set(environment, deployment);
  }

  passBegins(environment: Environment): void {
    this.#rests.passBegins(environment);
  }

  /** The table tells a function whose zone it is, and who has written it. */
  zoneItemIsRead(environment: Environment, zoneId: string): void {
    this.#puts?.itemIsRead(environment, zoneId);
  }

  /** The table has taken the announcement of a write. */
  zoneItemIsWritten(environment: Environment, zoneId: string): void {
    this.#puts?.itemIsWritten(environment, zoneId);
  }

  /** One look at grants and zones, of which an invocation may take several. */
  lookBegins(environment: Environment, acl: string): void {
    this.#moves.lookBegins(environment, acl);
  }

  passSucceeds(environment: Environment): void {
    this.#rests.passSucceeds(environment);
  }

  /** A call goes out; it may be a while on its way. @returns what there is to say against it, if it arrives */
  callGoesOut(environment: Environment, method: string, zoneId: string) {
    this.#puts?.goesOut(environment, this.#configuredIn(environment), method, zoneId);
    return this.#rests.broken(environment, this.#watched.deployments.ownerOf(zoneId)?.name ?? '');
  }

  callArrives(environment: Environment, request: HttpRequest, zoneId: string, early: EarlyCall | undefined): void {
    const acl = this.#ownerOf(zoneId);
    this.#watched.note?.(`${request.method} ${zoneId} ${request.body?.match(/"gateways".*/)?.[0] ?? ''}`);
    if (early)
      this.broken(early.underWay ? '7 reset time kept by a pass under way' : '7 reset time kept', early.detail);
    this.#quota?.callArrives(request.method, zoneId);
    if (request.method === 'GET') this.#puts?.zoneIsAskedFor(environment, zoneId);
    if (request.method !== 'PUT') return;
    this.#confirmed.isSent(zoneId, request, sentIn(request));
    this.puts += 1;
    const { gateways, ...others } = putIn(request);
    const read = this.#read.get(environment)?.get(zoneId);
    this.#puts?.arrives({ environment, zoneId, gateways, read, deployment: this.#configuredIn(environment) });
    if (!acl) return;
    this.#before.set(zoneId, this.#inside.of(acl.zoneIds));
    this.#moves.sent(acl.name, sentIn(request));
    // Another configuration may give it to another ACL.
    const writer = this.#configuredIn(environment).acls.find(({ zoneIds }) => zoneIds.includes(zoneId));
    if (!this.#acls.get(writer?.name ?? '')?.model.hasSeenAnEvent)
      this.broken('8 unused zone untouched', `${zoneId} is written`);
    const kept = JSON.stringify(fieldsOf(others));
    if (kept !== fieldsIn(read)) {
      this.broken('6 only gateways change', `${zoneId}: ${kept}`);
    }
    if (gateways.length === 0) this.broken('8 unused zone untouched', `${zoneId} is emptied`);
    // As a client sees it: a merged network and its parts let in the same people, but are two lists.
    const wanted = canonicalGateways(gateways).join();
    const found = canonicalGateways(this.#watched.okta.zone(zoneId).gateways ?? []).join();
    // Whoever was shown an older list must write.
    const { faults, plan } = this.#watched;
    const isSpoiled = faults.counts['spoiled item'] !== undefined;
    const mayBeShownAnother = faults.mayStrike('stale from Okta') || this.#watched.wereTurnedRound() || isSpoiled;
    // A list that somebody has changed is written once more where what came of its write could not be stored.
    const mayBeForgotten = mayTableFail(this.#watched) && plan.actions.some((action) => action.do === 'admin');
    const isCalm = plan.weather !== 'storm' && !mayBeShownAnother && !mayBeForgotten;
    if (wanted === found && isCalm) this.broken('no needless write', zoneId);
  }

  /** Who is let in by the zones of an ACL. */
  letIn(acl: string): LetIn {
    return this.#inside.of(this.#watched.deployments.acl(acl)?.zoneIds ?? []);
  }

  /** The function has the answer in its hands. */
  answerIsRead(environment: Environment, zoneId: string, answer: HttpResponse): void {
    if (answer.status !== 429) return;
    const acl = this.#watched.deployments.ownerOf(zoneId)?.name ?? '';
    this.#rests.given(environment, acl, this.#watched.now() + askedRest(answer.headers, this.#watched.now()));
  }

  /** A request for a token goes out: it is of no zone. @returns what there is to say against it, if it arrives */
  tokenIsAskedFor(environment: Environment): EarlyCall | undefined {
    return this.#rests.broken(environment, '');
  }

  tokenIsAnswered(environment: Environment, { status, headers }: HttpResponse): void {
    this.#watched.note?.(`  POST for a token → ${status}`);
    if (status !== 429) return;
    this.#quota?.isRefused();
    this.#rests.given(environment, '', this.#watched.now() + askedRest(headers, this.#watched.now()));
  }

  /** A deploy: these zones are looked after from now on. */
  isDeployed(zoneIds: readonly string[]): void {
    this.#confirmed.keep(zoneIds);
    for (const zoneId of zoneIds) this.zoneChanged(zoneId);
  }

  /** An operator has allowed that a zone's list, as it is now, be replaced. */
  zoneIsAdopted(zoneId: string): void {
    this.#inside.isAdopted(zoneId);
    this.zoneChanged(zoneId);
  }

  /** Something that the zone function remembers was spoiled. @param zoneId whose list that was */
  isSpoiled(zoneId: string | undefined): void {
    this.#rests.forget();
    if (zoneId !== undefined) this.#inside.isSpoiled(zoneId);
  }

  /** The function has looked into the table. @param began when it asked */
  tableIsRead(environment: Environment, began: number): void {
    this.#rests.read(environment, began);
  }

  /** Mostly at once: an administrator may change the zone again before the answer comes. */
  putTakesEffect(request: HttpRequest, zoneId: string): void {
    this.#puts?.mayBeDone(zoneId, putIn(request).gateways);
    this.zoneChanged(zoneId);
  }

  callEnds(environment: Environment, request: HttpRequest, zoneId: string, answer: HttpResponse | undefined): void {
    if (request.method === 'PUT') {
      this.#puts?.mayBeDone(zoneId, putIn(request).gateways);
      this.#written(environment, request, zoneId);
    }
    if (answer?.status === 429) this.#quota?.isRefused();
    this.#watched.note?.(`  ${request.method} ${zoneId} → ${answer?.status ?? 'no answer'}`);
    const list = answer?.status === 404 ? [] : answer?.status === 200 ? listIn(answer.body) : undefined;
    const letIn = list && LetIn.by(list);
    if (letIn) this.shown.isShown(zoneId, letIn, this.#watched.now());
    const isKnown = answer !== undefined && answer.status < 500 && (answer.status !== 200 || list);
    if (request.method === 'PUT' && isKnown) this.#confirmed.isAnswered(zoneId, request, letIn);
    else if (letIn) this.#confirmed.isShown(zoneId, letIn);
    if (answer?.status !== 200 || request.method !== 'GET') return;
    this.#puts?.zoneIsRead(environment, zoneId);
    const answers = this.#read.get(environment) ?? new Map<string, string>();
    this.#read.set(environment, answers.set(zoneId, answer.body));
  }

  #written(environment: Environment, request: HttpRequest, zoneId: string): void {
    const acl = this.#ownerOf(zoneId);
    this.zoneChanged(zoneId);
    if (!acl || acl.zoneIds.length === 1) return;
    // By another configuration, the zone may be another ACL's.
    if (this.#configuredIn(environment) !== this.#watched.deployments.current) return;
    const before = this.#before.get(zoneId);
    // Where an administrator has closed the zone meanwhile, it was not the list that put anybody out.
    if (!before || this.#inside.unusable(zoneId) || this.#watched.wereTurnedRound()) return;
    const list = sentIn(request);
    const others = acl.zoneIds.filter((other) => other !== zoneId);
    const isElsewhere = (host: string) => list.has(host) || this.#confirmed.has(others, host);
    const back = this.#moves.written(environment, acl.name, before, this.#inside.of(acl.zoneIds), isElsewhere);
    const { ipv6, sentinel } = this.#watched.deployments.current;
    const people = new Set([...acl.model.ips.keys()].map((ip) => entryFor(ip, ipv6)));
    // It may be the IP of somebody who was in: then it is nobody who comes back.
    people.delete(sentinel);
    for (const host of back.filter((each) => people.has(each))) {
      this.broken('9 in a zone throughout', `${acl.name}: ${host} was in no zone on the way`);
    }
  }

  /** The queue has moved a message among the dead letters by itself. */
  letterWithoutReason(): void {
    // A function that dies can't say why.
    if (this.#watched.plan.weather === 'good') this.broken('dead letters say why', 'the queue moved one by itself');
  }

  /** The one exception to nobody being out on the way. */
  partingIsSaid(environment: Environment, acl: string, entries: readonly string[]): void {
    this.#watched.faults.struck('full zones change places');
    this.#moves.partingIsSaid(environment, acl, entries);
  }

  /** A function has told of a failure. */
  codeIsSaid(code: string, acl: string | undefined): void {
    this.#saidCodes.add(code);
    this.#zones.codeIsSaid(code, acl);
  }

  /** Whether a function has told of such a failure so far. */
  hasSaid(code: string): boolean {
    return this.#saidCodes.has(code);
  }

  check(): void {
    this.#zones.check();
    this.#quota?.check(this.#zones.wrongSince);
  }

  checkSettled(): void {
    this.#zones.checkSettled();
    this.#quota?.checkSettled();
  }

  /** A zone may have been changed: by a PUT, or by an admin. */
  zoneChanged(zoneId: string): void {
    this.#inside.zoneChanged(zoneId);
    const acl = this.#ownerOf(zoneId);
    if (acl) this.#zones.zoneChanged(acl.name);
  }

  #configuredIn(environment: Environment): Deployment {
    return this.#configured.get(environment) ?? this.#watched.deployments.current;
  }

  #ownerOf(zoneId: string): (WatchedAcl & { readonly zoneIds: readonly string[] }) | undefined {
    const owner = this.#watched.deployments.ownerOf(zoneId);
    const acl = owner && this.#acls.get(owner.name);
    return acl && { ...acl, zoneIds: owner.zoneIds };
  }
}

function sentIn(request: HttpRequest): LetIn {
  return LetIn.by(putIn(request).gateways.map(({ value }) => value));
}

function putIn({ body = '' }: HttpRequest): v.InferOutput<typeof putSchema> {
  return v.parse(putSchema, JSON.parse(body));
}

/** @returns nothing where the answer is half a one, in which no function can have read anything */
function fieldsIn(answer: string | undefined): string | undefined {
  try {
    return answer === undefined ? undefined : JSON.stringify(fieldsOf(JSON.parse(answer)));
  } catch {
    return undefined;
  }
}

/**
 * The shortest rest that a refusal can mean: until the reset or as `Retry-After` says, where one of them is a time that can be,
 * else a second. Where `Date` is not the time, nothing else is believed.
 * @param now milliseconds since the epoch, like the result
 */
function askedRest(headers: HttpResponse['headers'], now: number): number {
  const asked = [
    Number(headers['x-rate-limit-reset'] ?? Number.NaN) * 1000 - now,
    Number(headers['retry-after'] ?? Number.NaN) * 1000,
  ];
  const plausible = asked.filter((ms) => ms > 0 && ms <= LONGEST_REST_MS);
  const isDateRight = Math.abs(Date.parse(headers.date ?? '') - now) <= 2_000;
  return isDateRight && plausible.length > 0 ? Math.min(...plausible) : 1_000;
}

/** All that a PUT must leave as it is. */
function fieldsOf(zone: Readonly<Record<string, unknown>>) {
  const { id, name, type, status, usage, proxies } = zone;
  return { id, name, type, status, usage, proxies };
}
