/** Reads what the control API is sent. Strict, since a misspelt key in a test would otherwise test nothing. */
import type { ServiceAppSeed } from './oauth/apps.ts';
import type { PolicySeed } from './policies.ts';
import type {
  AddressInput,
  Fault,
  FaultKind,
  FaultRequest,
  HeaderChanges,
  LatencyRule,
  RateLimitChange,
  Role,
  ZoneEdit,
  ZoneSeed,
} from './types.ts';
import { ROLES } from './types.ts';

/** A request the control API does not understand; the message says where. */
export class ControlInputError extends Error {
  override readonly name = 'ControlInputError';
}

type Reader<Value> = (input: unknown, where: string) => Value;

const text: Reader<string> = (input, where) => (typeof input === 'string' ? input : refuse(where, 'a string'));
const flag: Reader<boolean> = (input, where) => (typeof input === 'boolean' ? input : refuse(where, 'true or false'));
const isTrue: Reader<true> = (input, where) => (input === true ? input : refuse(where, 'true'));
const count: Reader<number> = (input, where) =>
  typeof input === 'number' && Number.isInteger(input) && input >= 0 ? input : refuse(where, 'a whole number');
const record: Reader<Record<string, unknown>> = (input, where) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return refuse(where, 'an object');
  return Object.fromEntries(Object.entries(input));
};

function oneOf<const Value extends string>(...allowed: readonly Value[]): Reader<Value> {
  return (input, where) => allowed.find((value) => value === input) ?? refuse(where, `one of ${allowed.join(', ')}`);
}

/** An object with these keys, all optional, and no others. */
function object<Shape extends Record<string, unknown>>(
  readers: {
    readonly [Key in keyof Shape]: Reader<Shape[Key]>;
  },
): Reader<Partial<Shape>> {
  return (input, where) => {
    const result: Partial<Shape> = {};
    const entries = record(input, where);
    for (const key of Object.keys(entries)) {
      if (!Object.hasOwn(readers, key)) refuse(`${where}.${key}`, `one of ${Object.keys(readers).join(', ')}`);
      const known: keyof Shape = key;
      result[known] = readers[known](entries[key], `${where}.${key}`);
    }
    return result;
  };
}

const addressObject = object({ type: oneOf('CIDR', 'RANGE'), value: text });
const address: Reader<AddressInput> = (input, where) => {
  if (typeof input === 'string') return input;
  const { type, value } = addressObject(input, where);
  if (type === undefined || value === undefined) return refuse(where, 'a string, or an object with type and value');
  return { type, value };
};
const list: Reader<AddressInput[]> = (input, where) =>
  Array.isArray(input) ? input.map((entry, index) => address(entry, `${where}[${index}]`)) : refuse(where, 'a list');
const listOrNull: Reader<AddressInput[] | null> = (input, where) => (input === null ? null : list(input, where));

const type = oneOf('IP', 'DYNAMIC', 'DYNAMIC_V2');
const status = oneOf('ACTIVE', 'INACTIVE');
const usage = oneOf('POLICY', 'BLOCKLIST');

export const readSeed: Reader<ZoneSeed> = object({
  name: text,
  type,
  status,
  usage,
  system: flag,
  gateways: listOrNull,
  proxies: listOrNull,
  details: record,
});

export const readEdit: Reader<ZoneEdit> = object({
  name: text,
  type,
  status,
  usage,
  gateways: listOrNull,
  proxies: listOrNull,
  removeGateways: list,
  addGateways: list,
});

const key = object({ kid: text, jwk: record, status });

export function readApp(input: unknown): ServiceAppSeed {
  const list: Reader<unknown[]> = (value, where) => (Array.isArray(value) ? value : refuse(where, 'a list'));
  const shape = { keys: list, scopes: list, role: oneOf(...ROLES), dpop: flag, status };
  const { keys = refuse('body.keys', 'a list'), scopes, ...rest } = object(shape)(input, 'body');
  return {
    ...rest,
    ...(scopes && { scopes: scopes.map((scope, index) => text(scope, `body.scopes[${index}]`)) }),
    keys: keys.map((one, index) => {
      const { kid, jwk, ...more } = key(one, `body.keys[${index}]`);
      if (kid === undefined || jwk === undefined) return refuse(`body.keys[${index}]`, 'a kid and a jwk');
      return { kid, jwk, ...more };
    }),
  };
}

export function readPolicy(input: unknown): PolicySeed {
  const rules: Reader<Record<string, unknown>[]> = (value, where) =>
    Array.isArray(value) ? value.map((one, index) => record(one, `${where}[${index}]`)) : refuse(where, 'a list');
  const shape = { type: text, name: text, status, priority: count, system: flag, conditions: record, rules };
  const { type: kind, name, ...rest } = object(shape)(input, 'body');
  if (kind === undefined || name === undefined) return refuse('body', 'an object with a type and a name');
  return { type: kind, name, ...rest };
}

