/**
 * The control API: how a test in another process sets the scene and reads back what happened. JSON in
 * and out, on loopback, without authentication. `SimulatorControl` is its client; `types.ts` has the
 * shapes; everything here is also a method of `OktaSimulator`. Unknown keys are refused.
 *
 * POST   /control/reset                back to the start: zones, tokens, limits, no faults, no requests
 * GET    /control/state                everything the page shows
 * GET    /control/zones                ZoneView[]
 * GET    /control/zones/{id}           ZoneView: the configuration, and what of it is in effect
 * PUT    /control/zones/{id}           ZoneSeed: make or replace a zone that has long been in effect
 * PATCH  /control/zones/{id}           ZoneEdit: an admin's edit, unseen by the client
 * DELETE /control/zones/{id}
 * GET    /control/tokens               TokenView[], without the tokens
 * PUT    /control/tokens/{token}       {role}: add a token, change its role, restore it
 * DELETE /control/tokens/{token}       revoke it
 * GET    /control/faults               ActiveFault[]: what still waits for a call
 * POST   /control/faults               FaultRequest {count?, seconds?, skip?, method?, zoneId?, fault}
 * DELETE /control/faults
 * GET    /control/latency              LatencyRule[]: how long calls take
 * GET    /control/apps                 ServiceAppView[]
 * PUT    /control/apps/{clientId}      ServiceAppSeed {keys: [{kid, jwk, status?}], scopes?, role?, dpop?, status?}
 * DELETE /control/apps/{clientId}
 * PUT    /control/policies/{id}        PolicySeed {type, name, status?, priority?, system?, conditions?, rules?}: rules and
 *                                      conditions in Okta's own form
 * DELETE /control/policies/{id}
 * DELETE /control/access-tokens        every access token ends, and a new nonce holds alone
 * PUT    /control/latency              LatencyRule {ms, method?, zoneId?}: for the org, a zone, a method or both
 * DELETE /control/latency
 * GET    /control/rate-limit           Quota
 * PUT    /control/rate-limit           {limit?, remaining?, resetInSeconds?}
 * GET    /control/requests?since=N     RequestRecord[] numbered above N
 * DELETE /control/requests
 *
 * 200 with a value, 204 without, 400 for input that is not understood, 404 for what is not there, 405.
 * Errors are `{"error": "..."}`.
 */
import {
  ControlInputError,
  readApp,
  readEdit,
  readFault,
  readLatency,
  readPolicy,
  readRateLimit,
  readRole,
  readSeed,
} from './control-input.ts';
import { type OktaSimulator, UnknownZoneError } from './simulator.ts';

export interface ControlRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}
export interface ControlAnswer {
  readonly status: number;
  /** JSON, or nothing. */
  readonly body: string;
}

interface Input {
  /** The last part of the path, decoded. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** @throws {ControlInputError} when the body is not JSON */
  json(): unknown;
}
/** Gives what is answered; undefined makes a 204. */
type Operation = (simulator: OktaSimulator, input: Input) => unknown;

class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** By resource and method; a resource that ends in `/` takes a name. */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  reset: { POST: (simulator) => simulator.reset() },
  state: { GET: (simulator) => simulator.state() },
  zones: { GET: (simulator) => simulator.zones() },
  'zones/': {
    GET: (simulator, { name }) => simulator.zone(name),
    PUT: (simulator, { name, json }) => simulator.seedZone(name, readSeed(json(), 'body')),
    PATCH: (simulator, { name, json }) => simulator.editZone(name, readEdit(json(), 'body')),
    DELETE: (simulator, { name }) => simulator.removeZone(name),
  },
  tokens: { GET: (simulator) => simulator.tokens() },
  'tokens/': {
    PUT: (simulator, { name, json }) => simulator.setToken(name, readRole(json())),
    DELETE: (simulator, { name }) => {
      if (!simulator.revokeToken(name)) throw new NotFoundError('no such token');
    },
  },
  apps: { GET: (simulator) => simulator.apps() },
  'apps/': {
    PUT: (simulator, { name, json }) => simulator.setApp(name, readApp(json())),
    DELETE: (simulator, { name }) => {
      if (!simulator.removeApp(name)) throw new NotFoundError('no such app');
    },
  },
  'policies/': {
    PUT: (simulator, { name, json }) => simulator.setPolicy(name, readPolicy(json())),
    DELETE: (simulator, { name }) => {
      if (!simulator.removePolicy(name)) throw new NotFoundError('no such policy');
    },
  },
  'access-tokens': { DELETE: (simulator) => simulator.forgetAccessTokens() },
  faults: {
    GET: (simulator) => simulator.faults(),
    POST: (simulator, { json }) => simulator.addFault(readFault(json())),
    DELETE: (simulator) => simulator.clearFaults(),
  },
  latency: {
    GET: (simulator) => simulator.latencies(),
    PUT: (simulator, { json }) => simulator.setLatency(readLatency(json())),
    DELETE: (simulator) => simulator.clearLatencies(),
  },
  'rate-limit': {
    GET: (simulator) => simulator.rateLimit(),
    PUT: (simulator, { json }) => simulator.setRateLimit(readRateLimit(json(), 'body')),
  },
  requests: {
    GET: (simulator, { query }) => simulator.requests(since(query)),
    DELETE: (simulator) => simulator.clearRequests(),
  },
};

/** Answers one request to a path below `/control/`. */
export function handleControl(simulator: OktaSimulator, request: ControlRequest): ControlAnswer {
  const [path = '', query = ''] = request.path.split(/\?(.*)/s);
  const [, resource = '', name] = /^\/control\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const key = name === undefined ? resource : `${resource}/`;
  const methods = Object.hasOwn(OPERATIONS, key) ? OPERATIONS[key] : undefined;
  if (methods === undefined) return failed(404, 'no such resource');
  const operation = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (operation === undefined) return failed(405, `takes ${Object.keys(methods).join(', ')}`);
  try {
    const value = operation(simulator, {
      name: decoded(name ?? ''),
      query: new URLSearchParams(query),
      json: () => parsed(request.body),
    });
    return value === undefined ? { status: 204, body: '' } : { status: 200, body: JSON.stringify(value) };
  } catch (error) {
    if (error instanceof UnknownZoneError || error instanceof NotFoundError) return failed(404, error.message);
    // A RangeError comes from a text that is no address.
    if (error instanceof ControlInputError || error instanceof RangeError) return failed(400, error.message);
    throw error;
  }
}

function failed(status: number, error: string): ControlAnswer {
  return { status, body: JSON.stringify({ error }) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlInputError('body: expected JSON');
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ControlInputError('path: bad escape');
  }
}

function since(query: URLSearchParams): number {
  const text = query.get('since') ?? '0';
  if (!/^\d{1,15}$/.test(text)) throw new ControlInputError('since: expected a whole number');
  return Number(text);
}
