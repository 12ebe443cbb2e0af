import { describe, expect, it } from 'vitest';
import { harness, hosts, START, ZONE, zoneBody } from './okta-simulator-harness.ts';

const iso = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString();

describe('reading a zone', () => {
  it('has the keys in the order of recorded answers, times in whole seconds, and its links', () => {
    const { get } = harness();
    const { status, headers, text } = get();
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    const self = `https://acme.okta.com/api/v1/zones/${ZONE}`;
    expect(text).toBe(
      JSON.stringify({
        type: 'IP',
        id: ZONE,
        name: 'Staff',
        status: 'ACTIVE',
        usage: 'POLICY',
        created: '2026-11-24T18:00:17.000Z',
        lastUpdated: '2026-11-24T18:00:17.000Z',
        system: false,
        gateways: [
          { type: 'CIDR', value: '203.0.113.1/32' },
          { type: 'CIDR', value: '198.51.100.0/24' },
        ],
        proxies: [{ type: 'CIDR', value: '192.0.2.9/32' }],
        _links: {
          self: { href: self, hints: { allow: ['GET', 'PUT', 'DELETE'] } },
          deactivate: { href: `${self}/lifecycle/deactivate`, hints: { allow: ['POST'] } },
        },
      }),
    );
  });

  it('lists all zones, and pages when asked to', () => {
    const { simulator, outcome } = harness();
    simulator.seedZone('nzo2', { name: 'Second' });
    simulator.seedZone('nzo3', {
      name: 'Third',
      type: 'DYNAMIC',
      details: { locations: [], proxyType: null, asns: ['1'] },
    });
    const list = (path: string) => {
      const answer = outcome('GET', path);
      if (answer.kind !== 'answer') throw new Error('no answer');
      const zones = JSON.parse(answer.body) as { id: string }[];
      return { ids: zones.map(({ id }) => id), link: answer.headers.link, last: zones.at(-1) };
    };
    const all = list('/api/v1/zones');
    expect(all.ids).toEqual([ZONE, 'nzo2', 'nzo3']);
    expect(Object.keys(all.last ?? {}).slice(8)).toEqual(['locations', 'proxyType', 'asns', '_links']);
    const first = list('/api/v1/zones?limit=2');
    expect(first.ids).toEqual([ZONE, 'nzo2']);
    expect(first.link).toContain('<https://acme.okta.com/api/v1/zones?after=nzo2&limit=2>; rel="next"');
    const second = list('/api/v1/zones?after=nzo2&limit=2');
    expect(second.ids).toEqual(['nzo3']);
    expect(second.link).not.toContain('next');
  });
});