export const readRateLimit: Reader<RateLimitChange> = object({ limit: count, remaining: count, resetInSeconds: count });

export function readRole(input: unknown): Role {
  return object({ role: oneOf(...ROLES) })(input, 'body').role ?? refuse('body.role', `one of ${ROLES.join(', ')}`);
}

export function readLatency(input: unknown): LatencyRule {
  const { ms, ...match } = object({ ms: count, method: text, zoneId: text })(input, 'body');
  return ms === undefined ? refuse('body.ms', 'a whole number') : { ms, ...match };
}

export function readFault(input: unknown): FaultRequest {
  const shape = { count, seconds: count, skip: count, method: text, zoneId: text, fault };
  const { fault: what, ...rest } = object(shape)(input, 'body');
  if (what === undefined || rest.count === 0)
    return refuse('body', 'an object with a fault, and a count of at least 1');
  return { ...rest, fault: what };
}

const headers: Reader<HeaderChanges> = (input, where) =>
  Object.fromEntries(
    Object.entries(record(input, where)).map(([name, value]) => [name, header(value, `${where}.${name}`)]),
  );
const header: Reader<string | string[] | null> = (input, where) => {
  if (input === null || typeof input === 'string') return input;
  return Array.isArray(input)
    ? input.map((value, index) => text(value, `${where}[${index}]`))
    : refuse(where, 'a string, a list of strings, or null');
};

const fault: Reader<Fault> = (input, where) => {
  const { headers: changes, ...own } = record(input, where);
  const common = changes === undefined ? {} : { headers: headers(changes, `${where}.headers`) };
  const keys = Object.keys(own);
  if (keys.length === 0 && common.headers) return { headers: common.headers };
  const kind = Object.keys(FAULTS).find((name) => keys.includes(name));
  if (kind === undefined) return refuse(where, `an object with one of ${Object.keys(FAULTS).join(', ')}, headers`);
  const read = FAULTS[kind]?.(own, where) ?? refuse(where, 'a complete fault');
  return { ...read, ...common };
};

/** By the key that names the kind. Each reader gives undefined where something is missing. */
const FAULTS: Readonly<Record<string, Reader<FaultKind | undefined>>> = {
  status: (input, where) => {
    const shape = { status: count, body: oneOf('json', 'html', 'empty'), text, apply: flag };
    const read = object(shape)(input, where);
    const code = read.status ?? 0;
    return code >= 200 && code <= 599
      ? { ...read, status: code }
      : refuse(`${where}.status`, 'a number from 200 to 599');
  },
  hang: (input, where) => {
    const { hang, ...rest } = object({ hang: isTrue, apply: flag })(input, where);
    return hang && { hang, ...rest };
  },
  drop: (input, where) => {
    const { drop } = object({ drop: oneOf('before', 'after') })(input, where);
    return drop && { drop };
  },
  delayMs: (input, where) => {
    const { delayMs, ...rest } = object({ delayMs: count, apply: oneOf('start', 'end') })(input, where);
    return delayMs === undefined ? undefined : { delayMs, ...rest };
  },
  truncate: (input, where) => object({ truncate: isTrue })(input, where).truncate && { truncate: true },
  rateLimit: (input, where) => {
    const { rateLimit } = object({ rateLimit: object({ resetInSeconds: count }) })(input, where);
    const resetInSeconds = rateLimit?.resetInSeconds;
    return resetInSeconds === undefined ? undefined : { rateLimit: { resetInSeconds } };
  },
  concurrency: (input, where) => object({ concurrency: isTrue })(input, where).concurrency && { concurrency: true },
  edit: (input, where) => {
    const { edit, ...rest } = object({ edit: readEdit, when: oneOf('before', 'within', 'after') })(input, where);
    return edit && { edit, ...rest };
  },
  stale: (input, where) => {
    const { stale } = object({ stale: object({ changes: count, ms: count }) })(input, where);
    if (stale?.changes !== undefined && stale.ms === undefined) return { stale: { changes: stale.changes } };
    if (stale?.ms !== undefined && stale.changes === undefined) return { stale: { ms: stale.ms } };
    return refuse(`${where}.stale`, 'an object with either changes or ms');
  },
  shows: (input, where) => {
    const { shows } = object({ shows: record })(input, where);
    return shows && { shows };
  },
};

function refuse(where: string, expected: string): never {
  throw new ControlInputError(`${where}: expected ${expected}`);
}
