import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { byToken } from '../../../lib/okta/authorization.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { NOW } from '../../helpers/events.ts';
import { answer, RawOkta, rawZone } from '../../helpers/raw-okta.ts';

const ID = 'nzo1';
const TOKEN = 'okta-zones-token';
let okta: RawOkta;
let zones: OktaZones;
beforeEach(() => {
  okta = new RawOkta({ [ID]: rawZone() });
  zones = new OktaZones(okta.http, 'https://acme.okta.com', () => NOW);
});
const failure = async (work: Promise<unknown>): Promise<OktaFailure> => {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OktaFailure)) throw error;
  return error;
};

describe('a call to Okta', () => {
  it('goes to the zone, with the token in its header alone, and with a time limit', async () => {
    await zones.get(ID, byToken(TOKEN));
    expect(okta.requests).toMatchObject([
      {
        ...{ method: 'GET', url: 'https://acme.okta.com/api/v1/zones/nzo1' },
        headers: { authorization: `SSWS ${TOKEN}`, accept: 'application/json' },
      },
    ]);
    expect(okta.requests[0]).not.toHaveProperty('body');
    expect(okta.requests[0]?.timeoutMs).toBeGreaterThan(0);
    expect(okta.requests[0]?.timeoutMs).toBeLessThan(15_000);
  });

  it.each(['https://acme.okta.com/', 'https://acme.okta.com//'])(
    'knows its address with a slash at its end: %s',
    async (base) => {
      await new OktaZones(okta.http, base, () => NOW).get(ID, byToken(TOKEN));
      expect(okta.requests[0]?.url).toBe('https://acme.okta.com/api/v1/zones/nzo1');
    },
  );

  it('cannot leave the zones by what a zone id holds', async () => {
    await failure(zones.get('../users/me?x=', byToken(TOKEN)));
    expect(new URL(okta.requests[0]?.url ?? '').pathname).toBe('/api/v1/zones/..%2Fusers%2Fme%3Fx%3D');
  });
});

