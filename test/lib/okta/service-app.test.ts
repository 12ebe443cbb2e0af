import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { OktaAccess } from '../../../lib/okta/access.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import { asCredentials } from '../../../lib/okta/credentials.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import type { HttpClient } from '../../../lib/ports.ts';
import { OktaSimulator } from '../../../local/okta-simulator/simulator.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../../helpers/events.ts';
import { answer } from '../../helpers/raw-okta.ts';
import { StrictOkta } from '../../helpers/strict-okta.ts';

const BASE = 'https://acme.okta.com';
const CLIENT = '0oa1abcdefGHIJKLM0h7';
const GATEWAYS = [{ type: 'CIDR', value: '203.0.113.7/32' }] as const;
const KEYS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'EC P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'EC P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'EC P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
const EC = KEYS['EC P-256'];
const jwk = (key: KeyObject) => key.export({ format: 'jwk' });

let clock: VirtualClock;
let secret: MemorySecret;
let cached: CachedSecret;
let rest: OktaRest;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  secret = new MemorySecret(credentials(EC.privateKey));
  cached = new CachedSecret(secret, clock);
  rest = new OktaRest(new MemoryTable());
});

function credentials(key: KeyObject, kid = 'k1'): string {
  return JSON.stringify({ clientId: CLIENT, kid, privateKey: key.export({ format: 'pem', type: 'pkcs8' }) });
}

/** One process, which calls whenever it is asked to. */
function processOf(http: HttpClient) {
  const zones = new OktaZones(http, BASE, () => clock.now());
  const access = () => new OktaAccess(zones, cached, clock, rest, clock.now() + 30_000);
  return {
    get: () => access().get('nzo1'),
    put: async () => access().putGateways('nzo1', (await access().get('nzo1')).zone, GATEWAYS),
  };
}

/** The simulator, at once and in this process. */
function simulated(app: { readonly scopes?: readonly string[]; readonly dpop?: boolean; readonly role?: 'NONE' } = {}) {
  const simulator = new OktaSimulator({
    now: () => clock.now(),
    zones: { nzo1: {} },
    apps: { [CLIENT]: { keys: [{ kid: 'k1', jwk: jwk(EC.publicKey) }], ...app } },
  });
  const calls: string[] = [];
  const http: HttpClient = async ({ method, url, headers, body = '' }) => {
    const { pathname, host } = new URL(url);
    const outcome = simulator.handle({ method, path: pathname, headers: { ...headers, host }, body });
    if (outcome.kind !== 'answer') throw new Error('socket hang up');
    calls.push(`${method} ${pathname === '/oauth2/v1/token' ? 'token' : 'zone'} ${outcome.status}`);
    return outcome;
  };
  return { simulator, http, calls };
}

