import { describe, expect, it } from 'vitest';
import type { Fault } from '../../local/okta-simulator/simulator.ts';
import { UnknownZoneError } from '../../local/okta-simulator/simulator.ts';
import { harness, START, TOKEN, ZONE, zoneBody } from './okta-simulator-harness.ts';

const PATH = `/api/v1/zones/${ZONE}`;
const values = (list: readonly { value: string }[] | null) => (list ?? []).map(({ value }) => value);

describe('faults', () => {
  const struck = (fault: Fault) => {
    const all = harness();
    all.simulator.addFault({ count: 1, fault });
    return all;
  };
  const written = ({ simulator }: ReturnType<typeof harness>) =>
    values(simulator.zone(ZONE).gateways).includes('203.0.113.7/32');

  it('strike as many calls as asked, and only those that match', () => {
    const { simulator, get, put } = harness();
    simulator.seedZone('nzo2', { name: 'Second' });
    simulator.addFault({ count: 2, method: 'GET', zoneId: ZONE, fault: { status: 500 } });
    expect(put(zoneBody()).status).toBe(200);
    expect(get('nzo2').status).toBe(200);
    expect(get().status).toBe(500);
    expect(simulator.faults()).toMatchObject([{ count: 2, remaining: 1, method: 'GET', zoneId: ZONE }]);
    expect(get().status).toBe(500);
    expect(get().status).toBe(200);
    expect(simulator.faults()).toEqual([]);
  });

  it('are used up in the order they were asked for, and can be called off', () => {
    const { simulator, get } = harness();
    simulator.addFault({ count: 1, fault: { status: 500 } });
    simulator.addFault({ count: 1, fault: { status: 503 } });
    simulator.addFault({ count: 1, fault: { status: 403 } });
    expect([get().status, get().status]).toEqual([500, 503]);
    simulator.clearFaults();
    expect(get().status).toBe(200);
  });

  it.each([
    [400, 'E0000001'],
    [401, 'E0000011'],
    [403, 'E0000006'],
    [404, 'E0000007'],
    [405, 'E0000022'],
    [429, 'E0000047'],
    [500, 'E0000009'],
    [503, 'E0000010'],
  ])('answer %i with the error %s, and nothing is written', (status, errorCode) => {
    const all = struck({ status });
    const { headers, ...answer } = all.put(zoneBody());
    expect(answer).toMatchObject({ status, json: { errorCode } });
    expect(headers['x-simulator-invented']).toBe(status === 400 ? 'true' : undefined);
    if (status === 429) expect(headers['x-rate-limit-remaining']).toBe('0');
    expect(written(all)).toBe(false);
  });

  it('answer a status without a known body with one marked as invented', () => {
    expect(struck({ status: 502 }).get()).toMatchObject({ status: 502, headers: { 'x-simulator-invented': 'true' } });
  });

  it('answer with a page without any header of Okta, or with nothing', () => {
    const page = struck({ status: 502, body: 'html' }).get();
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers).not.toHaveProperty('x-rate-limit-limit');
    expect(page.text).toMatch(/^<!DOCTYPE html>/);
    expect(struck({ status: 500, body: 'empty' }).get()).toMatchObject({ status: 500, text: '' });
  });

  it('can fail a write that took place', () => {
    const all = struck({ status: 503, apply: true });
    expect(all.put(zoneBody()).status).toBe(503);
    expect(written(all)).toBe(true);
  });

  it.each([
    ['hang', { hang: true }, false],
    ['hang', { hang: true, apply: true }, true],
    ['drop', { drop: 'before' }, false],
    ['drop', { drop: 'after' }, true],
  ] as const)('make a call %s (%j), the write applied: %s', (kind, fault, applied) => {
    const all = struck(fault);
    expect(all.outcome('PUT', PATH, { body: zoneBody() })).toEqual({ kind });
    expect(written(all)).toBe(applied);
    expect(all.simulator.requests()).toMatchObject([{ outcome: kind, status: null, applied }]);
  });

  it('make a call slow but right', () => {
    const all = struck({ delayMs: 1500 });
    expect(all.outcome('PUT', PATH, { body: zoneBody() })).toMatchObject({ status: 200, delayMs: 1500 });
    expect(written(all)).toBe(true);
  });

  it('can apply a slow write at the end of its delay, after a later one', () => {
    const { simulator, clock, put } = harness();
    simulator.addFault({ count: 1, fault: { delayMs: 9000, apply: 'end' } });
    const headers = { authorization: `SSWS ${TOKEN}`, 'content-type': 'application/json' };
    const body = JSON.stringify(zoneBody({ gateways: [{ type: 'CIDR', value: '198.51.100.1/32' }] }));
    const slow = simulator.begin({ method: 'PUT', path: PATH, headers, body });
    expect(slow.delayMs).toBe(9000);
    expect(simulator.requests()).toMatchObject([{ outcome: 'pending', applied: false }]);
    put(zoneBody());
    expect(values(simulator.zone(ZONE).gateways)).toEqual(['203.0.113.7/32']);
    clock.now += 9000;
    expect(slow.complete()).toMatchObject({ status: 200 });
    slow.end();
    expect(values(simulator.zone(ZONE).gateways)).toEqual(['198.51.100.1/32']);
  });

  it('do not let a call that was open over a reset into the new state', () => {
    const { simulator } = harness();
    simulator.addFault({ count: 1, fault: { delayMs: 9000, apply: 'end' } });
    const headers = { authorization: `SSWS ${TOKEN}`, 'content-type': 'application/json' };
    const slow = simulator.begin({ method: 'PUT', path: PATH, headers, body: JSON.stringify(zoneBody()) });
    simulator.reset();
    slow.complete();
    expect(values(simulator.zone(ZONE).gateways)).toEqual(['203.0.113.1/32', '198.51.100.0/24']);
    expect(simulator.requests()).toEqual([]);
  });

  it('cut a body in half', () => {
    const whole = harness().get().text;
    const outcome = struck({ truncate: true }).outcome('GET', PATH);
    expect(outcome).toMatchObject({ status: 200, body: whole.slice(0, Math.floor(whole.length / 2)) });
  });

  it('can be either 429', () => {
    const window = struck({ rateLimit: { resetInSeconds: 42 } }).put(zoneBody());
    expect(window).toMatchObject({ status: 429, json: { errorCode: 'E0000047' } });
    expect(window.headers).toMatchObject({
      'x-rate-limit-limit': '600',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(Math.floor(START / 1000) + 42),
    });
    expect(struck({ concurrency: true }).get()).toMatchObject({
      status: 429,
      headers: { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' },
    });
  });

  it('let an admin edit the zone right after a read, which the next PUT then undoes', () => {
    const { simulator, get, put } = harness();
    simulator.addFault({
      count: 1,
      method: 'GET',
      fault: { edit: { addGateways: ['203.0.113.99'], name: 'Renamed' } },
    });
    expect(get().text).not.toContain('203.0.113.99');
    expect(values(simulator.zone(ZONE).gateways)).toContain('203.0.113.99-203.0.113.99');
    put(zoneBody());
    expect(get().json).toMatchObject({ name: 'Staff', gateways: [{ value: '203.0.113.7/32' }] });
  });
});

