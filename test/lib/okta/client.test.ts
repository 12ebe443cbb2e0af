import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
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
    await zones.get(ID, TOKEN);
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
      await new OktaZones(okta.http, base, () => NOW).get(ID, TOKEN);
      expect(okta.requests[0]?.url).toBe('https://acme.okta.com/api/v1/zones/nzo1');
    },
  );

  it('cannot leave the zones by what a zone id holds', async () => {
    await failure(zones.get('../users/me?x=', TOKEN));
    expect(new URL(okta.requests[0]?.url ?? '').pathname).toBe('/api/v1/zones/..%2Fusers%2Fme%3Fx%3D');
  });
});

describe('a write', () => {
  const gateways = [{ type: 'CIDR', value: '203.0.113.7/32' }];

  it('sends everything back as it was read, known or not, but the gateways and what only Okta writes', async () => {
    const proxies = [{ type: 'RANGE', value: '192.0.2.1-192.0.2.9', note: 'kept' }];
    const zone = rawZone({ name: 'Ünï', proxies, future: { deep: [1, null] }, useAsExemptList: true });
    okta.zones.set(ID, zone);
    const read = await zones.get(ID, TOKEN);
    await zones.putGateways(ID, read.zone, gateways, TOKEN);
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
    const { zone } = await zones.get(ID, TOKEN);
    await zones.putGateways(ID, zone, gateways, TOKEN);
    expect(okta.puts()[0]).toMatchObject(JSON.parse(JSON.stringify(more)));
    for (const [field, value] of Object.entries(more)) {
      if (value === undefined) expect(okta.puts()[0]).not.toHaveProperty(field);
    }
  });

  it('gives any JSON in fields that are not known back unchanged', async () => {
    // The last three the schema library drops; no API has fields of these names.
    const own = Object.keys(rawZone()).concat('__proto__', 'constructor', 'prototype');
    const fields = fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => !own.includes(name)),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fields, async (more) => {
        const raw = new RawOkta({ [ID]: rawZone({ ...more }) });
        const client = new OktaZones(raw.http, 'https://acme.okta.com', () => NOW);
        await client.putGateways(ID, (await client.get(ID, TOKEN)).zone, gateways, TOKEN);
        expect(raw.puts()[0]).toEqual(JSON.parse(JSON.stringify({ ...raw.puts()[0], ...more })));
      }),
    );
  });
});

describe('a refusal', () => {
  it.each([
    [400, 'ZONE002'],
    [401, 'OKTA001'],
    [403, 'OKTA002'],
    [404, 'ZONE001'],
    [429, 'OKTA005'],
    [408, 'ZONE003'],
    [409, 'ZONE003'],
    [500, 'ZONE003'],
    [502, 'ZONE003'],
    [503, 'ZONE003'],
    [301, 'ZONE003'],
    [204, 'ZONE003'],
    [201, 'ZONE003'],
  ])('%i is %s, with a body of Okta’s, of a proxy, or none', async (status, code) => {
    const bodies = [{ errorCode: 'E0000001', errorSummary: 'says so' }, '<html>Gateway</html>', '', 'null', '[]', '7'];
    for (const body of bodies) {
      okta.next.push(answer(status, body));
      expect(await failure(zones.get(ID, TOKEN))).toMatchObject({ code, fields: { oktaStatus: status } });
    }
  });

  it('names Okta’s reasons and the id that its support asks for', async () => {
    const body = {
      errorCode: 'E0000001',
      errorSummary: 'Api validation failed: gateways',
      errorId: 'oae1',
      errorCauses: [{ errorSummary: 'gateways: one' }, { errorSummary: 'gateways: two' }, {}],
    };
    okta.next.push(answer(400, body, { 'x-okta-request-id': 'req1' }));
    const refused = await failure(zones.get(ID, TOKEN));
    expect(refused.message).toContain('Api validation failed: gateways');
    expect(refused.fields).toEqual({
      ...{ oktaStatus: 400, oktaErrorCode: 'E0000001', oktaErrorId: 'oae1', oktaRequestId: 'req1' },
      oktaSummary: 'Api validation failed: gateways',
      oktaCauses: ['gateways: one', 'gateways: two'],
    });
  });

  it.each([
    ['the timeout', Object.assign(new Error('The operation was aborted due to timeout'), { name: 'TimeoutError' })],
    ['the connection', new TypeError('fetch failed')],
    ['TLS', new TypeError('fetch failed', { cause: new Error('certificate has expired') })],
  ])('of %s is ZONE003, with its cause', async (_, error) => {
    okta.next.push(error);
    expect(await failure(zones.get(ID, TOKEN))).toMatchObject({ code: 'ZONE003', cause: error });
  });

  it.each([
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['half of it', '{"type":"IP","na'],
    ['a list', '[]'],
    ['a zone without a type', rawZone({ type: undefined })],
    ['a zone without a name', rawZone({ name: undefined })],
    ['gateways that are no list', rawZone({ gateways: 'x' })],
    ['gateways of numbers', rawZone({ gateways: [1] })],
  ])('is also a 200 with something that is no zone: %s', async (_, body) => {
    okta.next.push(answer(200, body));
    expect(await failure(zones.get(ID, TOKEN))).toMatchObject({ code: 'ZONE003' });
  });

  it('never holds the token', async () => {
    for (const instead of [answer(401, {}), answer(500, 'x'), new Error('down')]) {
      okta.next.push(instead);
      const refused = await failure(zones.get(ID, TOKEN));
      expect(JSON.stringify([refused.message, refused.fields, String(refused.cause)])).not.toContain(TOKEN);
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
    ['Okta’s own words', answer(400, { errorSummary: 'Not valid' }), 'Okta answered 400: Not valid'],
    ['that Okta gave no words', answer(500, 'oops'), 'Okta answered 500: no reason given'],
    ['that there is no zone in the answer', answer(200, {}), 'Okta answered 200 with something that is not a zone'],
    ['that there was no answer', new Error('socket hang up'), 'no answer from Okta to GET: socket hang up'],
  ])('is %s', async (_, instead, message) => {
    okta.next.push(instead);
    const { message: said, fields } = await failure(zones.get(ID, TOKEN));
    expect(said).toBe(message);
    expect(Object.values(fields)).not.toContain(undefined);
    expect(Object.keys(fields)).not.toEqual([]);
  });
});