describe('replacing a zone', () => {
  it('clears proxies that the body leaves out', () => {
    const { put, get } = harness();
    const { proxies: _, ...body } = zoneBody();
    expect(put(body).json).toMatchObject({ proxies: null });
    expect(get().json).toMatchObject({ proxies: null, gateways: [{ type: 'CIDR', value: '203.0.113.7/32' }] });
  });

  it('makes a range of a single IP, and leaves everything else as sent, in the order sent', () => {
    const { put, get } = harness();
    const gateways = [
      { type: 'RANGE', value: '198.51.100.9' },
      { type: 'CIDR', value: '1.2.3.4/32' },
      { type: 'CIDR', value: '1.2.3.4/24' },
      { type: 'RANGE', value: '1.1.1.1-1.1.1.9' },
    ];
    const stored = [{ type: 'RANGE', value: '198.51.100.9-198.51.100.9' }, ...gateways.slice(1)];
    const proxies = [{ type: 'RANGE', value: '192.0.2.2' }];
    expect(put(zoneBody({ gateways, proxies })).json).toMatchObject({ gateways: stored });
    expect(get().json).toMatchObject({
      gateways: stored,
      proxies: [{ type: 'RANGE', value: '192.0.2.2-192.0.2.2' }],
    });
  });

  it('answers with the lastUpdated of before, which the next read no longer shows', () => {
    const { put, get, clock } = harness();
    clock.now += 30_000;
    expect(put(zoneBody()).json).toMatchObject({ lastUpdated: iso(START), gateways: [{ value: '203.0.113.7/32' }] });
    expect(get().json).toMatchObject({ lastUpdated: iso(START + 30_000), created: iso(START) });
  });

  it('does not move lastUpdated when nothing changes', () => {
    const { put, get, clock } = harness();
    put(zoneBody());
    clock.now += 30_000;
    put(zoneBody());
    expect(get().json).toMatchObject({ lastUpdated: iso(START) });
  });

  it('honours the status and the usage', () => {
    const { put, get } = harness();
    put(zoneBody({ status: 'INACTIVE', usage: 'BLOCKLIST' }));
    expect(get().json).toMatchObject({ status: 'INACTIVE', usage: 'BLOCKLIST' });
    // In this order in recorded traffic.
    expect(Object.keys(Object(get().json._links))).toEqual(['activate', 'self']);
    put(zoneBody());
    expect(get().json).toMatchObject({ status: 'ACTIVE', usage: 'POLICY' });
  });

  it('accepts its own answer as a body, read-only fields included, and ignores them', () => {
    const { put, get } = harness();
    const before = get().json;
    const body = { ...before, id: 'other', system: true, created: '2001-01-01T00:00:00.000Z', unknown: 1 };
    expect(put(body).status).toBe(200);
    expect(get().json).toEqual(before);
  });

  it.each([
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a name of 129 characters', { name: 'n'.repeat(129) }, 'name'],
    ['the name of another zone', { name: 'Taken' }, 'name'],
    ['no type', { type: undefined }, 'type'],
    ['an unknown type', { type: 'ip' }, 'type'],
    ['another type', { type: 'DYNAMIC', asns: ['1'] }, 'type'],
    ['an unknown status', { status: 'active' }, 'status'],
    ['an unknown usage', { usage: 'ALLOW' }, 'usage'],
    ['empty gateways and no proxies', { gateways: [], proxies: null }, 'gateways'],
    ['neither gateways nor proxies', { gateways: undefined, proxies: [] }, 'gateways'],
    ['gateways that are no list', { gateways: '203.0.113.7' }, 'gateways'],
    ['a gateway without a type', { gateways: [{ value: '203.0.113.7/32' }] }, 'gateways'],
    ['a gateway without a value', { gateways: [{ type: 'CIDR' }] }, 'gateways'],
    ['a gateway that is a string', { gateways: ['203.0.113.7/32'] }, 'gateways'],
    ['a CIDR without a prefix', { gateways: [{ type: 'CIDR', value: '203.0.113.7' }] }, 'gateways'],
    ['a CIDR of 33 bits', { gateways: [{ type: 'CIDR', value: '203.0.113.7/33' }] }, 'gateways'],
    ['a CIDR of a bad IP', { gateways: [{ type: 'CIDR', value: '203.0.113.256/32' }] }, 'gateways'],
    ['a range that runs backwards', { gateways: [{ type: 'RANGE', value: '1.2.3.9-1.2.3.1' }] }, 'gateways'],
    ['a range of three', { gateways: [{ type: 'RANGE', value: '1.2.3.1-1.2.3.2-1.2.3.3' }] }, 'gateways'],
    ['a bad proxy', { proxies: [{ type: 'RANGE', value: '1.2.3' }] }, 'proxies'],
  ])('refuses %s, with a text marked as invented, and changes nothing', (_, changes, field) => {
    const { simulator, put, get } = harness();
    simulator.seedZone('nzo2', { name: 'Taken' });
    const before = get().text;
    const { status, json, headers } = put(zoneBody(changes));
    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'E0000001', errorSummary: `Api validation failed: ${field}` });
    expect(json.errorCauses).toEqual([{ errorSummary: expect.stringMatching(`^${field}: `) }]);
    expect(headers['x-simulator-invented']).toBe('true');
    expect(get().text).toBe(before);
  });

  it('refuses a bad IP in a range with the text known from Okta', () => {
    const { put } = harness();
    const { status, json, headers } = put(zoneBody({ gateways: [{ type: 'RANGE', value: '1.2.3.4.5-1.2.3.6' }] }));
    expect(status).toBe(400);
    expect(json.errorCauses).toEqual([
      {
        errorSummary:
          'gateways: The IP: 1.2.3.4.5 in the RANGE: 1.2.3.4.5-1.2.3.6 is invalid. Make sure it is a valid IPV4.',
      },
    ]);
    expect(headers).not.toHaveProperty('x-simulator-invented');
  });

  it('takes a name of 128 characters, and gateways where there are proxies only', () => {
    const { put } = harness();
    const proxies = [{ type: 'CIDR', value: '192.0.2.0/24' }];
    expect(put(zoneBody({ name: 'n'.repeat(128), gateways: [], proxies })).json).toMatchObject({ gateways: null });
  });

  it.each([
    ['IPv6', [{ type: 'CIDR', value: '2001:db8::1/128' }]],
    ['an IPv6 range', [{ type: 'RANGE', value: '2001:db8::1-2001:db8::9' }]],
  ])('takes %s in a preview org only', (_, gateways) => {
    expect(harness().put(zoneBody({ gateways })).status).toBe(400);
    expect(harness({ allowIpv6: true }).put(zoneBody({ gateways })).json).toMatchObject({ gateways });
  });

  it.each([
    ['an admin zone', 'gateways', 150, {}, {}],
    ['an admin zone', 'proxies', 150, {}, {}],
    ['a blocklist zone', 'gateways', 1000, {}, { usage: 'BLOCKLIST' }],
    ['a system zone', 'gateways', 5000, { system: true }, {}],
  ] as const)('holds in %s at most so many %s: %i', (_, field, limit, seed, changes) => {
    const { simulator, put } = harness();
    simulator.seedZone(ZONE, { name: 'Staff', ...seed });
    expect(put(zoneBody({ ...changes, [field]: hosts(limit) })).status).toBe(200);
    const refused = put(zoneBody({ ...changes, [field]: hosts(limit + 1) }));
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ errorSummary: `Api validation failed: ${field}` });
    expect(simulator.zone(ZONE)[field]).toHaveLength(limit);
  });

  it('may empty a system zone', () => {
    const { simulator, put } = harness();
    simulator.seedZone(ZONE, { name: 'BlockedIpZone', system: true, usage: 'BLOCKLIST', gateways: ['203.0.113.1'] });
    const body = zoneBody({ name: 'BlockedIpZone', usage: 'BLOCKLIST', gateways: [] });
    expect(put(body).json).toMatchObject({ gateways: null, proxies: null, system: true });
  });
});

