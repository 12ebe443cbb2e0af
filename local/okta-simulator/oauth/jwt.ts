import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';

/** A JWT that can be read; whether its signature is good is another question. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly signature: Buffer;
}

/** The algorithms that Okta takes, by what they need. */
const RSA: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };
const EC: Readonly<Record<string, readonly [curve: string, digest: string]>> = {
  ES256: ['P-256', 'sha256'],
  ES384: ['P-384', 'sha384'],
  ES512: ['P-521', 'sha512'],
};

export const ALGORITHMS = [...Object.keys(RSA), ...Object.keys(EC)];

/** @returns undefined where it is no JWT */
export function readJwt(text: string): Jwt | undefined {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text);
  if (!parts) return undefined;
  const [, header = '', claims = '', signature = ''] = parts;
  const [readHeader, readClaims] = [readPart(header), readPart(claims)];
  if (!readHeader || !readClaims) return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  return { header: readHeader, claims: readClaims, input: `${header}.${claims}`, signature: bytes };
}

export function isSignedBy({ header, input, signature }: Jwt, jwk: JsonWebKey): boolean {
  const alg = String(header.alg);
  const digest = jwk.kty === 'RSA' ? RSA[alg] : EC[alg]?.[0] === jwk.crv ? EC[alg]?.[1] : undefined;
  if (digest === undefined) return false;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return verify(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false; // A key that is none has signed nothing.
  }
}

function readPart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
