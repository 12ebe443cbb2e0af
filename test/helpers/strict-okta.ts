import {
  type CompactJWSHeaderParameters,
  calculateJwkThumbprint,
  EmbeddedJWK,
  importJWK,
  type JWK,
  jwtVerify,
} from 'jose';
import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/ports.ts';
import { answer } from './raw-okta.ts';

/**
 * Okta's token endpoint and one zone, by a library that nobody here wrote (`jose`): a second judge of what is sent,
 * beside the simulator.
 */
export class StrictOkta {
  readonly requests: HttpRequest[] = [];
  /** Given instead of the right answer, one for each call, in order; undefined lets a call through. */
  readonly next: (HttpResponse | undefined)[] = [];
  nonce = 'nonce-1';
  scope = 'okta.networkZones.read okta.networkZones.manage';
  isBound = true;
  tokensGiven = 0;
  readonly #keys: Readonly<Record<string, JWK>>;
  readonly #seen = new Set<string>();
  readonly #tokens = new Map<string, string | undefined>();
  readonly #now: () => number;

  constructor(keys: Readonly<Record<string, JWK>>, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  readonly http: HttpClient = async (request) => {
    this.requests.push(request);
    const instead = this.next.shift();
    if (instead) return instead;
    return request.url.endsWith('/oauth2/v1/token') ? this.#token(request) : this.#zone(request);
  };

  /** The tokens given so far count no more. */
  forget(): void {
    this.#tokens.clear();
  }

  async #token(request: HttpRequest): Promise<HttpResponse> {
    const form = new URLSearchParams(request.body);
    const refuse = (status: number, error: string, text = error) =>
      answer(status, { error, error_description: text }, { 'dpop-nonce': this.nonce });
    const options = { audience: request.url, currentDate: new Date(this.#now()), maxTokenAge: '1h' };
    const { payload } = await jwtVerify(
      form.get('client_assertion') ?? '',
      async ({ kid = '', alg }: CompactJWSHeaderParameters) => importJWK(this.#keys[kid] ?? {}, alg),
      options,
    );
    if (payload.iss !== payload.sub || !this.#isNew(payload.jti)) return refuse(401, 'invalid_client');
    const proof = await this.#proof(request);
    if (proof.payload.nonce !== this.nonce) return refuse(400, 'use_dpop_nonce');
    this.tokensGiven += 1;
    const token = `token-${this.tokensGiven}`;
    this.#tokens.set(token, this.isBound ? proof.thumbprint : undefined);
    const grant = { token_type: this.isBound ? 'DPoP' : 'Bearer', expires_in: 3600, access_token: token };
    return answer(200, { ...grant, scope: this.scope }, { 'dpop-nonce': this.nonce });
  }

  async #zone(request: HttpRequest): Promise<HttpResponse> {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const refuse = (status: number, error: string) =>
      answer(status, '', { 'www-authenticate': `DPoP error="${error}", error_description="no"` });
    if (!this.#tokens.has(token)) return refuse(401, 'invalid_token');
    const bound = this.#tokens.get(token);
    if (scheme !== (bound ? 'DPoP' : 'Bearer')) return refuse(400, 'invalid_request');
    if (bound) {
      const { payload, thumbprint } = await this.#proof(request);
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
      const isRight = thumbprint === bound && payload.ath === Buffer.from(digest).toString('base64url');
      if (!isRight) return refuse(400, 'invalid_dpop_proof');
    }
    const gateways = request.body ? JSON.parse(request.body).gateways : [{ type: 'CIDR', value: '192.0.2.0/32' }];
    return answer(200, { id: 'nzo1', type: 'IP', name: 'Zone', status: 'ACTIVE', gateways });
  }

  async #proof(request: HttpRequest) {
    const options = { typ: 'dpop+jwt', currentDate: new Date(this.#now()), maxTokenAge: '5m' };
    const { payload, protectedHeader } = await jwtVerify(request.headers.dpop ?? '', EmbeddedJWK, options);
    const isRight = payload.htm === request.method && payload.htu === request.url && this.#isNew(payload.jti);
    if (!isRight || !protectedHeader.jwk || 'd' in protectedHeader.jwk) throw new Error('a proof is wrong');
    return { payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk) };
  }

  #isNew(jti: string | undefined): boolean {
    if (jti === undefined || this.#seen.has(jti)) return false;
    this.#seen.add(jti);
    return true;
  }
}
