import { describe, expect, it } from 'vitest';
import { harness, START, TOKEN, ZONE, zoneBody } from './okta-simulator-harness.ts';

const PATH = `/api/v1/zones/${ZONE}`;
const DAY = 24 * 60 * 60 * 1000;

describe('errors', () => {
  it('have the shape and key order of Okta, and an id each', () => {
    const { call } = harness();
    const first = call('GET', '/api/v1/zones/nzooq43khomS7zXxt5d7');
    expect(first.status).toBe(404);
    expect(Object.keys(first.json)).toEqual(['errorCode', 'errorSummary', 'errorLink', 'errorId', 'errorCauses']);
    expect(first.json).toMatchObject({
      errorCode: 'E0000007',
      errorSummary: 'Not found: Resource not found: nzooq43khomS7zXxt5d7 (NetworkZone)',
      errorLink: 'E0000007',
      errorCauses: [],
    });
    expect(first.json.errorId).toMatch(/^oae/);
    expect(call('GET', '/api/v1/zones/nzooq43khomS7zXxt5d7').json.errorId).not.toBe(first.json.errorId);
  });

  it.each(['{', '', '[]', '"text"', 'null'])('calls the body %j not well-formed', (body) => {
    const { call } = harness();
    const headers = { 'content-type': 'application/json' };
    const { status, json } = call('PUT', PATH, { body, headers });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'E0000003', errorSummary: 'The request body was not well-formed.' });
  });

  it.each([{ 'content-type': 'text/plain' }, { 'content-type': '' }, { accept: 'text/html' }])(
    'refuses the media types %j',
    (headers) => {
      const { call } = harness();
      const { status, json } = call('PUT', PATH, { body: zoneBody(), headers });
      expect(status).toBe(400);
      expect(json).toMatchObject({
        errorCode: 'E0000021',
        errorSummary: 'Bad request.  Accept and/or Content-Type headers likely do not match supported values.',
      });
    },
  );

  it('takes a content type with a charset, and a list of accepted types', () => {
    const { call } = harness();
    const headers = { 'content-type': 'application/json; charset=utf-8', accept: 'text/html, application/json;q=0.9' };
    expect(call('PUT', PATH, { body: zoneBody(), headers }).status).toBe(200);
  });

  it.each([
    ['PATCH', PATH],
    ['PUT', '/api/v1/zones'],
    ['GET', `${PATH}/lifecycle/activate`],
  ])('does not support %s %s', (method, path) => {
    const { call } = harness();
    expect(call(method, path)).toMatchObject({ status: 405, json: { errorCode: 'E0000022' } });
  });

  it('answers paths it does not know with a 404 of its own', () => {
    const { call } = harness();
    for (const path of ['/api/v1/users', '/api/v1/zones/a/b', '/api/v1/zones/', '/']) {
      const { status, headers } = call('GET', path);
      expect(status).toBe(404);
      expect(headers['x-simulator-invented']).toBe('true');
    }
    expect(call('GET', '/api/v1/zones/%zz').json).toMatchObject({
      errorSummary: 'Not found: Resource not found: %zz (NetworkZone)',
    });
  });
});

