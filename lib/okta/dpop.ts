import { generateKeyPairSync, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { HttpResponse } from '../ports.ts';
import { type Claims, signedJwt } from './jwt.ts';

/** Another clock may be behind this one by so much: Okta refuses what was issued in the future. Seconds. */
export const CLOCK_TOLERANCE_S = 5;
/** A nonce of Okta's is much shorter. What can be none is not sent back. */
const NONCE = /^[\x21-\x7e]{1,512}$/;

/**
 * Proofs that whoever shows an access token also has the key that it was given for (RFC 9449, with Okta's rules). The key
 * lives as long as this process, in its memory alone: nothing to store, nothing to rotate.
 */
export class DpopProofs {
  readonly #privateKey: KeyObject;
  readonly #jwk: JsonWebKey;
  readonly #now: () => number;
  readonly #name: string;
  #ids = 0;
  #nonce: string | undefined;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#jwk = publicKey.export({ format: 'jwk' });
    this.#name = hash('sha256', JSON.stringify(this.#jwk), 'base64url');
    this.#now = now;
  }

  /** An id that nobody else has given: no other process has this key. */
  newId(): string {
    this.#ids += 1;
    return `${this.#name}.${this.#ids}`;
  }

  /**
   * A proof for one attempt of one call.
   * @param url without query and fragment
   * @param accessToken what is shown with it; absent where a token is asked for
   */
  proof(method: string, url: string, accessToken?: string): string {
    const claims: Claims = {
      htm: method,
      htu: url,
      iat: Math.floor(this.#now() / 1000) - CLOCK_TOLERANCE_S,
      jti: this.newId(),
      ...(this.#nonce !== undefined && { nonce: this.#nonce }),
      ...(accessToken !== undefined && { ath: hash('sha256', accessToken, 'base64url') }),
    };
    return signedJwt({ typ: 'dpop+jwt', jwk: this.#jwk }, claims, this.#privateKey);
  }

  /** Keeps the newest nonce, wherever it comes from: then the next token takes one request and not two. */
  saw(headers: HttpResponse['headers']): void {
    const nonce = headers['dpop-nonce'];
    if (nonce !== undefined && NONCE.test(nonce)) this.#nonce = nonce;
  }
}