describe('a service app', () => {
  it.each(Object.keys(KEYS) as (keyof typeof KEYS)[])(
    'signs in with a key of its own: %s, by the word of another library',
    async (kind) => {
      const { publicKey, privateKey } = KEYS[kind];
      secret.text = credentials(privateKey);
      const okta = new StrictOkta({ k1: { ...jwk(publicKey) } as never }, () => clock.now());
      const written = await processOf(okta.http).put();
      expect(written?.zone.gateways).toEqual(GATEWAYS);
      expect(okta.requests.map(({ method, url }) => `${method} ${url.replace(BASE, '')}`)).toEqual([
        'POST /oauth2/v1/token',
        'POST /oauth2/v1/token',
        'GET /api/v1/zones/nzo1',
        'PUT /api/v1/zones/nzo1',
      ]);
    },
  );

  it('asks for one token however many call at once, and keeps it until shortly before its end', async () => {
    const { http, calls } = simulated();
    const okta = processOf(http);
    await Promise.all([okta.get(), okta.get(), okta.get()]);
    expect(calls).toEqual(['POST token 400', 'POST token 200', 'GET zone 200', 'GET zone 200', 'GET zone 200']);
    calls.length = 0;
    await clock.advance(57 * 60_000);
    await okta.get();
    expect(calls).toEqual(['GET zone 200']);
    calls.length = 0;
    await clock.advance(2 * 60_000);
    await okta.get();
    // The nonce is still known.
    expect(calls).toEqual(['POST token 200', 'GET zone 200']);
  });

  it('asks for no token again before the reset time that somebody else was given meanwhile', async () => {
    const { http, calls } = simulated();
    const okta = processOf(async (request) => {
      const given = await http(request);
      if (given.status === 400) await rest.refused(40_000, clock.now(), clock.now());
      return given;
    });
    await expect(okta.get()).rejects.toMatchObject({ code: 'OKTA005', retryInMs: 40_000 });
    expect(calls).toEqual(['POST token 400']);
    expect(await rest.get(clock.now())).toEqual({ until: NOW + 40_000, refusals: 1 });
    calls.length = 0;
    await clock.advance(40_000);
    await okta.get();
    expect(calls).toEqual(['POST token 200', 'GET zone 200']);
  });

  it('goes on when the nonce has changed', async () => {
    const { http, calls } = simulated();
    const okta = processOf(http);
    for (let day = 0; day < 6; day += 1) {
      await okta.get();
      await clock.advance(24 * 3_600_000);
    }
    calls.length = 0;
    await okta.get();
    expect(calls.at(-1)).toBe('GET zone 200');
  });

  it('fetches another token when Okta refuses the one it has, and the call goes out again', async () => {
    const { simulator, http, calls } = simulated();
    const okta = processOf(http);
    await okta.get();
    calls.length = 0;
    simulator.forgetAccessTokens();
    expect((await okta.get()).zone.id).toBe('nzo1');
    expect(calls).toEqual(['GET zone 401', 'POST token 400', 'POST token 200', 'GET zone 200']);
  });

  it('forgets the token that Okta refuses also where the secret can’t be read just then', async () => {
    const { simulator, http, calls } = simulated();
    const { get } = processOf(http);
    await get();
    await clock.advance(11_000);
    simulator.endAccessTokens();
    secret.unreadable = true;
    await expect(get()).rejects.toMatchObject({ code: 'ZONE006' });
    secret.unreadable = false;
    calls.length = 0;
    await clock.advance(11_000);
    await get();
    expect(calls).not.toContain('GET zone 401');
  });

  it('forgets the other token as well where Okta refuses that too', async () => {
    const { simulator, http, calls } = simulated();
    const okta = processOf(http);
    simulator.addFault({ count: 2, method: 'GET', fault: { status: 401 } });
    await expect(okta.get()).rejects.toMatchObject({ code: 'OKTA001' });
    calls.length = 0;
    await okta.get();
    expect(calls).toEqual(['POST token 200', 'GET zone 200']);
  });

  it('shows no token that another rebuild has learned to be refused since this one took it up', async () => {
    const { simulator, http, calls } = simulated();
    const { get } = processOf(http);
    await get();
    simulator.endAccessTokens();
    calls.length = 0;
    const read = rest.get.bind(rest);
    let isFirst = true;
    rest.get = async (now) => {
      const found = await read(now);
      if (!isFirst) return found;
      isFirst = false;
      await get();
      return found;
    };
    expect((await get()).zone.id).toBe('nzo1');
    expect(calls).toEqual(['GET zone 401', 'POST token 200', 'GET zone 200', 'GET zone 200']);
  });

  it('reads a key of another type as well as before, once it has met one of each under the same name', () => {
    const { signIn } = new OktaZones(simulated().http, BASE, () => clock.now());
    for (const key of [EC, KEYS.RSA, EC]) signIn.current(asCredentials(credentials(key.privateKey)));
    expect(asCredentials(credentials(KEYS.RSA.privateKey))).toMatchObject({ kind: 'app' });
  });

  it('keeps the token of a new key, whoever comes back from a call that began with the old one', async () => {
    const { simulator, http, calls } = simulated();
    let late = () => {};
    const isLate = new Promise<void>((resolve) => {
      late = resolve;
    });
    let isHeldUp = false;
    const okta = processOf(async (request) => {
      const given = await http(request);
      if (!isHeldUp) return given;
      isHeldUp = false;
      await isLate;
      return given;
    });
    await okta.get();
    simulator.setApp(CLIENT, { keys: [{ kid: 'k2', jwk: jwk(KEYS.RSA.publicKey) }] });
    simulator.endAccessTokens();
    secret.text = credentials(KEYS.RSA.privateKey, 'k2');
    await clock.advance(11_000);
    isHeldUp = true;
    const first = okta.get();
    await clock.advance(0);
    await okta.get();
    calls.length = 0;
    late();
    expect((await first).zone.id).toBe('nzo1');
    expect(calls).toEqual(['GET zone 200']);
  });

  it('asks for no other token where one came between the look for it and the request', async () => {
    const { http, calls } = simulated();
    const { signIn } = new OktaZones(http, BASE, () => clock.now());
    const app = asCredentials(secret.text);
    const first = await signIn.fetch(app);
    expect(await signIn.fetch(app)).toBe(first);
    expect(calls).toEqual(['POST token 400', 'POST token 200']);
  });

  it('uses the key that the secret holds now, without a deploy', async () => {
    const { simulator, http } = simulated();
    const okta = processOf(http);
    await okta.get();
    const other = KEYS.RSA;
    simulator.setApp(CLIENT, { keys: [{ kid: 'k2', jwk: jwk(other.publicKey) }] });
    simulator.forgetAccessTokens();
    secret.text = credentials(other.privateKey, 'k2');
    await clock.advance(11_000);
    expect((await okta.get()).zone.id).toBe('nzo1');
  });

  it('uses a bearer token as such, where the app gives no other', async () => {
    const keys = { k1: { ...jwk(EC.publicKey) } as never };
    const okta = new StrictOkta(keys, () => clock.now());
    okta.isBound = false;
    await processOf(okta.http).get();
    expect(okta.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer token-1' });
    expect(okta.requests.at(-1)?.headers).not.toHaveProperty('dpop');
  });

  it('takes no longer for a token than for one call, however slowly Okta asks for a nonce, and goes on from there', async () => {
    const { http } = simulated();
    const slow: HttpClient = async (request) => {
      const takesMs = request.url.endsWith('/token') ? 6_000 : 100;
      await clock.sleep(Math.min(takesMs, request.timeoutMs));
      if (takesMs > request.timeoutMs) throw new DOMException('too late', 'TimeoutError');
      return http(request);
    };
    const process = processOf(slow);
    const first = clock.finish(process.get());
    await expect(first).rejects.toMatchObject({ code: 'ZONE003', message: expect.stringContaining('within 2 s') });
    expect(clock.now() - NOW).toBe(8_000);
    expect((await clock.finish(process.get())).zone.id).toBe('nzo1');
  });

  it('says that there was no time where Okta asks for a nonce at its very end, and not that it refuses the app', async () => {
    const { http } = simulated();
    const slow: HttpClient = async (request) => {
      if (request.url.endsWith('/token')) await clock.sleep(request.timeoutMs);
      return http(request);
    };
    await expect(clock.finish(processOf(slow).get())).rejects.toMatchObject({ code: 'ZONE003' });
  });

  it('sends a proof of its own with each attempt', async () => {
    const { http, calls } = simulated();
    const sent: (string | undefined)[] = [];
    const okta = processOf((request) => {
      sent.push(request.headers.dpop);
      return http(request);
    });
    await okta.put();
    await okta.put();
    expect(new Set(sent).size).toBe(sent.length);
    expect(calls).toContain('PUT zone 200');
  });
});

describe('a token', () => {
  /** One that is asked for by a clock that goes either way. */
  async function signedIn(expiresIn = 3_600) {
    let now = NOW;
    const okta = new StrictOkta({ k1: { ...jwk(EC.publicKey) } as never }, () => now);
    const { signIn } = new OktaZones(
      async (request) => {
        const right = await okta.http(request);
        return right.status === 200 ? answer(200, { ...JSON.parse(right.body), expires_in: expiresIn }) : right;
      },
      BASE,
      () => now,
    );
    const app = asCredentials(secret.text);
    const first = await signIn.fetch(app);
    const isKeptAfter = (ms: number) => {
      now = NOW + ms;
      return signIn.current(app) === first;
    };
    return { signIn, app, isKeptAfter };
  }

  it('of seconds is used for half of its life', async () => {
    const { isKeptAfter } = await signedIn(8);
    expect([3_999, 4_000].map(isKeptAfter)).toEqual([true, false]);
  });

  it('of an hour is used for all but two minutes of it', async () => {
    const { isKeptAfter } = await signedIn();
    expect([58 * 60_000 - 1, 58 * 60_000].map(isKeptAfter)).toEqual([true, false]);
  });

  it('is not used by a clock that was set back by more than a token lives', async () => {
    const { isKeptAfter } = await signedIn();
    expect([-120_000, -120_001].map(isKeptAfter)).toEqual([true, false]);
  });

  it('is asked for without another look at the rest, unless the first request is not enough', async () => {
    const { signIn, app } = await signedIn();
    const first = signIn.current(app);
    if (first) signIn.forget(first, app);
    const asked: string[] = [];
    await signIn.fetch(app, async () => asked.push('may I?'));
    expect(asked).toEqual([]);
  });
});

describe('a key that is elsewhere', () => {
  const elsewhere = (kid: string) => JSON.stringify({ clientId: CLIENT, kid });
  /** Signs with these, as if they were far away. */
  function signing(keys: Readonly<Record<string, KeyObject>>, signs = async () => {}) {
    const { http, calls, simulator } = simulated();
    const zones = new OktaZones(
      http,
      BASE,
      () => clock.now(),
      (kid) => ({
        alg: 'ES256',
        sign: async (input) => {
          await signs();
          const key = keys[kid];
          if (!key) throw Object.assign(new Error('key/secret-name'), { name: 'NotFoundException' });
          return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
        },
      }),
    );
    const get = () => new OktaAccess(zones, cached, clock, rest, clock.now() + 30_000).get('nzo1');
    return { get, calls, simulator };
  }

  it('signs in place of one in the secret', async () => {
    secret.text = elsewhere('k1');
    const { get, calls } = signing({ k1: EC.privateKey });
    expect((await get()).zone.id).toBe('nzo1');
    expect(calls).toEqual(['POST token 400', 'POST token 200', 'GET zone 200']);
  });

  it('has four seconds to sign, and what is left of the time of a call', async () => {
    const given: number[] = [];
    const keys = () => ({
      alg: 'ES256' as const,
      sign: async (_: Uint8Array, timeoutMs: number) => {
        given.push(timeoutMs);
        await clock.sleep(2_500);
        return Buffer.alloc(64);
      },
    });
    const nonce = async () => answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n' });
    const { signIn } = new OktaZones(nonce, BASE, () => clock.now(), keys);
    await expect(clock.finish(signIn.fetch(signIn.credentials(elsewhere('k1'))))).rejects.toThrow('use_dpop_nonce');
    expect(given).toEqual([4_000, 4_000, 3_000]);
  });

  it('is not used where the secret has one', async () => {
    const { get } = signing({});
    expect((await get()).zone.id).toBe('nzo1');
  });

  it('is ZONE006 where it is not there, and no longer once the secret names another', async () => {
    secret.text = elsewhere('gone');
    const { get, calls } = signing({ k1: EC.privateKey });
    const failure = get();
    await expect(failure).rejects.toMatchObject({ code: 'ZONE006', message: expect.stringContaining('no such key') });
    await expect(failure).rejects.not.toThrow('secret-name');
    expect(calls).toEqual([]);
    secret.text = elsewhere('k1');
    await clock.advance(11_000);
    expect((await get()).zone.id).toBe('nzo1');
  });

  it('leaves no request to Okta beyond the time of a call, however late it signs', async () => {
    secret.text = elsewhere('k1');
    const { get, calls } = signing({ k1: EC.privateKey }, () => clock.sleep(9_000));
    await expect(clock.finish(get())).rejects.toMatchObject({ code: 'ZONE003' });
    expect(calls).toEqual([]);
  });

  it('is none where a secret must hold it', async () => {
    secret.text = elsewhere('k1');
    const { http, calls } = simulated();
    const failure = processOf(http).get();
    await expect(failure).rejects.toMatchObject({ code: 'ZONE006', message: expect.stringContaining('privateKey') });
    expect(calls).toEqual([]);
  });
});

describe('what Okta objects to', () => {
  it.each<[string, Parameters<typeof simulated>[0], string, string]>([
    [
      'a scope that was dropped without a word',
      { scopes: ['okta.networkZones.read'] },
      'OKTA002',
      'okta.networkZones.manage',
    ],
    ['no scope at all', { scopes: [] }, 'OKTA002', 'consent_required'],
    ['a role that may not', { role: 'NONE' }, 'OKTA002', 'permission'],
  ])('has its code: %s', async (_, app, code, text) => {
    const failure = processOf(simulated(app).http).get();
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it.each<[string, (world: ReturnType<typeof simulated>) => void, string, string]>([
    ['an app that is gone', ({ simulator }) => simulator.removeApp(CLIENT), 'OKTA001', 'client_id'],
    ['a key that was taken away', ({ simulator }) => simulator.setApp(CLIENT, { keys: [] }), 'OKTA001', 'kid'],
    [
      'a key that is another under this name',
      ({ simulator }) => simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk: jwk(KEYS.RSA.publicKey) }] }),
      'OKTA001',
      'signature',
    ],
  ])('has its code: %s', async (_, change, code, text) => {
    const world = simulated();
    change(world);
    const failure = processOf(world.http).get();
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it.each<[string, ReturnType<typeof answer>, string]>([
    ['invalid_client', answer(401, { error: 'invalid_client' }), 'OKTA001'],
    ["invalid_client in Okta's own form", answer(401, { errorCode: 'invalid_client', errorSummary: 'x' }), 'OKTA001'],
    ['a network zone of the client', answer(403, { error: 'access_denied' }), 'OKTA002'],
    ['a proof that is refused', answer(400, { error: 'invalid_dpop_proof' }), 'OKTA001'],
    ['a nonce that is never right', answer(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'x' }), 'OKTA001'],
    ['an app of another kind', answer(400, { error: 'unauthorized_client' }), 'OKTA001'],
    ['a reason in the header alone', answer(401, '', { 'www-authenticate': 'DPoP error="invalid_client"' }), 'OKTA001'],
    ['a right in the header alone', answer(403, '', { 'www-authenticate': 'Bearer error="access_denied"' }), 'OKTA002'],
    ['a nonce in the header alone', answer(400, '', { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }), 'OKTA001'],
    ["a proxy's own challenge", answer(401, '', { 'www-authenticate': 'Basic realm="proxy"' }), 'ZONE003'],
    ['too many requests', answer(429, { errorCode: 'E0000047' }, { 'retry-after': '30' }), 'OKTA005'],
    ['trouble of its own', answer(500, { error: 'server_error' }), 'ZONE003'],
    ["a proxy's page", answer(403, '<html>no</html>', { 'content-type': 'text/html' }), 'ZONE003'],
    ["a proxy's 404", answer(404, 'not here'), 'ZONE003'],
    ['200 with no token', answer(200, { token_type: 'DPoP' }), 'ZONE003'],
    ['200 with a page', answer(200, '<html>'), 'ZONE003'],
    ['a token that would break a header', answer(200, { token_type: 'DPoP', access_token: 'a\r\nb' }), 'ZONE003'],
    ['a token without end', answer(200, { token_type: 'DPoP', access_token: 'x'.repeat(9_000) }), 'ZONE003'],
    ['a kind of token that is unknown', answer(200, { token_type: 'MAC', access_token: 'abc' }), 'ZONE003'],
  ])('when a token is asked for, it has its code: %s', async (_, response, code) => {
    const okta = new StrictOkta({}, () => clock.now());
    okta.next.push(response, response, response);
    await expect(processOf(okta.http).get()).rejects.toMatchObject({ code });
    expect(okta.requests.length).toBeLessThanOrEqual(3);
  });

  it('says the reason that the token endpoint has put into the header alone', async () => {
    const okta = new StrictOkta({}, () => clock.now());
    const challenge =
      'DPoP algs="ES256", error="invalid_client", error_description="The client_assertion JWT kid is invalid."';
    okta.next.push(answer(401, '', { 'www-authenticate': challenge }));
    const said = expect.stringMatching(/401.*invalid_client: The client_assertion JWT kid is invalid/);
    await expect(processOf(okta.http).get()).rejects.toMatchObject({ code: 'OKTA001', message: said });
  });

  it('is never a refused list when a token is asked for, whatever is answered in whatever form', async () => {
    const bodies = ['', '{}', '[]', 'null', '"x"', '<html>', '{"error":', '{"error":{"code":1}}', '{"error":""}'];
    const forms = ['E0000001', 'E0000047', 'invalid_request'].flatMap((code) => [
      JSON.stringify({ errorCode: code, errorSummary: 'x', errorCauses: [{ errorSummary: 'gateways' }] }),
      JSON.stringify({ error: code, error_description: 'x' }),
    ]);
    const codes = new Set<unknown>();
    for (const status of [201, 204, 302, 400, 401, 403, 404, 405, 409, 415, 429, 500, 503])
      for (const body of [...bodies, ...forms]) {
        const okta = new StrictOkta({}, () => clock.now());
        okta.next.push(...Array(3).fill(answer(status, body)));
        rest = new OktaRest(new MemoryTable());
        const failure: unknown = await processOf(okta.http)
          .get()
          .catch((error: unknown) => error);
        codes.add(failure instanceof OktaFailure ? failure.code : failure);
      }
    expect([...codes].toSorted()).toEqual(['OKTA001', 'OKTA002', 'OKTA005', 'ZONE003']);
  });

  it('rests all calls after a 429 of the token endpoint', async () => {
    const okta = new StrictOkta({}, () => clock.now());
    okta.next.push(answer(429, { errorCode: 'E0000047' }, { 'retry-after': '30' }));
    await expect(processOf(okta.http).get()).rejects.toMatchObject({ code: 'OKTA005' });
    await expect(processOf(okta.http).get()).rejects.toMatchObject({ code: 'OKTA005' });
    expect(okta.requests).toHaveLength(1);
  });

  it('is told without token, assertion, proof and key, whatever the answer quotes', async () => {
    const { http } = simulated();
    const quoting: HttpClient = async (request) => {
      const right = await http(request);
      if (request.url.endsWith('/token')) return right;
      return answer(403, { errorCode: 'E0000006', errorSummary: JSON.stringify(request.headers) });
    };
    const failure = await processOf(quoting)
      .get()
      .catch((error: unknown) => error);
    expect(String(failure)).toContain('OktaFailure');
    expect(JSON.stringify(failure)).not.toMatch(/eyJ[\w-]{8}/);
    expect(String(failure)).not.toMatch(/eyJ[\w-]{8}/);
  });

  it('is told without the assertion where the token endpoint quotes it', async () => {
    const quoting: HttpClient = async ({ body, headers }) =>
      answer(401, { error: 'invalid_client', error_description: `${body} ${headers.dpop}` });
    const failure = await processOf(quoting)
      .get()
      .catch((error: unknown) => error);
    expect(String(failure)).not.toMatch(/eyJ[\w-]{8}/);
  });

  it.each([0, -5, 'soon', 1e12, undefined])(
    'a lifetime of %j is not believed beyond an hour, nor asked about in a ring',
    async (life) => {
      const okta = new StrictOkta({ k1: { ...jwk(EC.publicKey) } as never }, () => clock.now());
      const process = processOf(async (request) => {
        const right = await okta.http(request);
        if (!request.url.endsWith('/token') || right.status !== 200) return right;
        return answer(200, { ...JSON.parse(right.body), expires_in: life });
      });
      await process.get();
      await process.get();
      expect(okta.tokensGiven).toBe(1);
      await clock.advance(60 * 60_000);
      await process.get();
      expect(okta.tokensGiven).toBe(2);
    },
  );
});
