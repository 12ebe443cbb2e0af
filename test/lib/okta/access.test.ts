import { beforeEach, describe, expect, it } from 'vitest';
import { CachedSecret } from '../../../lib/cached-secret.ts';
import { ORG_LIMIT_ITEM, ORG_PARTITION } from '../../../lib/names.ts';
import { OktaAccess, type OktaCall } from '../../../lib/okta/access.ts';
import { CALL_TIMEOUT_MS } from '../../../lib/okta/call-timeout.ts';
import { OktaZones } from '../../../lib/okta/client.ts';
import { OktaRest } from '../../../lib/okta/rest.ts';
import { MemorySecret } from '../../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../../local/stand-ins/virtual-clock.ts';
import { NOW } from '../../helpers/events.ts';
import { answer, RawOkta, rawZone } from '../../helpers/raw-okta.ts';

const REFUSED = answer(401, { errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
let clock: VirtualClock;
let okta: RawOkta;
let reader: MemorySecret;
let token: CachedSecret;
let table: MemoryTable;
let rest: OktaRest;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  okta = new RawOkta({ nzo1: rawZone() });
  reader = new MemorySecret('old');
  token = new CachedSecret(reader, clock);
  table = new MemoryTable();
  rest = new OktaRest(table);
});
const access = (deadline = NOW + 30_000) =>
  new OktaAccess(new OktaZones(okta.http, 'https://acme.okta.com', () => clock.now()), token, clock, rest, deadline);
const tokens = () => okta.requests.map(({ headers }) => headers.authorization);

describe('the token of a call', () => {
  it('is fetched once more where Okta refuses it, and the call goes out again with the other', async () => {
    await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new';
    okta.next.push(REFUSED);
    await access().get('nzo1');
    expect(tokens()).toEqual(['SSWS old', 'SSWS old', 'SSWS new']);
  });

  it('is fetched once more for a write too, and the same write goes out again, after the zone was read again', async () => {
    const { zone } = await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new';
    okta.next.push(REFUSED);
    await access().putGateways('nzo1', zone, [{ type: 'CIDR', value: '203.0.113.7/32' }]);
    expect(okta.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT']);
    expect(tokens()).toEqual(['SSWS old', 'SSWS old', 'SSWS new', 'SSWS new']);
    expect(okta.requests[1]?.body).toBe(okta.requests[3]?.body);
    expect(okta.gateways('nzo1')).toEqual(['203.0.113.7/32']);
  });

  it('is fetched once more for a write, which does not go out where others have changed the zone meanwhile', async () => {
    const { zone } = await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new';
    const proxies = [{ type: 'CIDR', value: '198.51.100.9/32' }];
    okta.next.push(REFUSED, answer(200, { ...zone, proxies }));
    expect(await access().putGateways('nzo1', zone, [{ type: 'CIDR', value: '203.0.113.7/32' }])).toMatchObject({
      ...{ written: false, zone: { proxies } },
    });
    expect(okta.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
  });

  it('is fetched only once: where the other is refused too, that is the answer', async () => {
    await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new';
    okta.next.push(REFUSED, REFUSED);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA001' });
    expect(tokens()).toHaveLength(3);
  });

  it('that is the same as before is not tried again', async () => {
    await access().get('nzo1');
    await clock.advance(11_000);
    okta.next.push(REFUSED);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA001' });
    expect(tokens()).toHaveLength(2);
  });

  it.each([403, 404, 429, 500])('is not fetched again for a %i', async (status) => {
    await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new';
    okta.next.push(answer(status));
    await expect(access().get('nzo1')).rejects.toThrow();
    expect(tokens()).toEqual(['SSWS old', 'SSWS old']);
  });

  it.each([undefined, '', ' \n '])('that is not set (%j) is ZONE006, and nobody is called', async (text) => {
    reader.text = text;
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'ZONE006' });
    expect(okta.requests).toEqual([]);
    reader.text = ' old\n';
    await clock.advance(10_000);
    await access().get('nzo1');
    expect(tokens()).toEqual(['SSWS old']);
  });

  it.each(['two\nlines', '{"token":"old"}', 'old token', '"old"', 'o\u0000ld'])(
    'that can be none (%j) is ZONE006, nobody is called, and a good one is used within ten seconds',
    async (text) => {
      const reads: number[] = [];
      const read = reader.read.bind(reader);
      reader.read = async () => {
        reads.push(clock.now() - NOW);
        return read();
      };
      reader.text = text;
      for (let second = 0; second < 9; second += 1) {
        await expect(access(clock.now() + 30_000).get('nzo1')).rejects.toMatchObject({ code: 'ZONE006' });
        await clock.advance(1_000);
      }
      expect([okta.requests, reads]).toEqual([[], [0]]);
      reader.text = 'new';
      await clock.advance(1_000);
      await access(clock.now() + 30_000).get('nzo1');
      expect([tokens(), reads]).toEqual([['SSWS new'], [0, 10_000]]);
    },
  );

  it('that can be none is not tried where the one before it was refused', async () => {
    await access().get('nzo1');
    await clock.advance(11_000);
    reader.text = 'new one';
    okta.next.push(REFUSED);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'ZONE006' });
    expect(tokens()).toEqual(['SSWS old', 'SSWS old']);
  });

  it('that can’t be read is ZONE006 with its cause, and is not remembered as that', async () => {
    reader.unreadable = true;
    const denied = expect.objectContaining({ message: expect.stringContaining('denied') });
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'ZONE006', cause: denied });
    reader.unreadable = false;
    await access().get('nzo1');
    expect(okta.requests).toHaveLength(1);
  });

  it('that can’t be read again after a 401 is ZONE006', async () => {
    await access().get('nzo1');
    await clock.advance(11_000);
    reader.unreadable = true;
    okta.next.push(REFUSED);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'ZONE006' });
  });
});

