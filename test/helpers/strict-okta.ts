import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, importJWK, type JWK, jwtVerify } from 'jose';
import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/ports.ts';
import { answer } from './raw-okta.ts';

/** All that a request for a token may carry. */
const FIELDS = ['client_assertion', 'client_assertion_type', 'grant_type', 'scope'];
/** All of a public key (RFC 7517): a private member must never travel. */
const PUBLIC = ['crv', 'e', 'kty', 'n', 'x', 'y'];

/**
 * Okta's token endpoint, its zones and an empty list of policies, by a library that nobody here wrote (`jose`): a second
 * judge of what is sent, beside the simulator. What no client may do is thrown; what Okta answers is answered.
 */
export class StrictOkta {
  readonly requests: HttpRequest[] = [];
  /** Given instead of the right answer, one for each call, in order; undefined lets a call through. */
  readonly next: (HttpResponse | undefined)[] = [];
  nonce = 'nonce-1';
  /** Calls with a token need the nonce too, as RFC 9449 has it. */
  wantsNonceAtCalls = false;
  scope = 'okta.networkZones.read okta.networkZones.manage';
  isBound = true;
  tokensGiven = 0;
  /** Changes as soon as somebody else edits it. */
  keys: Readonly<Record<string, JWK>>;
  readonly #seen = new Set<string>();
  readonly #tokens = new Map<string, { readonly thumbprint: string | undefined; readonly endsAt: number }>();
  readonly #now: () => number;

  constructor(keys: Readonly<Record<string, JWK>>, now: () => number) {
    this.keys = keys;
    this.#now = now;
  }

  readonly http: HttpClient = async (request) => {
    this.requests.push(request);
    const instead = this.next.shift();
    const right = request.url.endsWith('/oauth2/v1/token') ? this.#token(request) : this.#call(request);
    // What is sent is judged, whatever the answer.
    if (instead && Object.keys(this.keys).length > 0) await right;
    else right.catch(() => {});
    return instead ?? right;
  };

  /** The tokens given so far count no more. */
  forget(): void {
    this.#tokens.clear();
  }

  async #token(request: HttpRequest): Promise<HttpResponse> {
    if ('authorization' in request.headers || 'cookie' in request.headers) throw new Error('a header too many');
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') throw new Error('no form');
    const form = new URLSearchParams(request.body);
    if (`${[...form.keys()].toSorted()}` !== `${FIELDS}`) throw new Error('another form');
    const refuse = (status: number, error: string, text = error) =>
      answer(status, { error, error_description: text }, { 'dpop-nonce': this.nonce });
    const assertion = form.get('client_assertion') ?? '';
    const { kid = '', alg } = decodeProtectedHeader(assertion);
    const key = this.keys[kid];
    if (!key) return refuse(401, 'invalid_client', 'The client_assertion JWT kid is invalid.');
    const options = { audience: request.url, currentDate: new Date(this.#now()), maxTokenAge: '1h' };
    const { payload } = await jwtVerify(assertion, await importJWK(key, alg), options);
    const { iss, sub, aud, jti, exp = Infinity, iat = Infinity } = payload;
    const now = this.#now() / 1000;
    if (iss !== sub || aud !== request.url || exp > now + 3600 || iat >= now) throw new Error('an assertion is wrong');
    if (!this.#isNew(jti)) throw new Error('an assertion is shown again');
    const proof = await this.#proof(request);
    if (proof.payload.nonce !== this.nonce) return refuse(400, 'use_dpop_nonce');
    this.tokensGiven += 1;
    const token = `token-${this.tokensGiven}`;
    const thumbprint = this.isBound ? proof.thumbprint : undefined;
    this.#tokens.set(token, { thumbprint, endsAt: now + 3600 });
    const grant = { token_type: this.isBound ? 'DPoP' : 'Bearer', expires_in: 3600, access_token: token };
    return answer(200, { ...grant, scope: this.scope }, { 'dpop-nonce': this.nonce });
  }

  async #call(request: HttpRequest): Promise<HttpResponse> {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const refuse = (status: number, error: string) => {
      const challenge = `DPoP error="${error}", error_description="no"`;
      return answer(status, '', { 'www-authenticate': challenge, 'dpop-nonce': this.nonce });
    };
    const proof = request.headers.dpop === undefined ? undefined : await this.#proof(request);
    const known = this.#tokens.get(token);
    if (!known || known.endsAt <= this.#now() / 1000) return refuse(401, 'invalid_token');
    const bound = known.thumbprint;
    if (scheme !== (bound ? 'DPoP' : 'Bearer')) return refuse(400, 'invalid_request');
    if (bound) {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
      const isRight = proof?.thumbprint === bound && proof.payload.ath === Buffer.from(digest).toString('base64url');
      if (!isRight) return refuse(400, 'invalid_dpop_proof');
      if (this.wantsNonceAtCalls && proof.payload.nonce !== this.nonce) return refuse(401, 'use_dpop_nonce');
    }
    if (request.url.includes('/policies')) return answer(200, []);
    const gateways = request.body ? JSON.parse(request.body).gateways : [{ type: 'CIDR', value: '192.0.2.0/32' }];
    return answer(200, { id: 'nzo1', type: 'IP', name: 'Zone', status: 'ACTIVE', gateways });
  }

  async #proof(request: HttpRequest) {
    const options = { typ: 'dpop+jwt', currentDate: new Date(this.#now()), maxTokenAge: '5m' };
    const { payload, protectedHeader } = await jwtVerify(request.headers.dpop ?? '', EmbeddedJWK, options);
    const { jwk, ...header } = protectedHeader;
    const { origin, pathname } = new URL(request.url);
    const isRight = payload.htm === request.method && payload.htu === `${origin}${pathname}`;
    const isPublic = jwk !== undefined && Object.keys(jwk).every((member) => PUBLIC.includes(member));
    if (!isRight || !jwk || !isPublic || `${Object.keys(header).toSorted()}` !== 'alg,typ')
      throw new Error('a proof is wrong');
    if (!this.#isNew(payload.jti)) throw new Error('a proof is shown again');
    return { payload, thumbprint: await calculateJwkThumbprint(jwk) };
  }

  #isNew(jti: string | undefined): boolean {
    if (jti === undefined || this.#seen.has(jti)) return false;
    this.#seen.add(jti);
    return true;
  }
}