describe('a write', () => {
  const gateways = [{ type: 'CIDR', value: '203.0.113.7/32' }];

  it('sends everything back as it was read, known or not, but the gateways and what only Okta writes', async () => {
    const proxies = [{ type: 'RANGE', value: '192.0.2.1-192.0.2.9', note: 'kept' }];
    const zone = rawZone({ name: 'Ünï', proxies, future: { deep: [1, null] }, useAsExemptList: true });
    okta.zones.set(ID, zone);
    const read = await zones.get(ID, byToken(TOKEN));
    await zones.putGateways(ID, read.zone, gateways, byToken(TOKEN));
    const { _links, created, lastUpdated, ...rest } = zone;
    expect(okta.puts()).toEqual([{ ...rest, gateways }]);
    expect(okta.requests[1]?.headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it.each([
    ['null proxies', { proxies: null }],
    ['no proxies', { proxies: undefined }],
    ['another usage', { usage: 'BLOCKLIST' }],
    ['no usage', { usage: undefined }],
    ['another status', { status: 'INACTIVE' }],
    ['null for both', { usage: null, status: null }],
  ])('echoes %s', async (_, more) => {
    okta.zones.set(ID, rawZone(more));
    const { zone } = await zones.get(ID, byToken(TOKEN));
    await zones.putGateways(ID, zone, gateways, byToken(TOKEN));
    expect(okta.puts()[0]).toMatchObject(JSON.parse(JSON.stringify(more)));
    for (const [field, value] of Object.entries(more)) {
      if (value === undefined) expect(okta.puts()[0]).not.toHaveProperty(field);
    }
  });

  it('gives any JSON in fields that are not known back unchanged', async () => {
    // The last three the schema library drops; no API has fields of these names.
    const own = Object.keys(rawZone()).concat('__proto__', 'constructor', 'prototype');
    const fields = fc.dictionary(
      // Node.js mixes up names with a quote and with a backslash, where it parses many objects that are much alike.
      fc.string({ minLength: 1 }).filter((name) => !own.includes(name) && !/["\\]/.test(name)),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fields, async (more) => {
        const raw = new RawOkta({ [ID]: rawZone({ ...more }) });
        const client = new OktaZones(raw.http, 'https://acme.okta.com', () => NOW);
        await client.putGateways(ID, (await client.get(ID, byToken(TOKEN))).zone, gateways, byToken(TOKEN));
        expect(raw.puts()[0]).toEqual(JSON.parse(JSON.stringify({ ...raw.puts()[0], ...more })));
      }),
    );
  });
});

const OKTAS = { errorCode: 'E0000001', errorSummary: 'says so' };
const PAGES = ['<html>Gateway</html>', '', 'null', '[]', '7', '{"errorCode":"403"}', '{"error":"blocked"}', '{'];
const refused = async (status: number, body: unknown, headers?: Readonly<Record<string, string>>) => {
  const { zone } = await zones.get(ID, byToken(TOKEN));
  okta.next.push(answer(status, body, headers), answer(status, body, headers));
  const [get, put] = [
    await failure(zones.get(ID, byToken(TOKEN))),
    await failure(zones.putGateways(ID, zone, [], byToken(TOKEN))),
  ];
  for (const { fields } of [get, put]) expect(fields).toMatchObject({ oktaStatus: status });
  return [get.code, put.code];
};

describe('a refusal', () => {
  it.each([
    [400, 'ZONE003', 'ZONE002'],
    [401, 'OKTA001', 'OKTA001'],
    [403, 'OKTA002', 'OKTA002'],
    [404, 'ZONE001', 'ZONE001'],
    [405, 'ZONE003', 'ZONE003'],
    [408, 'ZONE003', 'ZONE003'],
    [409, 'ZONE003', 'ZONE003'],
  ])('%i in Okta’s own form is %s to a GET and %s to a PUT', async (status, ...codes) => {
    expect(await refused(status, OKTAS)).toEqual(codes);
  });

  it.each([400, 401, 403, 404, 407, 418])('%i in any other form is a proxy’s, and says so', async (status) => {
    for (const body of PAGES) expect(await refused(status, body)).toEqual(['ZONE003', 'ZONE003']);
    okta.next.push(answer(status, '<html>', { 'content-type': 'text/html', 'www-authenticate': 'Basic realm="p"' }));
    expect((await failure(zones.get(ID, byToken(TOKEN)))).message).toBe(
      `something between here and Okta, such as a proxy, answered ${status} (text/html) in a form that is not Okta's`,
    );
  });

  it.each([
    [400, 'invalid_dpop_proof', 'OKTA001'],
    [400, 'invalid_request', 'OKTA001'],
    [401, 'invalid_token', 'OKTA001'],
    [403, 'insufficient_scope', 'OKTA002'],
    [400, 'insufficient_scope', 'OKTA002'],
    [400, 'access_denied', 'OKTA002'],
  ])('%i with an OAuth challenge (%s) is %s, with the reason from there', async (status, error, code) => {
    for (const scheme of ['DPoP', 'Bearer']) {
      const challenge = `${scheme} algs="ES256", realm="http://x", error="${error}", error_description="The reason."`;
      expect(await refused(status, '', { 'www-authenticate': challenge })).toEqual([code, code]);
      okta.next.push(answer(status, '', { 'www-authenticate': challenge }));
      expect(await failure(zones.get(ID, byToken(TOKEN)))).toMatchObject({
        message: `Okta answered ${status}: The reason.`,
        fields: { oktaErrorCode: error, oktaSummary: 'The reason.' },
      });
    }
  });

  it.each([
    ...[429].map((status) => [status, 'OKTA005'] as const),
    ...[500, 502, 503, 301, 302, 204, 201, 100].map((status) => [status, 'ZONE003'] as const),
  ])('%i is %s, whatever its body is', async (status, code) => {
    for (const body of [OKTAS, ...PAGES]) expect(await refused(status, body)).toEqual([code, code]);
  });

  it('names Okta’s reasons and the id that its support asks for', async () => {
    const body = {
      errorCode: 'E0000001',
      errorSummary: 'Api validation failed: gateways',
      errorId: 'oae1',
      errorCauses: [{ errorSummary: 'gateways: one' }, { errorSummary: 'gateways: two' }, {}],
    };
    const { zone } = await zones.get(ID, byToken(TOKEN));
    okta.next.push(answer(400, body, { 'x-okta-request-id': 'req1' }));
    const { message, fields } = await failure(zones.putGateways(ID, zone, [], byToken(TOKEN)));
    expect(message).toContain('Api validation failed: gateways');
    expect(fields).toEqual({
      ...{ oktaStatus: 400, oktaErrorCode: 'E0000001', oktaErrorId: 'oae1', oktaRequestId: 'req1' },
      oktaSummary: 'Api validation failed: gateways',
      oktaCauses: ['gateways: one', 'gateways: two'],
    });
  });

  it.each([
    ['the timeout', Object.assign(new Error('The operation was aborted due to timeout'), { name: 'TimeoutError' })],
    ['the connection', new TypeError('fetch failed')],
    ['TLS', new TypeError('fetch failed', { cause: new Error('certificate has expired') })],
  ])('of %s is ZONE003', async (_, error) => {
    okta.next.push(error);
    expect(await failure(zones.get(ID, byToken(TOKEN)))).toMatchObject({ code: 'ZONE003' });
  });

  it.each([
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['half of it', '{"type":"IP","na'],
    ['a list', '[]'],
    ['a zone without a type', rawZone({ type: undefined })],
    ['a zone without a name', rawZone({ name: undefined })],
    ['a zone without an id', rawZone({ id: undefined })],
    ['gateways that are no list', rawZone({ gateways: 'x' })],
    ['gateways of numbers', rawZone({ gateways: [1] })],
  ])('is also a 200 with something that is no zone: %s', async (_, body) => {
    okta.next.push(answer(200, body));
    expect(await failure(zones.get(ID, byToken(TOKEN)))).toMatchObject({ code: 'ZONE003' });
  });

  it('is also an answer that is larger than the client reads, whatever it began with', async () => {
    okta.next.push({ ...answer(200, rawZone()), tooLarge: true });
    const { code, message } = await failure(zones.get(ID, byToken(TOKEN)));
    expect([code, message]).toEqual(['ZONE003', 'Okta answered 200 with more than can be a zone']);
  });

  it('is also another zone, to a GET and to a PUT: what belongs to one must not go into another', async () => {
    const { zone } = await zones.get(ID, byToken(TOKEN));
    okta.next.push(answer(200, rawZone({ id: 'nzo2' })), answer(200, rawZone({ id: 'NZO1' })));
    for (const call of [zones.get(ID, byToken(TOKEN)), zones.putGateways(ID, zone, [], byToken(TOKEN))]) {
      expect(await failure(call)).toMatchObject({ code: 'ZONE003', message: 'Okta answered with another zone' });
    }
  });

  it('is also a zone that can be read but not written: nested without end', async () => {
    const depth = 20_000;
    const nested = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    okta.next.push(answer(200, JSON.stringify(rawZone()).replace('"system":false', `"system":false,"more":${nested}`)));
    const { zone } = await zones.get(ID, byToken(TOKEN));
    expect(await failure(zones.putGateways(ID, zone, [], byToken(TOKEN)))).toMatchObject({ code: 'ZONE003' });
    expect(okta.puts()).toEqual([]);
  });

  it('never holds the token, nor a part of it, whoever shows it', async () => {
    const echo = { errorCode: 'E0000011', errorSummary: `bad: ${TOKEN}`, errorCauses: [{ errorSummary: TOKEN }] };
    const page = { 'content-type': `text/${TOKEN}`, 'x-okta-request-id': TOKEN };
    const challenge = { 'www-authenticate': `DPoP error="x", error_description="${TOKEN.slice(2)}"` };
    const thrown = new TypeError(`Headers.append: "SSWS ${TOKEN}" is an invalid header value.`);
    for (const instead of [
      ...[answer(401, echo), answer(403, '', page), answer(400, '', challenge), answer(500, echo), thrown],
      new TypeError('fetch failed', { cause: thrown }),
    ]) {
      okta.next.push(instead);
      const { message, fields, cause } = await failure(zones.get(ID, byToken(TOKEN)));
      expect(JSON.stringify([message, fields, String(cause)])).not.toContain(TOKEN.slice(2, 10));
    }
  });

  it('can be told more about, and stays what it is', () => {
    const cause = new Error('x');
    const first = new OktaFailure('OKTA005', 'slow down', { a: 1 }, { retryInMs: 5, cause });
    expect(first.about({ zoneId: ID })).toMatchObject({
      ...{ code: 'OKTA005', message: 'slow down', fields: { a: 1, zoneId: ID }, retryInMs: 5, cause },
    });
  });
});

describe('what a failure says', () => {
  it.each([
    [
      'Okta’s own words',
      answer(403, { errorCode: 'E0000006', errorSummary: 'Not allowed' }),
      'Okta answered 403: Not allowed',
    ],
    ['that Okta gave no words', answer(500, 'oops'), 'Okta answered 500: no reason given'],
    ['that there is no zone in the answer', answer(200, {}), 'Okta answered 200 with something that is not a zone'],
    ['that there was no answer', new Error('socket hang up'), 'no answer from Okta to GET: socket hang up'],
  ])('is %s', async (_, instead, message) => {
    okta.next.push(instead);
    const { message: said, fields } = await failure(zones.get(ID, byToken(TOKEN)));
    expect(said).toBe(message);
    expect(Object.values(fields)).not.toContain(undefined);
    expect(Object.keys(fields)).not.toEqual([]);
  });
});
