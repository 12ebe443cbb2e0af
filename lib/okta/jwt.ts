import { type KeyObject, sign } from 'node:crypto';
import type { Algorithm, Signer } from '../ports.ts';

/** By the curve of an EC key; all others are RSA. The names are those of JOSE (RFC 7518). */
const EC_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

export type Claims = Readonly<Record<string, string | number>>;

/**
 * A JWT (RFC 7515, compact form) that is signed here. It is made at once, not in another thread: what waits for nothing
 * else is the same in every run.
 * @param header without `alg`, which the key decides
 */
export function signedJwt(header: Readonly<Record<string, unknown>>, claims: Claims, key: KeyObject): string {
  const alg = algorithmOf(key);
  const input = signingInput({ alg, ...header }, claims);
  return `${input}.${signature(input, alg, key).toString('base64url')}`;
}

/** The same with a key that may be elsewhere. @param timeoutMs within which the signature must be there, in milliseconds */
export async function jwtSignedBy(
  signer: Signer,
  header: Readonly<Record<string, unknown>>,
  claims: Claims,
  timeoutMs: number,
): Promise<string> {
  const input = signingInput({ alg: signer.alg, ...header }, claims);
  const signature = await signer.sign(Buffer.from(input), timeoutMs);
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

/** A key that is here: it signs at once, too. */
export function keyAtHand(key: KeyObject): Signer {
  const alg = algorithmOf(key);
  return { alg, sign: async (input) => signature(input, alg, key) };
}

function algorithmOf({ asymmetricKeyDetails: details }: KeyObject): Algorithm {
  return EC_ALGORITHMS[details?.namedCurve ?? ''] ?? 'RS256';
}

function signature(input: string | Uint8Array, alg: Algorithm, key: KeyObject): Buffer {
  // JOSE wants the two numbers of an EC signature one after the other, and not as DER.
  return sign(`sha${alg.slice(2)}`, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

function signingInput(header: Readonly<Record<string, unknown>>, claims: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
