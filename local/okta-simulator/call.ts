import { withFields, withHeaders } from './answer-changes.ts';
import { accessDenied, invalidToken, methodNotSupported, OktaError, tooManyRequests } from './errors.ts';
import { faultKind } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import { challenge, OAuthRefusal, tokenError } from './oauth/refusal.ts';
import type { OpenCall, Org } from './org.ts';
import { type Answer, concurrencyQuota } from './responder.ts';
import { parseRoute, type Route } from './route.ts';
import { mayCall } from './tokens.ts';
import type { Fault, Quota, Role, SimOutcome, SimRequest } from './types.ts';
import { checkAccept } from './validation.ts';

const WRITES = ['PUT', 'POST', 'DELETE'];

type Caller = Role | OAuthRefusal | null;

/** A call as it came in. */
interface Arrival {
  readonly entry: JournalEntry;
  readonly caller: Caller;
}

/** A call in progress, for whoever lets calls take time. */
export interface SimCall {
  /** Milliseconds until `complete` is due: the usual latency, and what makes this call slow. */
  readonly delayMs: number;
  /** The outcome. A write that takes place at the end of the delay takes place here, once. */
  complete(): SimOutcome;
  /** The caller has its answer, or is gone: the call no longer overlaps others. */
  end(): void;
}

/** Takes a request into the org. Unless a fault says otherwise it is carried out at once. */
export function beginCall(org: Org, request: SimRequest): SimCall {
  const route = parseRoute(request.path);
  const fault = org.faults.take(request.method, route.zoneId, org.now());
  const call: OpenCall = { zoneId: route.zoneId, writes: route.kind !== 'token' && WRITES.includes(request.method) };
  const caller = callerOf(org, request, route);
  const entry = org.journal.add(describe(org, request, route, call, caller, fault));
  org.open.add(call);

  let outcome: SimOutcome | undefined;
  const complete = () => {
    outcome ??= perform(org, request, route, { entry, caller }, fault);
    return outcome;
  };
  const slow = fault !== undefined && 'delayMs' in fault ? fault.delayMs : 0;
  const delayMs = org.latencies.of(request.method, route.zoneId) + slow;
  const late = fault !== undefined && 'delayMs' in fault && fault.apply === 'end';
  if (!late) complete();
  return { delayMs, complete, end: () => void org.open.delete(call) };
}

function describe(
  org: Org,
  request: SimRequest,
  { zoneId }: Route,
  call: OpenCall,
  caller: Caller,
  fault: Fault | undefined,
): Omit<JournalEntry, 'n'> {
  const at = org.now();
  const role = caller instanceof OAuthRefusal ? null : caller;
  const body = request.method === 'PUT' || request.method === 'POST' ? parsed(request.body) : undefined;
  return {
    at,
    method: request.method,
    path: request.path,
    zoneId,
    outcome: 'pending',
    status: null,
    role,
    authorized: role !== null && mayCall(role, request.method),
    applied: false,
    overlapping:
      call.writes && zoneId !== null && [...org.open].some((other) => other.writes && other.zoneId === zoneId),
    fault: fault === undefined ? null : faultKind(fault),
    ...(body === undefined ? {} : { body }),
  };
}

function perform(org: Org, request: SimRequest, route: Route, arrival: Arrival, fault: Fault | undefined): SimOutcome {
  const struck = strike(org, request, route, arrival, fault);
  const { entry } = arrival;
  const changes = fault?.headers;
  const outcome = struck.kind === 'answer' && changes ? withHeaders(struck, changes, org.now()) : struck;
  entry.outcome = outcome.kind;
  entry.status = outcome.kind === 'answer' ? outcome.status : null;
  return outcome;
}

