import { generateKeyPairSync, hash } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { OktaAccess } from '../../../lib/okta/access.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import type { HttpClient, HttpRequest } from '../../../lib/ports.ts';
import { OktaSimulator } from '../../../local/okta-simulator/simulator.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../../helpers/events.ts';
import { StrictOkta } from '../../helpers/strict-okta.ts';

const BASE = 'https://acme.okta.com';
const CLIENT = '0oa1abcdefGHIJKLM0h7';
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const OTHER = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = KEY.publicKey.export({ format: 'jwk' });

/** The two that judge what the client sends: the simulator, and one that signs and checks with a library. */
const JUDGES: Readonly<Record<string, () => HttpClient>> = {
  'the simulator': () => {
    const apps = { [CLIENT]: { keys: [{ kid: 'k1', jwk }] } };
    const simulator = new OktaSimulator({ now: () => NOW, zones: { nzo1: {}, nzo2: {} }, apps });
    return async ({ method, url, headers, body = '' }) => {
      const { pathname, host } = new URL(url);
      const outcome = simulator.handle({ method, path: pathname, headers: { ...headers, host }, body });
      if (outcome.kind !== 'answer') throw new Error('socket hang up');
      return outcome;
    };
  },
  'another implementation': () => new StrictOkta({ k1: { ...jwk, kty: 'EC' } }, () => NOW).http,
};

type Spoil = (http: HttpClient) => HttpClient;
const isForToken = ({ url }: HttpRequest) => url.endsWith('/token');

/** Calls of the API go out otherwise than they should. */
const spoiled =
  (spoil: (request: HttpRequest) => Promise<HttpRequest> | HttpRequest): Spoil =>
  (http) =>
  async (request) =>
    http(isForToken(request) ? request : await spoil(request));

/** With a proof that somebody else has made. */
const proven = (how: { readonly key?: typeof KEY; readonly claims?: object; readonly typ?: string }): Spoil =>
  spoiled(async (request) => {
    const { key = OTHER, claims = {}, typ = 'dpop+jwt' } = how;
    const ath = hash('sha256', request.headers.authorization?.split(' ')[1] ?? '', 'base64url');
    const usual = { htm: request.method, htu: request.url, iat: NOW / 1000 - 5, jti: crypto.randomUUID(), ath };
    const header = { alg: 'ES256', typ, jwk: await exportJWK(key.publicKey) };
    const dpop = await new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(key.privateKey);
    return { ...request, headers: { ...request.headers, dpop } };
  });

/** What was sent first is sent again. */
function repeating(
  of: (request: HttpRequest) => boolean,
  again: (request: HttpRequest, first: HttpRequest) => HttpRequest,
) {
  return (http: HttpClient): HttpClient => {
    let first: HttpRequest | undefined;
    return async (request) => {
      if (!of(request)) return http(request);
      first ??= request;
      return http(again(request, first));
    };
  };
}

const WRONG: Readonly<Record<string, Spoil>> = {
  'shows a proof again': repeating(
    (request) => !isForToken(request),
    (request, { headers: { dpop = '' } }) => ({ ...request, headers: { ...request.headers, dpop } }),
  ),
  'shows an assertion again': repeating(isForToken, (request, { body = '' }) => ({ ...request, body })),
  'does not hear the nonce': (http) => async (request) => ({ ...(await http(request)), headers: {} }),
  'proves another call': spoiled((request) => ({ ...request, url: request.url.replace('nzo1', 'nzo2') })),
  'proves another method': spoiled((request) => ({ ...request, method: 'PUT', body: '{}' })),
  'shows its token without a proof': spoiled(({ headers: { dpop, ...headers }, ...request }) => ({
    ...request,
    headers,
  })),
  'shows its token as a bearer’s': spoiled((request) => ({
    ...request,
    headers: { ...request.headers, authorization: (request.headers.authorization ?? '').replace('DPoP', 'Bearer') },
  })),
  'proves with a key that the token is not of': proven({}),
  'proves another token': proven({ claims: { ath: hash('sha256', 'another', 'base64url') } }),
  'makes proofs of another type': proven({ typ: 'JWT' }),
};

/** Two calls by a client whose clock is ahead by so much, in milliseconds. */
async function callTwice(http: HttpClient, aheadMs = 0): Promise<void> {
  const clock = new VirtualClock(NOW + aheadMs);
  const privateKey = KEY.privateKey.export({ format: 'jwk' });
  const secret = new CachedSecret(new MemorySecret(JSON.stringify({ clientId: CLIENT, kid: 'k1', privateKey })), clock);
  const zones = new OktaZones(http, BASE, () => clock.now());
  const rest = new OktaRest(new MemoryTable());
  for (let n = 0; n < 2; n += 1) await new OktaAccess(zones, secret, clock, rest, clock.now() + 30_000).get('nzo1');
}

describe.each(Object.entries(JUDGES))('%s', (_, judge) => {
  it('takes what the client sends', async () => {
    await callTwice(judge());
  });

  it.each(Object.entries(WRONG))('refuses one that %s', async (__, spoil) => {
    await expect(callTwice(spoil(judge()))).rejects.toThrow();
  });

  it.each([
    ['a little ahead', 4_000, true],
    ['ahead', 20_000, false],
    ['a little behind', -60_000, true],
    ['behind', -310_000, false],
  ])('judges by the clock: a client that is %s', async (__, aheadMs, isTaken) => {
    const called = callTwice(judge(), aheadMs);
    if (isTaken) await called;
    else await expect(called).rejects.toThrow();
  });
});
