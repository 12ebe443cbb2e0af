import { hash } from 'node:crypto';
import type { Role, SimRequest } from '../types.ts';
import { Apps } from './apps.ts';
import { isSignedBy, readJwt } from './jwt.ts';
import { isUrlOf, judgeProof, UsedIds } from './proofs.ts';
import { OAuthRefusal } from './refusal.ts';

/** Okta's tokens for its own API live an hour. Seconds. */
const USUAL_LIFE_S = 3600;
const LONGEST_ASSERTION_S = 3600;
/** A nonce is new each day, and the last ones work on for three more. Seconds. */
const NONCE_LIFE_S = 24 * 3600;
const OLD_NONCES = 3;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface AccessToken {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Of the key that it is bound to; undefined for a bearer token. */
  readonly thumbprint: string | undefined;
  /** Seconds since the epoch. */
  readonly endsAt: number;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Okta's own authorization server: tokens for service apps, and what they open. It is as strict as Okta is known to be. */
export class AuthorizationServer {
  readonly apps = new Apps();
  readonly #tokens = new Map<string, AccessToken>();
  readonly #usedAssertions = new UsedIds();
  readonly #usedProofs = new UsedIds();
  #nonces: string[] = [];
  #nonceAt = 0;
  #count = 0;
  /** Of the tokens that are given from now on, in seconds. */
  lifeS = USUAL_LIFE_S;

  /** Every token ends now. */
  endTokens(): void {
    this.#tokens.clear();
  }

  /** The time of every token is over. */
  expireTokens(): void {
    for (const [text, token] of this.#tokens) this.#tokens.set(text, { ...token, endsAt: 0 });
  }

  /** A new nonce holds alone. */
  renewNonce(): void {
    this.#nonces = [];
  }

  /** Answers a request for a token. @param now milliseconds since the epoch @throws {OAuthRefusal} */
  token(request: SimRequest, now: number): TokenAnswer {
    const seconds = Math.floor(now / 1000);
    const form = new URLSearchParams(request.body);
    if (form.get('grant_type') !== 'client_credentials') {
      throw new OAuthRefusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported.');
    }
    const { clientId, app } = this.#client(form, request, seconds);
    const proof = app.dpop || request.headers.dpop !== undefined;
    const thumbprint = proof ? this.#provenKey(request, seconds) : undefined;
    const asked = (form.get('scope') ?? '').split(' ').filter(Boolean);
    if (asked.length === 0) throw new OAuthRefusal(400, 'invalid_scope', 'No scopes were requested.');
    // What was not granted goes without a word, as long as something is left.
    const scopes = asked.filter((scope) => app.scopes.includes(scope));
    if (scopes.length === 0) {
      throw new OAuthRefusal(400, 'consent_required', 'You are not allowed any of the requested scopes.');
    }
    this.#count += 1;
    const accessToken = `eyJ${hash('sha256', `${clientId} ${this.#count} ${now}`, 'base64url')}.simulated`;
    this.#tokens.set(accessToken, { clientId, scopes, thumbprint, endsAt: seconds + this.lifeS });
    const body = {
      token_type: thumbprint === undefined ? 'Bearer' : 'DPoP',
      expires_in: this.lifeS,
      access_token: accessToken,
      scope: scopes.join(' '),
    };
    const headers = { 'cache-control': 'no-cache, no-store', 'dpop-nonce': this.nonce(seconds) };
    return { status: 200, body, headers };
  }

  /** The nonce that holds now. @param seconds since the epoch */
  nonce(seconds: number): string {
    if (this.#nonces.length === 0 || seconds - this.#nonceAt >= NONCE_LIFE_S) {
      this.#count += 1;
      this.#nonceAt = seconds;
      this.#nonces = [hash('sha256', `nonce ${this.#count}`, 'base64url').slice(0, 32), ...this.#nonces];
      this.#nonces.length = Math.min(this.#nonces.length, 1 + OLD_NONCES);
    }
    return this.#nonces[0] ?? '';
  }

  /**
   * Who calls with an access token.
   * @param now milliseconds since the epoch
   * @returns undefined where the request has none
   * @throws {OAuthRefusal}
   */
  caller(request: SimRequest, now: number): { readonly role: Role } | undefined {
    const [, scheme, text = ''] = /^(DPoP|Bearer) (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (scheme === undefined) return undefined;
    const seconds = Math.floor(now / 1000);
    const token = this.#tokens.get(text);
    const app = token && this.apps.get(token.clientId);
    if (!token || app?.status !== 'ACTIVE') throw invalidToken('The access token is invalid.');
    if (seconds >= token.endsAt) throw invalidToken('The token has expired.');
    if (token.thumbprint !== undefined) {
      if (scheme !== 'DPoP') {
        const text = 'The resource request must use the DPoP authentication scheme.';
        throw new OAuthRefusal(400, 'invalid_request', text);
      }
      const { thumbprint } = judgeProof(request, text, this.#usedProofs, seconds);
      if (thumbprint !== token.thumbprint) {
        const description = 'The access_token is not bound to the provided proof.';
        throw new OAuthRefusal(400, 'invalid_dpop_proof', description);
      }
    } else if (scheme !== 'Bearer') throw invalidToken('The access token is not DPoP bound.');
    const [needed, ...others] = scopesFor(request);
    if (![needed, ...others].some((scope) => token.scopes.includes(scope))) {
      const description = 'The access token provided does not contain the required scopes.';
      throw new OAuthRefusal(403, 'insufficient_scope', description, needed);
    }
    return { role: app.role };
  }

  #client(form: URLSearchParams, request: SimRequest, now: number) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new OAuthRefusal(400, 'invalid_request', 'client_assertion_type is invalid.');
    }
    const jwt = readJwt(form.get('client_assertion') ?? '');
    if (!jwt) throw invalidClient('The client_assertion cannot be parsed.');
    const { iss, sub, aud, exp, iat, jti } = jwt.claims;
    const clientId = String(sub);
    const app = this.apps.get(clientId);
    if (app?.status !== 'ACTIVE') throw invalidClient("Invalid value for 'client_id' parameter.");
    if (iss !== sub) throw invalidClient('The issuer of the client_assertion is invalid.');
    const key = app.keys.find(({ kid, status }) => kid === jwt.header.kid && status !== 'INACTIVE');
    if (!key) throw invalidClient('The client_assertion JWT kid is invalid.');
    if (!isSignedBy(jwt, key.jwk)) throw invalidClient('The client_assertion signature is invalid.');
    // The very endpoint that is called, and not the issuer.
    if (!isUrlOf(aud, request))
      throw invalidClient('The audience of the client_assertion must be the endpoint invoked.');
    if (typeof exp !== 'number') throw invalidClient("The client_assertion 'exp' is missing.");
    if (exp <= now) throw invalidClient('The client_assertion token is expired.');
    if (exp > now + LONGEST_ASSERTION_S)
      throw invalidClient('The client_assertion expiration too far into the future.');
    if (typeof iat === 'number' && iat >= now) {
      throw invalidClient('The client_assertion must be issued before the current time.');
    }
    // Used up by any answer that comes after this.
    if (typeof jti === 'string' && !this.#usedAssertions.use(`${clientId} ${jti}`, now)) {
      throw invalidClient('The client_assertion has already been used.');
    }
    return { clientId, app };
  }

  #provenKey(request: SimRequest, seconds: number): string {
    const { thumbprint, nonce } = judgeProof(request, undefined, this.#usedProofs, seconds);
    this.nonce(seconds);
    if (typeof nonce !== 'string' || !this.#nonces.includes(nonce)) {
      throw new OAuthRefusal(400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.');
    }
    return thumbprint;
  }
}

/** Any of them will do; the first is named where all are missing. Managing includes reading. */
function scopesFor({ method, path }: SimRequest): readonly [string, ...string[]] {
  if (path.startsWith('/api/v1/policies')) return ['okta.policies.read', 'okta.policies.manage'];
  return method === 'GET' ? ['okta.networkZones.read', 'okta.networkZones.manage'] : ['okta.networkZones.manage'];
}

function invalidClient(description: string): OAuthRefusal {
  return new OAuthRefusal(401, 'invalid_client', description);
}

function invalidToken(description: string): OAuthRefusal {
  return new OAuthRefusal(401, 'invalid_token', description);
}
