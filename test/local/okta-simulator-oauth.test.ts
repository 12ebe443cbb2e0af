import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { harness, START, ZONE } from './okta-simulator-harness.ts';

/*
 * What the simulator refuses is what Okta was seen to refuse, or says that it does. The requests are made by a library,
 * not by this project's client.
 */
const CLIENT = '0oa1abcdefGHIJKLM0h7';
const TOKEN_PATH = '/oauth2/v1/token';
const TOKEN_URL = `https://acme.okta.com${TOKEN_PATH}`;
const ZONE_PATH = `/api/v1/zones/${ZONE}`;
const SECONDS = Math.floor(START / 1000);

let app: GenerateKeyPairResult;
let holder: GenerateKeyPairResult;
let other: GenerateKeyPairResult;
let publicKey: JWK;
let ids = 0;
beforeAll(async () => {
  const made = await Promise.all(['ES256', 'ES256', 'ES256'].map((alg) => generateKeyPair(alg, { extractable: true })));
  [app, holder, other] = made as [GenerateKeyPairResult, GenerateKeyPairResult, GenerateKeyPairResult];
  publicKey = await exportJWK(app.publicKey);
});

type Claims = Readonly<Record<string, string | number | undefined>>;

interface Changes {
  /** Claims in place of the usual ones; undefined takes one out. */
  readonly assertion?: Claims;
  readonly proof?: Claims;
  readonly kid?: string;
  readonly signedBy?: GenerateKeyPairResult;
  readonly typ?: string;
  readonly scope?: string;
  readonly noProof?: true;
}

function newId(): string {
  ids += 1;
  return `id-${ids}`;
}

/** Without what is undefined. */
function claims(payload: Claims): JWTPayload {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
}

async function proofOf(pair: GenerateKeyPairResult, payload: Claims, typ = 'dpop+jwt'): Promise<string> {
  const jwk = await exportJWK(pair.publicKey);
  return new SignJWT(claims({ iat: SECONDS - 5, jti: newId(), ...payload }))
    .setProtectedHeader({ alg: 'ES256', typ, jwk })
    .sign(pair.privateKey);
}

async function tokenRequest({ assertion, proof, kid = 'k1', signedBy = app, typ, scope, noProof }: Changes = {}) {
  const usual = { iss: CLIENT, sub: CLIENT, aud: TOKEN_URL, jti: newId(), iat: SECONDS - 5, exp: SECONDS + 300 };
  const jwt = await new SignJWT(claims({ ...usual, ...assertion }))
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(signedBy.privateKey);
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: scope ?? 'okta.networkZones.read okta.networkZones.manage',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
  });
  const dpop = noProof ? {} : { dpop: await proofOf(holder, { htm: 'POST', htu: TOKEN_URL, ...proof }, typ) };
  return { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...dpop } };
}

function org(seed: { readonly scopes?: readonly string[]; readonly dpop?: boolean } = {}) {
  const { call, clock, simulator } = harness({
    apps: { [CLIENT]: { keys: [{ kid: 'k1', jwk: publicKey }], ...seed } },
  });
  const ask = async (changes: Changes = {}) => call('POST', TOKEN_PATH, await tokenRequest(changes));
  /** With the nonce that Okta wants. */
  const nonce = async () => String((await ask()).headers['dpop-nonce']);
  const token = async () => String((await ask({ proof: { nonce: await nonce() } })).json.access_token);
  const use = async (accessToken: string, payload: Claims = {}, pair = holder, scheme = 'DPoP') => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
    const ath = Buffer.from(digest).toString('base64url');
    const dpop = await proofOf(pair, { htm: 'GET', htu: `https://acme.okta.com${ZONE_PATH}`, ath, ...payload });
    return call('GET', ZONE_PATH, { headers: { authorization: `${scheme} ${accessToken}`, dpop } });
  };
  return { call, clock, simulator, ask, nonce, token, use };
}

