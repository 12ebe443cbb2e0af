import { generateKeyPairSync, hash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
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

type Part = Readonly<Record<string, unknown>>;
/** A JWT signed anew, with another header or other claims; what is undefined is left out. */
async function signedAnew(jwt: string, key: typeof KEY, { header = {}, claims = {} }: Changed): Promise<string> {
  const protectedHeader = { ...decodeProtectedHeader(jwt), ...header, alg: 'ES256' };
  const payload = JSON.parse(JSON.stringify({ ...decodeJwt(jwt), ...claims }));
  return new SignJWT(payload).setProtectedHeader(JSON.parse(JSON.stringify(protectedHeader))).sign(key.privateKey);
}
interface Changed {
  readonly header?: Part;
  readonly claims?: Part;
}

const at = (seconds: number) => NOW / 1000 + seconds;
const PROOFS: Readonly<Record<string, Changed>> = {
  'of another method': { claims: { htm: 'post' } },
  'of an address with a question': { claims: { htu: `${BASE}/oauth2/v1/token?a=b` } },
  'of an address with a slash at its end': { claims: { htu: `${BASE}/oauth2/v1/token/` } },
  'of no address': { claims: { htu: undefined } },
  'from the future': { claims: { iat: at(60) } },
  'from six minutes ago': { claims: { iat: at(-360) } },
  'of no moment': { claims: { iat: undefined } },
  'without an id': { claims: { jti: undefined } },
  'with a nonce that nobody gave': { claims: { nonce: 'made-up' } },
  'of another type': { header: { typ: 'JWT' } },
  'that shows its private key': { header: { jwk: OTHER.privateKey.export({ format: 'jwk' }) } },
  'that shows the key of another': { header: { jwk } },
  'without a key': { header: { jwk: undefined } },
};
const ASSERTIONS: Readonly<Record<string, Changed>> = {
  'for the org and not the endpoint': { claims: { aud: BASE } },
  'that lives for two hours': { claims: { exp: at(7_200) } },
  'that is over': { claims: { exp: at(-1) } },
  'from the future': { claims: { iat: at(60) } },
  'by somebody else than whom it is about': { claims: { iss: '0oa1someBODYelse00h7' } },
  'that names no key': { header: { kid: undefined } },
  'that names another key': { header: { kid: 'k2' } },
};

describe.each(Object.entries(JUDGES))('%s', (_, judge) => {
  const proofsBy = (change: Changed) => (http: HttpClient) => async (request: HttpRequest) => {
    const header = { jwk: OTHER.publicKey.export({ format: 'jwk' }), ...change.header };
    const dpop = await signedAnew(request.headers.dpop ?? '', OTHER, { ...change, header });
    return http({ ...request, headers: { ...request.headers, dpop } });
  };
  const assertionsBy =
    (change: Changed, key = KEY) =>
    (http: HttpClient) =>
    async (request: HttpRequest) => {
      const form = new URLSearchParams(request.body);
      form.set('client_assertion', await signedAnew(form.get('client_assertion') ?? '', key, change));
      return http({ ...request, body: form.toString() });
    };
  async function askForToken(http: HttpClient) {
    const { signIn } = new OktaZones(http, BASE, () => NOW);
    const privateKey = KEY.privateKey.export({ format: 'jwk' });
    return signIn.fetch(signIn.credentials(JSON.stringify({ clientId: CLIENT, kid: 'k1', privateKey })));
  }

  it('gives a token to whoever makes proofs and assertions by hand, as long as they are right', async () => {
    expect((await askForToken(assertionsBy({})(proofsBy({})(judge())))).granted?.isBound).toBe(true);
  });

  it.each(Object.entries(PROOFS))('gives none for a proof %s', async (__, change) => {
    await expect(askForToken(proofsBy(change)(judge()))).rejects.toThrow();
  });

  it.each(Object.entries(ASSERTIONS))('gives none for an assertion %s', async (__, change) => {
    await expect(askForToken(assertionsBy(change)(judge()))).rejects.toThrow();
  });

  it('gives none for an assertion that another key has signed', async () => {
    await expect(askForToken(assertionsBy({}, OTHER)(judge()))).rejects.toThrow();
  });

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