describe('the exempt zone', () => {
  const exempt = () => {
    const all = harness();
    all.simulator.seedZone(ZONE, { name: 'DefaultExemptIpZone', system: true });
    return all;
  };
  const body = (changes: Record<string, unknown> = {}) => zoneBody({ name: 'DefaultExemptIpZone', ...changes });

  it('wants its flag in every PUT, and says so in the known text', () => {
    const { json, status, headers } = exempt().put(body());
    expect(status).toBe(400);
    expect(json).toMatchObject({
      errorCode: 'E0000001',
      errorSummary: 'Api validation failed: useAsExemptList',
      errorCauses: [
        { errorSummary: 'useAsExemptList: The network zone does not allow usage changes for DefaultExemptIpZone.' },
      ],
    });
    expect(headers).not.toHaveProperty('x-simulator-invented');
  });

  it('shows its flags in the answer to a PUT, and not when read', () => {
    const { put, get } = exempt();
    const keys = Object.keys(put(body({ useAsExemptList: true })).json);
    expect(keys.slice(7, 11)).toEqual(['system', 'useAsBlackList', 'useAsExemptList', 'gateways']);
    expect(get().json).not.toHaveProperty('useAsExemptList');
  });

  it('takes no proxies, no other status, and is not deleted', () => {
    const { put, call } = exempt();
    const proxies = [{ type: 'CIDR', value: '192.0.2.0/24' }];
    expect(put(body({ useAsExemptList: true, proxies })).status).toBe(400);
    expect(put(body({ useAsExemptList: true, status: 'INACTIVE' })).status).toBe(400);
    expect(call('POST', `/api/v1/zones/${ZONE}/lifecycle/deactivate`).status).toBe(400);
    expect(call('DELETE', `/api/v1/zones/${ZONE}`).status).toBe(400);
  });
});

