import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from './judge-answer.ts';
import { OktaFailure } from './okta-failure.ts';

/** How this system signs in to Okta: what the secret holds decides. */
export type OktaCredentials =
  /** An administrator's API token. */
  { readonly kind: 'token'; readonly token: string } | AppCredentials;

/** A service app with a key of its own (OAuth 2.0, `private_key_jwt`). */
export interface AppCredentials {
  readonly kind: 'app';
  readonly clientId: string;
  /** Names the public key at Okta: an app may have several, while they are exchanged. */
  readonly kid: string;
  /** RSA of at least 2048 bits, or EC on P-256, P-384 or P-521; absent where the key is elsewhere, by its `kid`. */
  readonly privateKey?: KeyObject;
}

/** Longer than any token of Okta's, which have 42 characters. */
const LONGEST = 512;
/** Okta's least for RSA (its API reference: JSON Web Keys of apps). */
const SHORTEST_RSA = 2048;
const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1'];

const appSchema = v.object({
  clientId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{8,64}$/)),
  // It goes into a JWT's header, which is JSON, and nowhere else.
  kid: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/)),
  privateKey: v.union([v.string(), v.looseObject({ kty: v.string() })]),
});
const elsewhereSchema = v.object({ ...appSchema.entries, privateKey: v.optional(appSchema.entries.privateKey) });

/**
 * Why a text can't be an API token of Okta's (SSWS). It must never get into a header then, nor be quoted.
 * @returns undefined where it can
 */
export function tokenProblem(text: string): string | undefined {
  if (/^[{["]/.test(text)) return 'it is JSON, and not the token alone';
  if (/^SSWS\s/i.test(text)) return 'it begins with "SSWS", which is not part of the token';
  if (/\s/.test(text)) return 'it has white space in it';
  // The characters that a credential may have in a header without quotes (RFC 6750).
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(text)) return 'it has characters that no token has';
  if (text.length > LONGEST) return 'it is too long for a token';
  return undefined;
}

/**
 * The text of the secret as credentials: a JSON object is a service app, anything else an API token.
 * @param canBeElsewhere whether an app may have its key elsewhere, and so none in the secret
 * @throws {OktaFailure} ZONE006, which says what is wrong with the text and shows nothing of it
 */
export function asCredentials(text: string | undefined, canBeElsewhere = false): OktaCredentials {
  if (!text) throw new OktaFailure('ZONE006', 'the secret that should hold the Okta credentials has no value');
  if (text.startsWith('{')) return asApp(text, canBeElsewhere);
  const problem = tokenProblem(text);
  if (problem === undefined) return { kind: 'token', token: text };
  throw unusable(`it can't be a token: ${problem}`);
}

/** @returns why a text can be no credentials; undefined where it can */
export function credentialsProblem(text: string | undefined, canBeElsewhere = false): string | undefined {
  try {
    asCredentials(text, canBeElsewhere);
    return undefined;
  } catch (error) {
    if (error instanceof OktaFailure) return error.message;
    throw error;
  }
}

function asApp(text: string, canBeElsewhere: boolean): AppCredentials {
  const json = parseJson(text);
  if (json === undefined) throw unusable('it begins like JSON, but is none');
  const parsed = v.safeParse(canBeElsewhere ? elsewhereSchema : appSchema, json);
  if (!parsed.success) {
    // The names of what is wrong; never the values.
    const names = [...new Set(parsed.issues.map(({ path }) => String(path?.[0]?.key)))].filter(isOurs);
    throw unusable(`it is JSON, and ${names.join(', ') || 'what it holds'} is missing or not as it should be`);
  }
  const { clientId, kid, privateKey } = parsed.output;
  const app = { kind: 'app', clientId, kid } as const;
  return privateKey === undefined ? app : { ...app, privateKey: asPrivateKey(privateKey) };
}

function asPrivateKey(given: string | Readonly<Record<string, unknown>>): KeyObject {
  const key = readKey(given);
  if (!key) throw unusable('its privateKey is neither a PEM nor a JWK of a private key');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && (details?.modulusLength ?? 0) < SHORTEST_RSA) {
    throw unusable(`its privateKey is RSA of fewer than ${SHORTEST_RSA} bits, which Okta does not take`);
  }
  const fits = type === 'rsa' || (type === 'ec' && CURVES.includes(details?.namedCurve));
  if (!fits) throw unusable('its privateKey is neither RSA nor EC on P-256, P-384 or P-521');
  return key;
}

/** What the library says of a key that it can't read may quote it, so it is not passed on. */
function readKey(given: string | Readonly<Record<string, unknown>>): KeyObject | undefined {
  try {
    return typeof given === 'string' ? createPrivateKey(given) : createPrivateKey({ key: given, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function isOurs(name: string): boolean {
  return name in appSchema.entries;
}

function unusable(why: string): OktaFailure {
  return new OktaFailure('ZONE006', `what the secret holds can't be Okta credentials: ${why}`);
}
