import { isAclName } from '../config.ts';
import { repeatedKeys } from './strict-json.ts';
import { decodeWebhookKey } from './webhook-signature.ts';

/** A shorter bearer token could be guessed, so it counts as none. */
const SHORTEST_TOKEN = 16;
/** RFC 6750: what a bearer token consists of. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Where a key or token stands in its object: both are good, and the next rotation ends the previous one. */
export const PLACES = ['current', 'previous'] as const;
export type Place = (typeof PLACES)[number];

export interface WebhookKey {
  readonly bytes: Buffer;
  readonly place: Place;
  /** The only ACL that it speaks for; without one it speaks for every ACL that has no keys of its own. */
  readonly acl?: string;
}

export interface BearerToken {
  readonly token: string;
  readonly place: Place;
  readonly acl: string;
}

/** Something in the secret that can't be used. Nothing of its value is said. */
export interface SecretFault {
  /** The ACL whose entry it is in; absent where it concerns all. */
  readonly acl?: string;
  /** What is wrong, as the rest of a sentence that begins with "it". */
  readonly fault: string;
}

/** What the webhook secret holds, as far as it can be used: see docs/webhook.md. */
export interface WebhookSecret {
  readonly keys: readonly WebhookKey[];
  readonly bearers: readonly BearerToken[];
  /** The ACLs for which only their own keys speak, be they usable or not. */
  readonly apart: ReadonlySet<string>;
  readonly faults: readonly SecretFault[];
}

/**
 * Reads `{"current","previous"?,"acls"?: {"NAME": {"current"?,"previous"?,"bearer"?: {"current","previous"?}}}}`.
 *
 * What can't be used (another type, no key, a name twice) is as if it stood empty, and stops nothing else. An ACL whose
 * entry holds anything but a `bearer` takes no keys from outside of it, also where none of its own can be used: whoever
 * wrote it meant to keep the others out. Where `acls` as a whole can't be read, nobody can tell whom a key speaks for,
 * and there are no keys at all.
 */
export function parseWebhookSecret(text: string): WebhookSecret {
  const top = objectIn(text);
  if (!top) return { keys: [], bearers: [], apart: new Set(), faults: [{ fault: 'is not a JSON object' }] };
  const repeated = new Set(repeatedKeys(text).map(joined));
  const faults: SecretFault[] = [];
  const reading: Reading = {
    isTwice: (...path) => repeated.has(joined(path)),
    fault: (fault, acl) => void faults.push({ fault, ...(acl !== undefined && { acl }) }),
  };
  const { acls = {}, ...general } = top;
  for (const name of unknownNames(general, PLACES)) reading.fault(`has the unknown name ${name}`);
  const keys: WebhookKey[] = keysIn(general, [], reading);
  if (!isObject(acls) || reading.isTwice('acls')) {
    reading.fault('has an acls that is not one object, so no key can be used');
    return { keys: [], bearers: [], apart: new Set(), faults };
  }
  const bearers: BearerToken[] = [];
  const apart = new Set<string>();
  for (const [acl, entry] of Object.entries(acls)) {
    if (!isAclName(acl)) {
      reading.fault('has an entry in acls whose name no ACL can have');
    } else if (!isObject(entry) || reading.isTwice('acls', acl)) {
      apart.add(acl);
      reading.fault('is not one object', acl);
    } else {
      const { bearer, ...own } = entry;
      if (Object.keys(own).length > 0) apart.add(acl);
      for (const name of unknownNames(own, PLACES)) reading.fault(`has the unknown name ${name}`, acl);
      keys.push(...keysIn(own, ['acls', acl], reading, acl));
      if (Object.hasOwn(entry, 'bearer')) bearers.push(...tokensIn(bearer, acl, reading));
    }
  }
  return { keys, bearers: withoutKeys(bearers, keys, reading), apart, faults };
}

/** Whether a key speaks for an ACL, whatever the configuration says of it. */
export function speaksFor(key: Pick<WebhookKey, 'acl'>, acl: string, { apart }: Pick<WebhookSecret, 'apart'>): boolean {
  return key.acl === undefined ? !apart.has(acl) : key.acl === acl;
}

/** The key to sign with for an ACL: its current one, or else the previous one. */
export function keyFor(acl: string, secret: WebhookSecret): WebhookKey | undefined {
  return secret.keys.find((key) => speaksFor(key, acl, secret));
}

interface Reading {
  /** Whether that name stands twice in its object. */
  isTwice(...path: readonly string[]): boolean;
  fault(fault: string, acl?: string): void;
}

function keysIn(from: Fields, path: readonly string[], reading: Reading, acl?: string): WebhookKey[] {
  return PLACES.flatMap((place) => {
    if (!Object.hasOwn(from, place)) return [];
    const value = from[place];
    const bytes = typeof value === 'string' ? decodeWebhookKey(value) : undefined;
    if (bytes && !reading.isTwice(...path, place)) return [{ bytes, place, ...(acl !== undefined && { acl }) }];
    reading.fault(`has a ${place} that is not one key (base64 of at least 24 bytes)`, acl);
    return [];
  });
}

function tokensIn(from: unknown, acl: string, reading: Reading): BearerToken[] {
  if (!isObject(from) || reading.isTwice('acls', acl, 'bearer')) {
    reading.fault('has a bearer that is not one object', acl);
    return [];
  }
  for (const name of unknownNames(from, PLACES)) reading.fault(`has the unknown name ${name} in its bearer`, acl);
  return PLACES.flatMap((place) => {
    if (!Object.hasOwn(from, place)) return [];
    const value = from[place];
    const token = typeof value === 'string' ? value.trim() : '';
    const isToken = token.length >= SHORTEST_TOKEN && TOKEN.test(token);
    if (isToken && !reading.isTwice('acls', acl, 'bearer', place)) return [{ token, place, acl }];
    reading.fault(`has a ${place} bearer token that is not one token (at least 16 of A-Za-z0-9._~+/-)`, acl);
    return [];
  });
}

/** A key that was shown as a token would be known to whoever sees one request, and could sign. */
function withoutKeys(bearers: readonly BearerToken[], keys: readonly WebhookKey[], reading: Reading): BearerToken[] {
  return bearers.filter(({ token, place, acl }) => {
    const asKey = decodeWebhookKey(token);
    if (!asKey || !keys.some(({ bytes }) => bytes.equals(asKey))) return true;
    reading.fault(`has a ${place} bearer token that is also a key, so it is no token`, acl);
    return false;
  });
}

type Fields = Readonly<Record<string, unknown>>;

/** The secret as an object; undefined where its text is none. */
export function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // Not JSON is the same to the caller as JSON of another shape.
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names are said where they are short: somebody may have put a key in the place of one. */
function unknownNames(from: Fields, known: readonly string[]): string[] {
  return Object.keys(from)
    .filter((name) => !known.includes(name))
    .map((name) => (/^[A-Za-z_]{1,15}$/.test(name) ? `"${name}"` : '(not shown)'));
}

function joined(path: readonly string[]): string {
  return JSON.stringify(path);
}