describe('tokens', () => {
  it.each([
    ['an unknown token', 'SSWS other'],
    ['another scheme', `Basic ${TOKEN}`],
    ['no token', 'SSWS '],
    ['nothing', ''],
    ['a token and more', `SSWS ${TOKEN} x`],
  ])('answers %s with 401', (_, authorization) => {
    const { call, get } = harness();
    const before = get().text;
    const { status, json } = call('PUT', PATH, { body: zoneBody(), headers: { authorization } });
    expect(status).toBe(401);
    expect(json).toMatchObject({ errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
    expect(get().text).toBe(before);
  });

  it.each([
    ['SUPER_ADMIN', 200, 200],
    ['ORG_ADMIN', 200, 200],
    ['READ_ONLY_ADMIN', 200, 403],
    ['NONE', 403, 403],
  ] as const)('let %s read with %i and write with %i', (role, read, write) => {
    const { simulator, call } = harness();
    simulator.setToken('other', role);
    expect(call('GET', PATH, { token: 'other' }).status).toBe(read);
    const written = call('PUT', PATH, { token: 'other', body: zoneBody() });
    expect(written.status).toBe(write);
    if (write === 403) {
      expect(written.json).toMatchObject({
        errorCode: 'E0000006',
        errorSummary: 'You do not have permission to perform the requested action',
      });
    }
  });

  it('can be revoked and restored', () => {
    const { simulator, get } = harness();
    expect(simulator.revokeToken(TOKEN)).toBe(true);
    expect(get().status).toBe(401);
    expect(simulator.tokens()).toEqual([{ label: 'token 1', role: 'ORG_ADMIN', state: 'revoked' }]);
    simulator.setToken(TOKEN, 'ORG_ADMIN');
    expect(get().status).toBe(200);
    expect(simulator.revokeToken('unheard of')).toBe(false);
  });

  it('die 30 days after their last use', () => {
    const { clock, get, simulator } = harness();
    clock.now += 30 * DAY;
    expect(get().status).toBe(200);
    clock.now += 30 * DAY + 1;
    expect(get().status).toBe(401);
    expect(simulator.tokens()).toMatchObject([{ state: 'expired' }]);
  });
});

describe('the rate limit', () => {
  const shown = ({ headers }: { headers: Readonly<Record<string, string>> }) =>
    ['x-rate-limit-limit', 'x-rate-limit-remaining', 'x-rate-limit-reset'].map((name) => Number(headers[name]));
  const firstReset = Math.floor(START / 1000) + 60;

  it('shows on every answer, with the date and a request id, errors included', () => {
    const { get, call } = harness({ rateLimit: { limit: 5 } });
    const good = get();
    const bad = call('GET', PATH, { token: 'other' });
    expect(shown(good)).toEqual([5, 4, firstReset]);
    expect(shown(bad)).toEqual([5, 3, firstReset]);
    expect(good.headers.date).toBe('Tue, 24 Nov 2026 18:00:17 GMT');
    expect(good.headers['x-okta-request-id']).not.toBe(bad.headers['x-okta-request-id']);
  });

  it('answers 429 past the limit, changes nothing, and starts over at the reset time', () => {
    const { get, put, clock } = harness({ rateLimit: { limit: 2 } });
    const before = get().text;
    get();
    const { status, json, headers } = put(zoneBody());
    expect(status).toBe(429);
    expect(json).toMatchObject({
      errorCode: 'E0000047',
      errorSummary: 'API call exceeded rate limit due to too many requests.',
    });
    expect(shown({ headers })).toEqual([2, 0, firstReset]);
    expect(headers).not.toHaveProperty('retry-after');
    clock.now = firstReset * 1000 - 1;
    expect(get().status).toBe(429);
    clock.now = firstReset * 1000;
    expect(get().text).toBe(before);
  });

  it('begins its window with a call, not with the minute', () => {
    const { get, clock } = harness();
    get();
    clock.now += 75_000;
    expect(shown(get())[2]).toBe(firstReset + 75);
  });

  it('can be set: limit, what is left, and when it resets', () => {
    const { simulator, get, clock } = harness();
    expect(simulator.setRateLimit({ limit: 10, remaining: 1, resetInSeconds: 5 })).toMatchObject({ remaining: 1 });
    expect(get().status).toBe(200);
    expect(get().status).toBe(429);
    clock.now += 5_000;
    expect(shown(get())).toEqual([10, 9, Math.floor(clock.now / 1000) + 60]);
    expect(simulator.rateLimit()).toMatchObject({ limit: 10, remaining: 9 });
  });

  it('answers calls beyond the concurrency limit with zero, zero, and an estimate', () => {
    const { simulator, get } = harness({ concurrencyLimit: 1 });
    const open = simulator.begin({ method: 'GET', path: PATH, headers: { authorization: `SSWS ${TOKEN}` }, body: '' });
    expect(open.complete()).toMatchObject({ status: 200 });
    const refused = get();
    expect(refused).toMatchObject({ status: 429, json: { errorCode: 'E0000047' } });
    const [limit, remaining, reset] = shown(refused);
    expect([limit, remaining]).toEqual([0, 0]);
    expect(reset).toBeGreaterThan(START / 1000);
    open.end();
    expect(get().status).toBe(200);
  });
});
