import { hash, type JsonWebKey } from 'node:crypto';
import type { SimRequest } from '../types.ts';
import { isSignedBy, readJwt } from './jwt.ts';
import { OAuthRefusal } from './refusal.ts';

const OLDEST_S = 5 * 60;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** Ids that were used once and count no more. */
export class UsedIds {
  readonly #ids = new Map<string, number>();

  /** @returns false where it was used before. @param now seconds since the epoch */
  use(id: string, now: number): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.set(id, now);
    // What is older is refused for its age.
    if (this.#ids.size > 10_000) {
      for (const [old, at] of this.#ids) if (at < now - 2 * OLDEST_S) this.#ids.delete(old);
    }
    return true;
  }
}

/**
 * Judges the proof of a request, as Okta does.
 * @param accessToken absent at the token endpoint
 * @param now seconds since the epoch
 * @returns the thumbprint of its key, and its nonce
 * @throws {OAuthRefusal}
 */
export function judgeProof(
  request: SimRequest,
  accessToken: string | undefined,
  used: UsedIds,
  now: number,
): { readonly thumbprint: string; readonly nonce: unknown } {
  const text = request.headers.dpop;
  if (text === undefined) throw bad('The DPoP proof JWT header is missing.');
  if (text.includes(',')) throw bad('The request contains multiple DPoP proof JWT headers.');
  const jwt = readJwt(text);
  if (!jwt) throw bad('The DPoP proof JWT cannot be parsed.');
  const { header, claims } = jwt;
  if (header.typ !== 'dpop+jwt') throw bad("The DPoP proof JWT 'typ' must be 'dpop+jwt'.");
  const jwk = keyOf(header.jwk);
  if (!isSignedBy(jwt, jwk)) throw bad('The DPoP proof JWT signature is invalid.');
  if (claims.htm !== request.method) throw bad("The DPoP proof JWT 'htm' claim is invalid.");
  if (!isUrlOf(claims.htu, request)) throw bad("The DPoP proof JWT 'htu' claim is invalid.");
  const { iat, jti, nonce } = claims;
  if (typeof iat !== 'number' || !Number.isInteger(iat)) throw bad("The DPoP proof JWT 'iat' claim is invalid.");
  if (iat > now) throw bad('The DPoP proof JWT is issued in the future.');
  if (iat < now - OLDEST_S) throw bad('The DPoP proof JWT was issued more than five minutes in the past.');
  if (typeof jti !== 'string' || jti === '') throw bad("The DPoP proof JWT 'jti' claim is invalid.");
  if (!used.use(jti, now)) throw bad('The DPoP proof JWT has already been used.');
  if (accessToken !== undefined && claims.ath !== hash('sha256', accessToken, 'base64url')) {
    throw bad("The DPoP proof JWT 'ath' does not match the access token.");
  }
  return { thumbprint: thumbprintOf(jwk), nonce };
}

/** RFC 7638: the needed members, in the order of their names. */
function thumbprintOf({ kty, crv, x, y, e, n }: JsonWebKey): string {
  return hash('sha256', JSON.stringify(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }), 'base64url');
}

function keyOf(value: unknown): JsonWebKey {
  if (typeof value !== 'object' || value === null) throw bad('The DPoP proof JWT cannot be parsed.');
  const jwk: JsonWebKey = { ...value };
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) throw bad('The DPoP proof JWT cannot be parsed.');
  return jwk;
}

/** Whether a claim is the very URL that is called. The host counts where the request names one; in one process there is none. */
export function isUrlOf(claim: unknown, { path, headers }: SimRequest): boolean {
  if (typeof claim !== 'string' || !URL.canParse(claim)) return false;
  const url = new URL(claim);
  const [called] = path.split('?');
  return url.pathname === called && !/[?#]/.test(claim) && (headers.host === undefined || url.host === headers.host);
}

function bad(description: string): OAuthRefusal {
  return new OAuthRefusal(400, 'invalid_dpop_proof', description);
}
