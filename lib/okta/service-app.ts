import type { HttpClient, HttpResponse, Signer } from '../ports.ts';
import type { Authorization, Granted } from './authorization.ts';
import { CALL_TIMEOUT_MS } from './call-timeout.ts';
import { CLOCK_TOLERANCE_S, DpopProofs } from './dpop.ts';
import { exchange, untold } from './exchange.ts';
import { jwtSignedBy } from './jwt.ts';
import { OktaFailure } from './okta-failure.ts';
import { grantedToken, type TokenGrant, tokenFailure, wantsAnotherTry } from './token-answer.ts';

/** What is asked for. Writing includes reading (Okta's list of scopes), but both together are clearer to a reader. */
export const ZONE_SCOPES: readonly string[] = ['okta.networkZones.read', 'okta.networkZones.manage'];
/** For whoever reads policies too. Okta leaves it out without a word where nobody has granted it. */
export const POLICY_SCOPE = 'okta.policies.read';

/** An assertion lives so long; Okta takes an hour at most, without tolerance. Seconds. */
const ASSERTION_LIFE_S = 300;
/** A token is renewed so long before its end, so that none ends on its way. Milliseconds. */
const RENEW_BEFORE_MS = 120_000;
/** Okta's tokens for its own API live an hour. */
const LONGEST_LIFE_MS = 60 * 60_000;
/** The first answer may ask for a nonce, the second find an assertion or a proof used or too old. */
const TRIES = 3;
/** A key elsewhere has so long for an assertion: Okta needs the rest of the time of the call. Milliseconds. */
const SIGN_TIMEOUT_MS = 4_000;

/** A service app, and what signs for it. */
export interface SigningApp {
  readonly clientId: string;
  /** Names the public key at Okta. */
  readonly kid: string;
  readonly signer: Signer;
}

/** A token with what proves it. */
class TokenAuthorization implements Authorization {
  readonly renewAt: number;
  readonly granted: Granted;
  readonly #grant: TokenGrant;
  readonly #proofs: DpopProofs;

  constructor(grant: TokenGrant, proofs: DpopProofs, now: number) {
    this.#grant = grant;
    this.granted = grant;
    this.#proofs = proofs;
    this.renewAt = now + grant.lifeMs - Math.min(RENEW_BEFORE_MS, grant.lifeMs / 2);
  }

  headers(method: string, url: string): Readonly<Record<string, string>> {
    const { accessToken, isBound } = this.#grant;
    if (!isBound) return { authorization: `Bearer ${accessToken}` };
    return { authorization: `DPoP ${accessToken}`, dpop: this.#proofs.proof(method, url, accessToken) };
  }

  saw(headers: HttpResponse['headers']): void {
    this.#proofs.saw(headers);
  }
}

/**
 * Signs in as a service app: client credentials with `private_key_jwt`, and DPoP always. One token request is under way
 * at a time, and its token is kept until shortly before its end.
 */
export class ServiceApp {
  readonly #app: SigningApp;
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #now: () => number;
  readonly #proofs: DpopProofs;
  readonly #scopes: readonly string[];
  #current: TokenAuthorization | undefined;
  #pending: Promise<TokenAuthorization> | undefined;

  /** @param baseUrl the org's, without a slash at its end @param now milliseconds since the epoch */
  constructor(app: SigningApp, http: HttpClient, baseUrl: string, now: () => number, scopes = ZONE_SCOPES) {
    this.#app = app;
    this.#http = http;
    this.#url = `${baseUrl}/oauth2/v1/token`;
    this.#now = now;
    this.#scopes = scopes;
    this.#proofs = new DpopProofs(now);
  }

  /** @returns undefined where a token has to be fetched first */
  get current(): Authorization | undefined {
    // Also where the clock was set back by more than a token lives.
    const renewAt = this.#current?.renewAt ?? 0;
    const now = this.#now();
    return now < renewAt && renewAt - now <= LONGEST_LIFE_MS ? this.#current : undefined;
  }

  /**
   * Fetches a token; whoever comes meanwhile, or has seen a moment ago that there was none, gets the same.
   * @param assertMayAskAgain rejects where Okta wants no further request
   * @throws {OktaFailure}
   */
  async fetch(assertMayAskAgain: () => Promise<unknown> = async () => {}): Promise<Authorization> {
    const { current } = this;
    if (current) return current;
    this.#pending ??= this.#request(assertMayAskAgain).finally(() => {
      this.#pending = undefined;
    });
    this.#current = await this.#pending;
    return this.#current;
  }

  /** Okta refused a call with it: the next call fetches another. */
  forget(authorization: Authorization): void {
    if (this.#current === authorization) this.#current = undefined;
  }

  /**
   * Both JWTs are made anew for each attempt: an assertion is used up even by an answer that asks for a nonce. All attempts
   * together take no longer than one call may: whoever asks has no more time. A nonce stays known for the next time.
   */
  async #request(assertMayAskAgain: () => Promise<unknown>): Promise<TokenAuthorization> {
    const endsAt = this.#now() + CALL_TIMEOUT_MS;
    for (let tries = 1; ; tries += 1) {
      // Somebody else may have been refused since the first.
      if (tries > 1) await assertMayAskAgain();
      const assertion = await this.#assertion(Math.min(SIGN_TIMEOUT_MS, endsAt - this.#now()));
      const proof = this.#proofs.proof('POST', this.#url);
      const timeoutMs = endsAt - this.#now();
      if (timeoutMs <= 0) throw new OktaFailure('ZONE003', 'no time is left to ask Okta for a token');
      const granted = await untold([assertion, proof], async () => {
        const response = await exchange(this.#http, this.#ask(assertion, proof, timeoutMs), 'the request for a token');
        this.#proofs.saw(response.headers);
        if (response.status === 200) return grantedToken(response, this.#scopes);
        if (tries === TRIES || !wantsAnotherTry(response)) throw tokenFailure(response, this.#now());
        return undefined;
      });
      if (granted) return new TokenAuthorization(granted, this.#proofs, this.#now());
    }
  }

  #ask(assertion: string, dpop: string, timeoutMs: number) {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: this.#scopes.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop };
    return { method: 'POST', url: this.#url, headers, body: body.toString(), timeoutMs } as const;
  }

  /** The audience is the very URL that is called: Okta refuses its issuer there. */
  #assertion(timeoutMs: number): Promise<string> {
    const { clientId, kid, signer } = this.#app;
    const now = Math.floor(this.#now() / 1000);
    const claims = {
      ...{ iss: clientId, sub: clientId, aud: this.#url, jti: this.#proofs.newId() },
      ...{ iat: now - CLOCK_TOLERANCE_S, exp: now + ASSERTION_LIFE_S },
    };
    return jwtSignedBy(signer, { kid }, claims, timeoutMs);
  }
}
