import { type KeyObject, sign } from 'node:crypto';

/** By the curve of an EC key; all others are RSA. The names are those of JOSE (RFC 7518). */
const EC_ALGORITHMS: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

export type Claims = Readonly<Record<string, string | number>>;

/**
 * A signed JWT (RFC 7515, compact form). It is made at once, not in another thread: what waits for nothing else is the same
 * in every run.
 * @param header without `alg`, which the key decides
 */
export function signedJwt(header: Readonly<Record<string, unknown>>, claims: Claims, key: KeyObject): string {
  const alg = EC_ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'RS256';
  const input = [{ alg, ...header }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  // JOSE wants the two numbers of an EC signature one after the other, and not as DER.
  const signature = sign(`sha${alg.slice(2)}`, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
