import { describe, expect, it } from 'vitest';
import { handleControl } from '../../local/okta-simulator/control.ts';
import { harness, START, TOKEN, ZONE, zoneBody } from './okta-simulator-harness.ts';

type Harness = ReturnType<typeof harness>;
const SECOND = 'nzo2';
const host = (ip: string) => ({ type: 'CIDR', value: `${ip}/32` });
const gatewaysOf = ({ json }: { json: Record<string, unknown> }) =>
  (json.gateways as { value: string }[] | null)?.map(({ value }) => value);
const stored = ({ simulator }: Harness, id = ZONE) => simulator.zone(id).gateways?.map(({ value }) => value);

/** Through the control API, as a test in another process or a scenario does it. */
function control({ simulator }: Harness, method: string, path: string, body?: unknown): unknown {
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = handleControl(simulator, { method, path: `/control/${path}`, body: text });
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.body}`);
  return answer.body === '' ? undefined : JSON.parse(answer.body);
}

function struck(request: Record<string, unknown>): Harness {
  const all = harness();
  control(all, 'POST', 'faults', request);
  return all;
}

describe('a fault', () => {
  it('strikes one call unless it says otherwise', () => {
    const { get } = struck({ fault: { status: 500 } });
    expect([get().status, get().status]).toEqual([500, 200]);
  });

  it('strikes every call that matches for a while', () => {
    const all = struck({ seconds: 30, method: 'GET', fault: { status: 503 } });
    const { get, put, clock, simulator } = all;
    expect([get().status, get().status, put(zoneBody()).status]).toEqual([503, 503, 200]);
    expect(simulator.faults()).toMatchObject([{ remaining: null }]);
    clock.now += 29_999;
    expect(get().status).toBe(503);
    clock.now += 1;
    expect(get().status).toBe(200);
    expect(simulator.faults()).toEqual([]);
  });

  it('with a count and a time ends with whichever comes first', () => {
    const byCount = struck({ count: 1, seconds: 30, fault: { status: 503 } });
    expect([byCount.get().status, byCount.get().status]).toEqual([503, 200]);
    const byTime = struck({ count: 5, seconds: 30, fault: { status: 503 } });
    byTime.clock.now += 30_000;
    expect(byTime.get().status).toBe(200);
  });

  it('lets the first calls that match pass, and others strike them', () => {
    const all = struck({ skip: 2, method: 'GET', fault: { status: 500 } });
    control(all, 'POST', 'faults', { method: 'GET', fault: { status: 503 } });
    all.put(zoneBody());
    const statuses = [1, 2, 3, 4].map(() => all.get().status);
    expect(statuses).toEqual([503, 200, 500, 200]);
  });
});

describe('a stale answer', () => {
  const changed = (): Harness => {
    const all = harness();
    for (const ip of ['203.0.113.11', '203.0.113.12', '203.0.113.13']) {
      all.clock.now += 10_000;
      all.put(zoneBody({ gateways: [host(ip)] }));
    }
    return all;
  };

  it.each([
    [{ changes: 0 }, ['203.0.113.13/32']],
    [{ changes: 1 }, ['203.0.113.12/32']],
    [{ changes: 2 }, ['203.0.113.11/32']],
    [{ changes: 3 }, ['203.0.113.1/32', '198.51.100.0/24']],
    [{ changes: 9 }, ['203.0.113.1/32', '198.51.100.0/24']],
    [{ ms: 0 }, ['203.0.113.13/32']],
    [{ ms: 5_000 }, ['203.0.113.12/32']],
    [{ ms: 15_000 }, ['203.0.113.11/32']],
    [{ ms: 999_999 }, ['203.0.113.1/32', '198.51.100.0/24']],
  ])('is the zone as it was: %j', (stale, list) => {
    const all = changed();
    all.clock.now += 1;
    control(all, 'POST', 'faults', { fault: { stale } });
    const answer = all.get();
    expect(answer.status).toBe(200);
    expect(gatewaysOf(answer)).toEqual(list);
    expect(stored(all)).toEqual(['203.0.113.13/32']);
    expect(gatewaysOf(all.get())).toEqual(['203.0.113.13/32']);
  });

  it('shows the time of its own state, and leaves a PUT alone', () => {
    const all = changed();
    control(all, 'POST', 'faults', { count: 2, fault: { stale: { changes: 1 } } });
    expect(all.get().json.lastUpdated).toBe(new Date(Math.floor((START + 20_000) / 1000) * 1000).toISOString());
    expect(gatewaysOf(all.put(zoneBody({ gateways: [host('203.0.113.14')] })))).toEqual(['203.0.113.14/32']);
  });
});

describe("an administrator's edit", () => {
  const edit = { addGateways: ['203.0.113.99/32'], status: 'INACTIVE' };

  it('before a write is undone by it, list and status', () => {
    const all = struck({ method: 'PUT', fault: { edit, when: 'before' } });
    expect(all.put(zoneBody()).json).toMatchObject({ status: 'ACTIVE', gateways: [host('203.0.113.7')] });
    expect(stored(all)).toEqual(['203.0.113.7/32']);
  });

  it('before a read is in the answer', () => {
    expect(struck({ fault: { edit, when: 'before' } }).get().json.status).toBe('INACTIVE');
  });

  it('within a write stays, and the answer shows both', () => {
    const all = struck({ method: 'PUT', fault: { edit, when: 'within' } });
    const answer = all.put(zoneBody());
    expect(gatewaysOf(answer)).toEqual(['203.0.113.7/32', '203.0.113.99/32']);
    expect(answer.json.status).toBe('INACTIVE');
    expect(stored(all)).toEqual(['203.0.113.7/32', '203.0.113.99/32']);
  });

  it('after a write stays, and the answer does not show it', () => {
    const all = struck({ method: 'PUT', fault: { edit } });
    expect(gatewaysOf(all.put(zoneBody()))).toEqual(['203.0.113.7/32']);
    expect(stored(all)).toEqual(['203.0.113.7/32', '203.0.113.99/32']);
  });

  it('can make a zone of another type', () => {
    const all = harness();
    control(all, 'PATCH', `zones/${ZONE}`, { type: 'DYNAMIC' });
    expect(all.get().json.type).toBe('DYNAMIC');
  });
});

it('an answer can show other fields than the zone has', () => {
  const all = struck({ method: 'PUT', fault: { shows: { status: 'INACTIVE', usage: 'BLOCKLIST' } } });
  expect(all.put(zoneBody()).json).toMatchObject({ status: 'INACTIVE', usage: 'BLOCKLIST', id: ZONE });
  expect(all.simulator.zone(ZONE)).toMatchObject({ status: 'ACTIVE', usage: 'POLICY' });
});

describe('headers', () => {
  const seconds = Math.floor(START / 1000);

  it.each([
    ['taken out', { 'X-Rate-Limit-Reset': null }, { 'x-rate-limit-reset': undefined }],
    [
      'sent twice',
      { 'x-rate-limit-reset': ['{now}', '{now+60}'] },
      { 'x-rate-limit-reset': `${seconds}, ${seconds + 60}` },
    ],
    ['in milliseconds', { 'x-rate-limit-reset': '{nowMs+60000}' }, { 'x-rate-limit-reset': String(START + 60_000) }],
    ['in the past', { 'x-rate-limit-reset': '{now-90}' }, { 'x-rate-limit-reset': String(seconds - 90) }],
    ['of a proxy', { 'retry-after': '60' }, { 'retry-after': '60' }],
    ['of a wrong clock', { date: '{date+3600}' }, { date: new Date((seconds + 3600) * 1000).toUTCString() }],
  ])('can be %s, on the right answer', (_, changes, expected) => {
    const answer = struck({ fault: { headers: changes } }).get();
    expect(answer.status).toBe(200);
    expect({ ...answer.headers }).toMatchObject(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
    for (const [name, value] of Object.entries(expected)) expect(answer.headers[name]).toBe(value);
  });

  it('go with every kind of fault that ends in an answer', () => {
    const headers = { 'x-rate-limit-reset': '7' };
    for (const fault of [{ status: 429 }, { rateLimit: { resetInSeconds: 9 } }, { concurrency: true }]) {
      expect(struck({ fault: { ...fault, headers } }).get()).toMatchObject({ status: 429, headers });
    }
  });
});

it('an answer can hold any text', () => {
  const text = '{"error":"not a zone"}';
  expect(struck({ fault: { status: 403, text } }).get()).toMatchObject({ status: 403, text });
});

describe('calls take', () => {
  const msOf = ({ simulator }: Harness, method: string, id: string) => {
    const headers = { authorization: `SSWS ${TOKEN}` };
    const call = simulator.begin({ method, path: `/api/v1/zones/${id}`, headers, body: '' });
    call.complete();
    call.end();
    return call.delayMs;
  };

  it('as long as is said of the org, a method, a zone, or a method of a zone, the narrowest first', () => {
    const all = harness({ latencyMs: 50 });
    expect(msOf(all, 'GET', ZONE)).toBe(50);
    control(all, 'PUT', 'latency', { ms: 100 });
    control(all, 'PUT', 'latency', { ms: 200, method: 'GET' });
    control(all, 'PUT', 'latency', { ms: 300, zoneId: ZONE });
    control(all, 'PUT', 'latency', { ms: 400, zoneId: ZONE, method: 'GET' });
    expect([
      msOf(all, 'GET', ZONE),
      msOf(all, 'PUT', ZONE),
      msOf(all, 'GET', SECOND),
      msOf(all, 'PUT', SECOND),
    ]).toEqual([400, 300, 200, 100]);
    expect(control(all, 'GET', 'latency')).toHaveLength(4);
    control(all, 'DELETE', 'latency');
    expect(msOf(all, 'GET', ZONE)).toBe(0);
  });

  it('what a fault adds on top', () => {
    const all = harness({ latencyMs: 50 });
    control(all, 'POST', 'faults', { fault: { delayMs: 1_000 } });
    expect(msOf(all, 'GET', ZONE)).toBe(1_050);
  });
});

it.each([
  [{ fault: { headers: { date: 7 } } }, 'body.fault.headers.date'],
  [{ fault: { headers: { date: ['a', 7] } } }, 'body.fault.headers.date[1]'],
  [{ fault: { stale: {} } }, 'body.fault.stale'],
  [{ fault: { stale: { changes: 1, ms: 1 } } }, 'body.fault.stale'],
  [{ fault: { edit: {}, when: 'later' } }, 'body.fault.when'],
  [{ fault: { shows: [] } }, 'body.fault.shows'],
  [{ fault: {} }, 'body.fault'],
  [{ fault: { status: 200, txt: '' } }, 'body.fault.txt'],
  [{ seconds: -1, fault: { hang: true } }, 'body.seconds'],
  [{ skip: 1.5, fault: { hang: true } }, 'body.skip'],
])('a fault that makes no sense is refused, and where is said: %j', (request, where) => {
  expect(() => struck(request)).toThrow(`400 {"error":"${where}: `);
});

it.each([
  [{}, 'body.ms'],
  [{ ms: 'slow' }, 'body.ms'],
  [{ ms: 1, zone: 'x' }, 'body.zone'],
])('a latency that makes no sense is refused: %j', (rule, where) => {
  expect(() => control(harness(), 'PUT', 'latency', rule)).toThrow(`400 {"error":"${where}: `);
});