describe('making, switching and deleting zones', () => {
  it('creates a zone with 200, active whatever the body says', () => {
    const { call, get } = harness();
    const { status, json } = call('POST', '/api/v1/zones', { body: zoneBody({ name: 'New', status: 'INACTIVE' }) });
    expect(status).toBe(200);
    expect(json).toMatchObject({ name: 'New', status: 'ACTIVE', system: false });
    expect(json.id).toMatch(/^nzo\w{17}$/);
    expect(get(String(json.id)).json).toEqual(json);
  });

  it('refuses a name that is taken, and an empty zone', () => {
    const { call } = harness();
    expect(call('POST', '/api/v1/zones', { body: zoneBody() }).json).toMatchObject({
      errorSummary: 'Api validation failed: name',
    });
    expect(call('POST', '/api/v1/zones', { body: zoneBody({ name: 'New', gateways: null }) }).status).toBe(400);
  });

  it('holds at most 100 zones', () => {
    const { call, simulator } = harness();
    for (let n = 1; n < 100; n += 1) simulator.seedZone(`nzo${n}`);
    expect(call('POST', '/api/v1/zones', { body: zoneBody({ name: 'New' }) }).status).toBe(400);
  });

  it('switches a zone off and on', () => {
    const { call, get } = harness();
    const off = call('POST', `/api/v1/zones/${ZONE}/lifecycle/deactivate`);
    expect(off).toMatchObject({ status: 200, json: { status: 'INACTIVE' } });
    expect(get().json).toMatchObject({ status: 'INACTIVE' });
    const on = call('POST', `/api/v1/zones/${ZONE}/lifecycle/activate`);
    expect(on).toMatchObject({ status: 200, json: { status: 'ACTIVE' } });
  });

  it('counts switching on what is on as an update, though nothing changes', () => {
    const { call, get, clock } = harness();
    clock.now += 30_000;
    call('POST', `/api/v1/zones/${ZONE}/lifecycle/activate`);
    expect(get().json).toMatchObject({ status: 'ACTIVE', lastUpdated: iso(START + 30_000) });
  });

  it('deletes a zone once it is inactive', () => {
    const { call, get } = harness();
    expect(call('DELETE', `/api/v1/zones/${ZONE}`).status).toBe(400);
    call('POST', `/api/v1/zones/${ZONE}/lifecycle/deactivate`);
    expect(call('DELETE', `/api/v1/zones/${ZONE}`)).toMatchObject({ status: 204, text: '' });
    expect(get().status).toBe(404);
  });

  it('makes and replaces dynamic zones, which have no addresses', () => {
    const { call } = harness();
    const body = { type: 'DYNAMIC', name: 'Countries', asns: ['23457'] };
    const { json } = call('POST', '/api/v1/zones', { body });
    expect(json).toMatchObject({ type: 'DYNAMIC', asns: ['23457'], locations: null, proxyType: null });
    expect(json).not.toHaveProperty('gateways');
    const empty = call('PUT', `/api/v1/zones/${String(json.id)}`, { body: { type: 'DYNAMIC', name: 'Countries' } });
    expect(empty.status).toBe(400);
  });
});