describe('an admin', () => {
  it('adds, removes and replaces gateways, however they are written', () => {
    const { simulator } = harness();
    const edited = simulator.editZone(ZONE, {
      removeGateways: ['203.0.113.1', '198.51.100.0-198.51.100.255'],
      addGateways: ['203.0.113.50', '203.0.113.64/26', { type: 'RANGE', value: '1.1.1.1-1.1.1.3' }],
    });
    expect(edited.gateways).toEqual([
      { type: 'RANGE', value: '203.0.113.50-203.0.113.50' },
      { type: 'CIDR', value: '203.0.113.64/26' },
      { type: 'RANGE', value: '1.1.1.1-1.1.1.3' },
    ]);
    expect(simulator.editZone(ZONE, { gateways: ['203.0.113.2/32'] }).gateways).toHaveLength(1);
    expect(simulator.editZone(ZONE, { gateways: [] }).gateways).toBeNull();
  });

  it('changes name, status, usage and proxies, and leaves the rest', () => {
    const { simulator, get, clock } = harness();
    clock.now += 10_000;
    simulator.editZone(ZONE, { name: 'Renamed', status: 'INACTIVE', usage: 'BLOCKLIST', proxies: ['192.0.2.1/32'] });
    expect(get().json).toMatchObject({
      name: 'Renamed',
      status: 'INACTIVE',
      usage: 'BLOCKLIST',
      proxies: [{ type: 'CIDR', value: '192.0.2.1/32' }],
      gateways: [{ value: '203.0.113.1/32' }, { value: '198.51.100.0/24' }],
      lastUpdated: '2026-11-24T18:00:27.000Z',
    });
  });

  it('is told of a typing error at once', () => {
    const { simulator } = harness();
    expect(() => simulator.editZone(ZONE, { addGateways: ['203.0.113'] })).toThrow(RangeError);
    expect(() => simulator.addFault({ count: 1, fault: { edit: { addGateways: ['x'] } } })).toThrow(RangeError);
    expect(() => simulator.editZone('nzo2', {})).toThrow(UnknownZoneError);
  });

  it('removes a zone', () => {
    const { simulator, get } = harness();
    simulator.removeZone(ZONE);
    expect(get().status).toBe(404);
    expect(simulator.zones()).toEqual([]);
  });
});