describe('the time of a call', () => {
  it('must be enough for the longest answer and to save what came of it', async () => {
    await access(NOW + CALL_TIMEOUT_MS + 3_000).get('nzo1');
    expect(okta.requests).toHaveLength(1);
    await expect(access(NOW + CALL_TIMEOUT_MS + 2_999).get('nzo1')).rejects.toMatchObject({ code: 'ZONE003' });
    expect(okta.requests).toHaveLength(1);
  });

  it('is looked at again before the call with the other token', async () => {
    await token.get();
    await clock.advance(11_000);
    reader.text = 'new';
    const slow = new OktaZones(
      async (request) => {
        await clock.sleep(6_000);
        return okta.http(request);
      },
      'https://acme.okta.com',
      () => clock.now(),
    );
    okta.next.push(REFUSED);
    const call = new OktaAccess(slow, token, clock, rest, clock.now() + 15_000).get('nzo1');
    const refusal = expect(call).rejects.toMatchObject({ code: 'ZONE003' });
    await clock.advance(10_000);
    await refusal;
    expect(tokens()).toEqual(['SSWS old']);
  });
});

describe('the rest that Okta wants', () => {
  it('is asked for before every call, also when it began while this run was under way', async () => {
    await access().get('nzo1');
    await rest.refused(20_000, NOW, NOW);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005', retryInMs: 20_000 });
    expect(okta.requests).toHaveLength(1);
    await clock.advance(20_000);
    await access(NOW + 60_000).get('nzo1');
    expect(okta.requests).toHaveLength(2);
  });

  it('begins with a 429, for everybody, until the reset that Okta gave', async () => {
    okta.next.push(answer(429, {}, { 'x-rate-limit-reset': String(NOW / 1000 + 40) }));
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005', retryInMs: 40_000 });
    expect(await rest.until(clock.now())).toBe(NOW + 40_000);
  });

  it('is longer with each 429 in a row that names no reset, as Okta’s own answer to the caller is', async () => {
    const waits: unknown[] = [];
    for (let i = 0; i < 4; i += 1) {
      okta.next.push(answer(429));
      const refused = await access(clock.now() + 30_000)
        .get('nzo1')
        .catch((error: unknown) => error);
      waits.push(refused);
      await clock.advance((await rest.until(clock.now())) - clock.now());
    }
    expect(waits).toMatchObject(
      [1, 2, 4, 8].map((s, index) => ({
        ...{ code: 'OKTA005', retryInMs: s * 1_000 },
        fields: { oktaStatus: 429, retryInMs: s * 1_000, refusals: index + 1 },
      })),
    );
  });

  it('is a second again after a call that went well, and is cleared by that alone', async () => {
    okta.next.push(answer(429), undefined);
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005' });
    await clock.advance(1_000);
    expect((await rest.get(clock.now())).refusals).toBe(1);
    await access().get('nzo1');
    expect((await rest.get(clock.now())).refusals).toBe(0);
  });

  it.each([404, 500])('keeps its count through a %i, which says nothing of the limit', async (status) => {
    okta.next.push(answer(429), answer(status));
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005' });
    await clock.advance(1_000);
    await expect(access().get('nzo1')).rejects.toThrow();
    expect((await rest.get(clock.now())).refusals).toBe(1);
  });

  it('is never longer than two minutes, and one stored by mistake stops nobody', async () => {
    okta.next.push(answer(429, {}, { 'x-rate-limit-reset': String(NOW + 40_000) }));
    await expect(access().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005', retryInMs: 1_000 });
    await clock.advance(1_000);
    await table.write([{ put: { acl: ORG_PARTITION, item: ORG_LIMIT_ITEM, until: NOW * 1_000 } }]);
    await access().get('nzo1');
    expect(okta.requests).toHaveLength(2);
  });

  it.each([401, 403, 404, 500])('does not begin with a %i', async (status) => {
    okta.next.push(answer(status));
    await expect(access().get('nzo1')).rejects.toThrow();
    expect(await rest.until(clock.now())).toBe(0);
  });
});

describe('what is told of a call', () => {
  let told: OktaCall[];
  beforeEach(() => {
    told = [];
  });
  const TOOK_MS = 1_250;
  const telling = () => {
    const zones = new OktaZones(
      async (request) => {
        await clock.sleep(TOOK_MS);
        return okta.http(request);
      },
      'https://acme.okta.com',
      () => clock.now(),
    );
    return new OktaAccess(zones, token, clock, rest, NOW + 60_000, (call) => told.push(call));
  };
  const QUOTA = {
    'x-rate-limit-limit': '100',
    'x-rate-limit-remaining': '99',
    'x-rate-limit-reset': String(NOW / 1000),
  };

  it('is its method, its zone, its status and how long it took', async () => {
    const { zone } = await clock.finish(telling().get('nzo1'));
    await clock.finish(telling().putGateways('nzo1', zone, []));
    expect(told).toEqual([
      { method: 'GET', zoneId: 'nzo1', oktaStatus: 200, tookMs: TOOK_MS },
      { method: 'PUT', zoneId: 'nzo1', oktaStatus: 200, tookMs: TOOK_MS },
    ]);
  });

  it('holds the quota where Okta gave one', async () => {
    okta.headers = QUOTA;
    await clock.finish(telling().get('nzo1'));
    expect(told).toMatchObject([{ oktaStatus: 200, quotaLimit: 100, quotaRemaining: 99 }]);
  });

  it.each([
    ['the status of a refusal', answer(404), 404],
    ['that there was no answer', new Error('connection reset'), 'none'],
  ])('is %s, once, before the failure is passed on', async (_, instead, oktaStatus) => {
    okta.next.push(instead);
    await expect(clock.finish(telling().get('nzo1'))).rejects.toMatchObject({ name: 'OktaFailure' });
    expect(told).toEqual([{ method: 'GET', zoneId: 'nzo1', oktaStatus, tookMs: TOOK_MS }]);
  });

  it('is told of both calls where the token was refused', async () => {
    await token.get();
    await clock.advance(11_000);
    reader.text = 'new';
    okta.next.push(REFUSED);
    await clock.finish(telling().get('nzo1'));
    expect(told.map(({ oktaStatus }) => oktaStatus)).toEqual([401, 200]);
  });

  it('is nothing where no call went out', async () => {
    await rest.refused(20_000, NOW, NOW);
    await expect(telling().get('nzo1')).rejects.toMatchObject({ code: 'OKTA005' });
    expect(told).toEqual([]);
  });
});