/** The outcome with the fault's doing in it. */
function strike(org: Org, request: SimRequest, route: Route, arrival: Arrival, fault: Fault | undefined): SimOutcome {
  const now = org.now();
  const { responder, zones } = org;
  // These two never reach Okta, so they count nowhere.
  if (fault !== undefined && 'drop' in fault && fault.drop === 'before') return { kind: 'drop' };
  if (fault !== undefined && 'hang' in fault && fault.apply !== true) return { kind: 'hang' };

  const zone = zones.get(route.zoneId ?? '');
  const edits = (when: 'before' | 'within' | 'after') => {
    if (fault === undefined || !('edit' in fault) || (fault.when ?? 'after') !== when || zone === undefined)
      return false;
    zones.edit(zone, fault.edit, now);
    return true;
  };
  edits('before');
  const limit = route.kind === 'token' ? org.tokenRateLimit : org.rateLimit;
  const { exceeded, ...quota } = limit.take(now);
  const proceed = () => carryOut(org, request, route, arrival, quota, exceeded);
  if (fault === undefined) return proceed();
  if ('status' in fault) {
    if (fault.apply === true) proceed();
    return responder.fault(fault, route.zoneId, quota, now);
  }
  if ('rateLimit' in fault) {
    const reset = Math.floor(now / 1000) + fault.rateLimit.resetInSeconds;
    return responder.error(tooManyRequests(), { ...quota, remaining: 0, reset }, now);
  }
  if ('concurrency' in fault) return responder.error(tooManyRequests(), concurrencyQuota(now), now);

  const answer = proceed();
  if ('drop' in fault) return { kind: 'drop' };
  if ('hang' in fault) return { kind: 'hang' };
  if ('delayMs' in fault) return { ...answer, delayMs: fault.delayMs };
  if ('truncate' in fault) return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
  if ('shows' in fault) return withFields(answer, fault.shows);
  if (zone === undefined) return answer;
  if ('stale' in fault) {
    return request.method === 'GET' ? withFields(answer, org.api.shown(zones.asItWas(zone, fault.stale, now))) : answer;
  }
  if (edits('within')) return withFields(answer, org.api.shown(zone));
  edits('after');
  return answer;
}

/** What Okta does with a call. The order of its checks is not known. */
function carryOut(
  org: Org,
  request: SimRequest,
  route: Route,
  { entry, caller }: Arrival,
  quota: Quota,
  exceeded: boolean,
): Answer {
  const now = org.now();
  if (org.open.size > org.concurrencyLimit) return org.responder.error(tooManyRequests(), concurrencyQuota(now), now);
  try {
    if (exceeded) throw tooManyRequests();
    if (route.kind === 'token') return tokenAnswer(org, request, quota);
    if (caller instanceof OAuthRefusal) {
      // The reason stands in the header alone.
      const headers = { 'www-authenticate': challenge(caller, route.path) };
      return org.responder.json(caller.status, undefined, quota, now, headers);
    }
    if (entry.role === null) throw invalidToken();
    if (!entry.authorized) throw accessDenied();
    checkAccept(request);
    const isOfPolicies = ['policies', 'policy', 'rules'].includes(route.kind);
    const answer = isOfPolicies ? org.policies.answer(route, request.method) : org.api.answer(route, request, now);
    entry.applied = answer.applied;
    return org.responder.json(answer.status, answer.body, quota, now, answer.headers);
  } catch (error) {
    if (!(error instanceof OktaError)) throw error;
    return org.responder.error(error, quota, now);
  }
}

/** What the token endpoint does with a request. */
function tokenAnswer(org: Org, request: SimRequest, quota: Quota): Answer {
  const now = org.now();
  try {
    if (request.method !== 'POST') throw methodNotSupported();
    const { status, body, headers } = org.oauth.token(request, now);
    return org.responder.json(status, body, quota, now, headers);
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error;
    const nonce = error.error === 'use_dpop_nonce' ? { 'dpop-nonce': org.oauth.nonce(Math.floor(now / 1000)) } : {};
    return org.responder.json(error.status, tokenError(error), quota, now, nonce);
  }
}

/** Who calls the API: a role, nobody, or somebody whose token is refused. A proof is used up when it arrives. */
function callerOf(org: Org, request: SimRequest, { kind }: Route): Caller {
  if (kind === 'token') return null;
  try {
    const app = org.oauth.caller(request, org.now());
    return app?.role ?? org.tokens.use(request.headers.authorization, org.now()) ?? null;
  } catch (error) {
    if (error instanceof OAuthRefusal) return error;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