describe('the token endpoint', () => {
  it('asks for a nonce first, then gives a token for an hour', async () => {
    const { ask } = org();
    const first = await ask();
    expect([first.status, first.json.error]).toEqual([400, 'use_dpop_nonce']);
    const { status, json } = await ask({ proof: { nonce: first.headers['dpop-nonce'] } });
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: 'DPoP', expires_in: 3600 });
  });

  it.each<[string, Changes, string]>([
    ['an assertion for the issuer', { assertion: { aud: 'https://acme.okta.com' } }, 'endpoint invoked'],
    [
      'an assertion for another path',
      { assertion: { aud: 'https://acme.okta.com/oauth2/default/v1/token' } },
      'endpoint',
    ],
    ['an assertion that is over', { assertion: { exp: SECONDS } }, 'expired'],
    ['one that lives for more than an hour', { assertion: { exp: SECONDS + 3601 } }, 'too far'],
    ['one without an end', { assertion: { exp: undefined } }, "'exp' is missing"],
    [
      'one that is issued now, by a clock that is not behind',
      { assertion: { iat: SECONDS } },
      'before the current time',
    ],
    ['another subject', { assertion: { iss: 'other' } }, 'issuer'],
    ['an app that is none', { assertion: { iss: 'x', sub: 'x' } }, 'client_id'],
    ['another kid', { kid: 'k2' }, 'kid'],
  ])('refuses %s with invalid_client', async (_, changes, text) => {
    const { ask, nonce } = org();
    const { status, json } = await ask({ ...changes, proof: { nonce: await nonce() } });
    expect([status, json.error]).toEqual([401, 'invalid_client']);
    expect(json.error_description).toContain(text);
  });

  it('refuses a signature of another key, and a key that was switched off', async () => {
    const { ask, simulator } = org();
    expect((await ask({ signedBy: other })).json.error_description).toContain('signature');
    simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk: publicKey, status: 'INACTIVE' }] });
    expect((await ask()).json.error_description).toContain('kid');
  });

  it('takes an assertion once, even where the answer only asked for a nonce', async () => {
    const { ask } = org();
    const first = await ask({ assertion: { jti: 'same' } });
    const again = await ask({ assertion: { jti: 'same' }, proof: { nonce: first.headers['dpop-nonce'] } });
    expect(again.json).toMatchObject({ error: 'invalid_client', error_description: expect.stringContaining('used') });
  });

  it.each<[string, Changes, string]>([
    ['none', { noProof: true }, 'missing'],
    ['another type', { typ: 'JWT' }, "'typ'"],
    ['another method', { proof: { htm: 'post' } }, "'htm'"],
    ['another URL', { proof: { htu: `${TOKEN_URL}/` } }, "'htu'"],
    ['a query in its URL', { proof: { htu: `${TOKEN_URL}?a=b` } }, "'htu'"],
    ['the future', { proof: { iat: SECONDS + 1 } }, 'future'],
    ['five minutes', { proof: { iat: SECONDS - 301 } }, 'five minutes'],
    ['no id', { proof: { jti: undefined } }, "'jti'"],
  ])('refuses a proof with %s', async (_, changes, text) => {
    const { json } = await org().ask(changes);
    expect(json).toMatchObject({ error: 'invalid_dpop_proof', error_description: expect.stringContaining(text) });
  });

  it('drops scopes that were not granted, and refuses where none is left', async () => {
    const some = org({ scopes: ['okta.networkZones.read'] });
    expect((await some.ask({ proof: { nonce: await some.nonce() } })).json.scope).toBe('okta.networkZones.read');
    const none = org({ scopes: [] });
    expect((await none.ask({ proof: { nonce: await none.nonce() } })).json.error).toBe('consent_required');
    expect((await some.ask({ scope: '', proof: { nonce: await some.nonce() } })).json.error).toBe('invalid_scope');
  });

  it('gives a bearer token to an app that needs no proof', async () => {
    expect((await org({ dpop: false }).ask({ noProof: true })).json.token_type).toBe('Bearer');
  });
});

describe('a zone with an access token', () => {
  it('is read with it and its proof', async () => {
    const { token, use } = org();
    expect((await use(await token())).json.id).toBe(ZONE);
  });

  it.each<[string, Claims, string]>([
    ['another method', { htm: 'PUT' }, 'htm'],
    ['another zone', { htu: 'https://acme.okta.com/api/v1/zones/nzo2' }, 'htu'],
    ['another token', { ath: 'x' }, 'ath'],
    ['the future', { iat: SECONDS + 60 }, 'future'],
  ])('refuses a proof for %s: 400, an empty body, and the reason in the header', async (_, payload, text) => {
    const { token, use } = org();
    const { status, text: body, headers } = await use(await token(), payload);
    expect([status, body]).toEqual([400, '']);
    expect(headers['www-authenticate']).toMatch(/^DPoP .*error="invalid_dpop_proof"/);
    expect(headers['www-authenticate']).toContain(text);
  });

  it('takes a proof once', async () => {
    const { token, use } = org();
    const accessToken = await token();
    expect((await use(accessToken, { jti: 'once' })).status).toBe(200);
    const { status, headers } = await use(accessToken, { jti: 'once' });
    expect(status).toBe(400);
    expect(headers['www-authenticate']).toContain('already been used');
  });

  it('refuses the proof of another key, and the token as a bearer', async () => {
    const { token, use } = org();
    const accessToken = await token();
    expect((await use(accessToken, {}, other)).headers['www-authenticate']).toContain('not bound');
    expect((await use(accessToken, {}, holder, 'Bearer')).headers['www-authenticate']).toContain('invalid_request');
  });

  it('refuses a token after an hour, and one of an app that was switched off', async () => {
    const { token, use, clock, simulator } = org();
    const accessToken = await token();
    clock.now += 3_600_000;
    expect((await use(accessToken, { iat: SECONDS + 3_590 })).status).toBe(401);
    clock.now -= 3_600_000;
    simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk: publicKey }], status: 'INACTIVE' });
    expect((await use(accessToken)).status).toBe(401);
  });

  it('is not written without the scope for it: 403, and the scope in the header', async () => {
    const { token, call } = org({ scopes: ['okta.networkZones.read'] });
    const accessToken = await token();
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
    const ath = Buffer.from(digest).toString('base64url');
    const dpop = await proofOf(holder, { htm: 'PUT', htu: `https://acme.okta.com${ZONE_PATH}`, ath });
    const headers = { authorization: `DPoP ${accessToken}`, dpop };
    const { status, text, headers: said } = call('PUT', ZONE_PATH, { headers, body: {} });
    expect([status, text]).toEqual([403, '']);
    expect(said['www-authenticate']).toMatch(/scope="okta\.networkZones\.manage".*error="insufficient_scope"/);
  });

  it('leaves nothing of token and proof in the journal', async () => {
    const { token, use, simulator } = org();
    const accessToken = await token();
    await use(accessToken);
    expect(JSON.stringify(simulator.requests())).not.toContain(accessToken);
    expect(JSON.stringify(simulator.requests())).not.toContain('client_assertion');
  });
});