describe('what is in effect', () => {
  it('lags a minute behind the configuration, one change after the other', () => {
    const { simulator, put, clock } = harness();
    const effective = () => values(simulator.zone(ZONE).effective?.gateways ?? null);
    const old = ['203.0.113.1/32', '198.51.100.0/24'];
    put(zoneBody());
    clock.now += 20_000;
    put(zoneBody({ gateways: [{ type: 'CIDR', value: '203.0.113.8/32' }] }));
    expect(values(simulator.zone(ZONE).gateways)).toEqual(['203.0.113.8/32']);
    expect(effective()).toEqual(old);
    clock.now = START + 59_999;
    expect(effective()).toEqual(old);
    clock.now = START + 60_000;
    expect(effective()).toEqual(['203.0.113.7/32']);
    clock.now = START + 80_000;
    expect(effective()).toEqual(['203.0.113.8/32']);
  });

  it('is nothing for a new zone, and the zone itself for a seeded one', () => {
    const { simulator, call, clock } = harness();
    expect(simulator.zone(ZONE).effective).toMatchObject({ status: 'ACTIVE', usage: 'POLICY' });
    const id = String(call('POST', '/api/v1/zones', { body: zoneBody({ name: 'New' }) }).json.id);
    expect(simulator.zone(id).effective).toBeNull();
    clock.now += 60_000;
    expect(values(simulator.zone(id).effective?.gateways ?? null)).toEqual(['203.0.113.7/32']);
  });

  it('shows for some seconds which gateways came and went', () => {
    const { simulator, put, clock } = harness();
    put(
      zoneBody({
        gateways: [
          { type: 'CIDR', value: '203.0.113.1/32' },
          { type: 'CIDR', value: '203.0.113.7/32' },
        ],
      }),
    );
    const { arrived, departed } = simulator.zone(ZONE);
    expect([Object.keys(arrived), Object.keys(departed)]).toEqual([['203.0.113.7/32'], ['198.51.100.0/24']]);
    clock.now += 10_000;
    expect(simulator.zone(ZONE)).toMatchObject({ arrived: {}, departed: {} });
  });
});

describe('the requests seen', () => {
  it('are numbered, and hold the parsed body but never the token', () => {
    const { simulator, get, put, call } = harness();
    get();
    put(zoneBody());
    call('PUT', PATH, { body: '{', token: 'another-token' });
    const requests = simulator.requests();
    expect(requests).toMatchObject([
      { n: 1, at: START, method: 'GET', path: PATH, zoneId: ZONE, status: 200, role: 'ORG_ADMIN', authorized: true },
      { n: 2, method: 'PUT', status: 200, applied: true, overlapping: false, body: zoneBody() },
      { n: 3, status: 401, role: null, authorized: false, applied: false },
    ]);
    expect(requests[2]).not.toHaveProperty('body');
    expect(JSON.stringify(simulator.state())).not.toMatch(/test-token|another-token/);
    expect(simulator.requests(2).map(({ n }) => n)).toEqual([3]);
    expect(simulator.requests(3)).toEqual([]);
  });

  it('tell which role was refused, and which fault struck', () => {
    const { simulator, call, get } = harness();
    simulator.setToken('reader', 'READ_ONLY_ADMIN');
    call('PUT', PATH, { token: 'reader', body: zoneBody() });
    simulator.addFault({ count: 1, fault: { status: 500 } });
    get();
    expect(simulator.requests()).toMatchObject([
      { status: 403, role: 'READ_ONLY_ADMIN', authorized: false, fault: null },
      { status: 500, fault: 'status 500' },
    ]);
  });

  it('tell which writes overlapped another write to the same zone', () => {
    const { simulator, put, get } = harness();
    simulator.seedZone('nzo2', { name: 'Second' });
    const headers = { authorization: `SSWS ${TOKEN}`, 'content-type': 'application/json' };
    const open = simulator.begin({ method: 'PUT', path: PATH, headers, body: JSON.stringify(zoneBody()) });
    put(zoneBody());
    get();
    put(zoneBody({ name: 'Second' }), 'nzo2');
    open.end();
    const reading = simulator.begin({ method: 'GET', path: PATH, headers, body: '' });
    put(zoneBody());
    reading.end();
    const overlapping = simulator.requests().filter((request) => request.overlapping);
    expect(overlapping.map(({ n }) => n)).toEqual([2]);
    expect(simulator.requests()).toHaveLength(6);
    expect(simulator.state().requests.map(({ n }) => n)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('are forgotten on demand, the numbers going on, and beyond the size of the journal', () => {
    const { simulator, get } = harness({ journalSize: 3 });
    get();
    simulator.clearRequests();
    expect(simulator.requests()).toEqual([]);
    for (let n = 0; n < 20; n += 1) get();
    const kept = simulator.requests().map(({ n }) => n);
    expect(kept.at(-1)).toBe(21);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThan(6);
    expect(simulator.requests(20).map(({ n }) => n)).toEqual([21]);
  });
});

it('comes out the same for the same requests, since it has no clock and no chance of its own', () => {
  const run = () => {
    const { simulator, get, put, call } = harness();
    put(zoneBody());
    call('POST', '/api/v1/zones', { body: zoneBody({ name: 'New' }) });
    return [get('missing'), simulator.state()];
  };
  expect(run()).toEqual(run());
});

it('goes back to the start on a reset', () => {
  const { simulator, put, get } = harness({ rateLimit: { limit: 10 } });
  const before = simulator.state();
  put(zoneBody());
  simulator.seedZone('nzo2');
  simulator.addFault({ count: 1, fault: { hang: true } });
  simulator.setRateLimit({ limit: 1, remaining: 0 });
  simulator.revokeToken(TOKEN);
  simulator.reset();
  expect(simulator.state()).toEqual(before);
  expect(get().status).toBe(200);
});
