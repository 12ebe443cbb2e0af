/** What Okta checks of a zone before it stores it. Rules from Okta's OpenAPI document unless said otherwise. */
import { addressProblem, normalise } from './address.ts';
import { exemptZoneUsage, invalidField, malformedBody, unsupportedMediaType } from './errors.ts';
import type { Address, SimRequest, ZoneType } from './types.ts';
import type { Zone, ZoneContent } from './zones.ts';

/** The largest number of gateways, and of proxies, by kind of zone. */
const LIMITS = { admin: 150, blocklist: 1000, system: 5000 } as const;
const MAX_NAME_LENGTH = 128;

/** What a dynamic zone has in place of addresses; at least one of them. */
const DETAILS: Readonly<Record<Exclude<ZoneType, 'IP'>, readonly string[]>> = {
  DYNAMIC: ['locations', 'proxyType', 'asns'],
  DYNAMIC_V2: ['locations', 'asns', 'ipServiceCategories'],
};

export interface ValidationContext {
  /** The zone to be replaced; undefined on a POST. */
  readonly existing: Zone | undefined;
  /** Whether another zone bears the name. */
  readonly nameTaken: (name: string) => boolean;
  readonly allowIpv6: boolean;
}

/** The JSON object in a request. @throws {OktaError} E0000021 for other media types, E0000003 for anything but an object */
export function readBody(request: SimRequest): Record<string, unknown> {
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/json') throw unsupportedMediaType();
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    throw malformedBody();
  }
  if (!isRecord(body)) throw malformedBody();
  return body;
}

/** @throws {OktaError} E0000021 when the caller takes no JSON */
export function checkAccept(request: SimRequest): void {
  const types = (request.headers.accept ?? '*/*').split(',').map((type) => type.split(';')[0]?.trim().toLowerCase());
  if (!types.some((type) => type === '*/*' || type === 'application/*' || type === 'application/json')) {
    throw unsupportedMediaType();
  }
}

/**
 * The content that a PUT or POST stores. Nothing is carried over from the existing zone but its status,
 * where the body has none; whether Okta does so is not known, nor what an omitted `usage` does (here it
 * becomes POLICY). Read-only and unknown fields are ignored. Duplicate addresses are kept, since nothing
 * is known of a check.
 * @throws {OktaError} 400
 */
export function validateZone(body: Record<string, unknown>, context: ValidationContext): ZoneContent {
  const { existing } = context;
  const type = oneOf('type', body.type, ['IP', 'DYNAMIC', 'DYNAMIC_V2'] as const);
  if (type === undefined) throw invalidField('type', 'The field cannot be left blank.');
  if (existing !== undefined && existing.content.type !== type) {
    throw invalidField('type', 'The type of a network zone cannot be changed.');
  }
  const name = validName(body.name, context);
  const usage = oneOf('usage', body.usage, ['POLICY', 'BLOCKLIST'] as const) ?? 'POLICY';
  // A POST ignores the status; a PUT honours it (recorded traffic).
  const sentStatus = oneOf('status', body.status, ['ACTIVE', 'INACTIVE'] as const);
  const status = existing === undefined ? 'ACTIVE' : (sentStatus ?? existing.content.status);
  const common = { type, name, status, usage };
  if (type !== 'IP') return { ...common, gateways: null, proxies: null, details: validDetails(body, type) };

  const limit = existing?.system ? LIMITS.system : usage === 'BLOCKLIST' ? LIMITS.blocklist : LIMITS.admin;
  const gateways = validAddresses('gateways', body.gateways, limit, context.allowIpv6);
  const proxies = validAddresses('proxies', body.proxies, limit, context.allowIpv6);
  const content: ZoneContent = { ...common, gateways, proxies, details: {} };
  if (existing?.exempt) checkExempt(body, existing, content);
  // System zones are empty from the start (recorded traffic); others must hold something.
  if (gateways === null && proxies === null && !existing?.system) {
    throw invalidField('gateways', 'Define at least one gateway or proxy.');
  }
  return content;
}

function validName(name: unknown, context: ValidationContext): string {
  if (typeof name !== 'string' || name.trim() === '') throw invalidField('name', 'The field cannot be left blank.');
  if (name.length > MAX_NAME_LENGTH)
    throw invalidField('name', `The field is longer than ${MAX_NAME_LENGTH} characters.`);
  if (context.nameTaken(name)) throw invalidField('name', 'A network zone with this name exists already.');
  return name;
}

/** The list as stored, in the order sent; `null` where there is none. One CIDR or range counts as one entry. */
function validAddresses(field: string, list: unknown, limit: number, allowIpv6: boolean): readonly Address[] | null {
  if (list === undefined || list === null) return null;
  if (!Array.isArray(list)) throw invalidField(field, 'The field must be a list.');
  if (list.length > limit) throw invalidField(field, `The list has ${list.length} entries, more than ${limit}.`);
  const addresses = list.map((entry: unknown) => {
    const { type, value } = isRecord(entry) ? entry : {};
    // Without a type Okta has answered 400 since 2019 (release notes); the text is not known.
    if (type !== 'CIDR' && type !== 'RANGE') throw invalidField(field, 'Each entry needs the type CIDR or RANGE.');
    if (typeof value !== 'string') throw invalidField(field, 'Each entry needs a value.');
    const problem = addressProblem(field, { type, value }, allowIpv6);
    if (problem !== undefined) throw problem;
    return normalise({ type, value });
  });
  return addresses.length === 0 ? null : addresses;
}

function validDetails(body: Record<string, unknown>, type: Exclude<ZoneType, 'IP'>): Record<string, unknown> {
  const sent = DETAILS[type].filter((field) => body[field] !== undefined && body[field] !== null);
  if (sent.length === 0) throw invalidField(DETAILS[type][0] ?? 'type', `Define one of ${DETAILS[type].join(', ')}.`);
  return Object.fromEntries(DETAILS[type].map((field) => [field, body[field] ?? null]));
}

/** The exempt zone takes neither proxies nor another status, and wants its flag repeated. */
function checkExempt(body: Record<string, unknown>, existing: Zone, content: ZoneContent): void {
  if (body.useAsExemptList !== true || content.usage !== existing.content.usage) throw exemptZoneUsage();
  if (content.proxies !== null) throw invalidField('proxies', 'The zone takes no proxies.');
  if (content.status !== existing.content.status) throw invalidField('status', 'The status of the zone cannot change.');
}

function oneOf<const Value extends string>(
  field: string,
  value: unknown,
  allowed: readonly Value[],
): Value | undefined {
  if (value === undefined || value === null) return undefined;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalidField(field, `The value is none of ${allowed.join(', ')}.`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
