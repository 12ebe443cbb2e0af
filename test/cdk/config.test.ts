import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../cdk/config.ts';
import { aclConfig } from '../../lib/config.ts';

const ACL = { zoneIds: ['nzo1abcdefGHIJKLM0h7'] };
const MINIMAL = { okta: { domain: 'acme.okta.com' }, acls: { 'okta-prod': ACL } };

/** The problems of a configuration as `path: message` lines. */
function problems(json: unknown): string[] {
  try {
    parseConfig(json);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const withAcl = (changes: object) => ({ ...MINIMAL, acls: { 'okta-prod': { ...ACL, ...changes } } });
const withOkta = (okta: object) => ({ ...MINIMAL, okta });

describe('a good configuration', () => {
  it('gets every default', () => {
    expect(parseConfig(MINIMAL)).toEqual({
      stackName: 'KnocknocOkta',
      okta: { domain: 'acme.okta.com', baseUrl: 'https://acme.okta.com' },
      acls: {
        'okta-prod': {
          zoneIds: ['nzo1abcdefGHIJKLM0h7'],
          alwaysAllow: [],
          defaultGrantMinutes: 480,
          maxGrantMinutes: 1440,
        },
      },
      sentinel: '192.0.2.0/32',
      allowPrivate: false,
      allowIpv6: false,
      gatewayLimit: 150,
      verifyMinutes: 5,
      reservedConcurrency: true,
      retainData: true,
    });
  });

  it('keeps what is set', () => {
    const all = {
      stackName: 'Other-Name1',
      okta: { domain: 'acme.okta.com', baseUrl: 'http://127.0.0.1:8443' },
      acls: {
        a: { zoneIds: ['z1', 'z2'], alwaysAllow: ['10.0.0.0/8'], defaultGrantMinutes: 1, maxGrantMinutes: 43_200 },
        'b.c_d-E': {
          zoneIds: ['z3'],
          alwaysAllow: ['198.51.100.7-198.51.100.9', '203.0.113.7'],
          defaultGrantMinutes: 5,
          maxGrantMinutes: 5,
        },
      },
      sentinel: '2001:db8::/128',
      allowPrivate: true,
      allowIpv6: true,
      gatewayLimit: 5000,
      verifyMinutes: 1440,
      reservedConcurrency: false,
      alarmEmail: 'ops@example.com',
      retainData: false,
    };
    expect(parseConfig(all)).toEqual(all);
  });

  it('has no default lifetime over a shorter maximum, since every grant is capped by it', () => {
    expect(parseConfig(withAcl({ maxGrantMinutes: 60 })).acls['okta-prod']?.defaultGrantMinutes).toBe(60);
  });

  it('may call an ACL after something that every object inherits', () => {
    const config = parseConfig({ ...MINIMAL, acls: { constructor: ACL, toString: { zoneIds: ['z2'] } } });
    expect(aclConfig(config, 'constructor')?.zoneIds).toEqual(ACL.zoneIds);
    expect(aclConfig(config, 'toString')?.zoneIds).toEqual(['z2']);
    expect(aclConfig(config, 'valueOf')).toBeUndefined();
  });

  it.each([
    ['https://acme.okta.com', 'https://acme.okta.com'],
    ['https://proxy.example.com:8443/', 'https://proxy.example.com:8443'],
    ['http://127.8.9.10:8080', 'http://127.8.9.10:8080'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('takes the base URL %s', (baseUrl, origin) => {
    expect(parseConfig(withOkta({ domain: 'acme.okta.com', baseUrl })).okta.baseUrl).toBe(origin);
  });
});

describe('a bad configuration', () => {
  it('reports everything at once, each with its path', () => {
    const json = {
      stackName: '1st',
      okta: { domain: 'https://acme-admin.okta.com/', tenant: 'acme' },
      acls: {
        'okta-prod': { zoneIds: ['nzo1', 'not a zone'], alwaysAllow: ['198.51.100.300'], maxGrantMinutes: 0.5 },
        'okta test': { zoneIds: ['nzo1'] },
        empty: { zoneIds: [], defaultGrantMinutes: 2000 },
        none: {},
      },
      verifyMinutes: '5',
      retain: true,
    };
    expect(problems(json).map((line) => line.split(': ')[0])).toEqual([
      'stackName',
      'okta.domain',
      'verifyMinutes',
      'acls.okta-prod.zoneIds[1]',
      'acls.okta-prod.maxGrantMinutes',
      'acls.empty.zoneIds',
      'acls.none.zoneIds',
      'retain',
      'okta.tenant',
      'acls.okta-prod.alwaysAllow[0]',
      'acls["okta test"]',
      'acls.empty.defaultGrantMinutes',
      'acls["okta test"].zoneIds[0]',
    ]);
    expect(() => parseConfig(json, 'config.json')).toThrow(
      /^config\.json cannot be used \(13 problems\):\n {2}stackName: /,
    );
  });

  it('says what to write for what is missing', () => {
    expect(problems({})).toEqual([
      'okta: missing; write "okta": { "domain": "acme.okta.com" }',
      'acls: missing; write "acls": { "okta-prod": { "zoneIds": ["nzo1abcdefGHIJKLM0h7"] } }',
    ]);
    expect(problems({ okta: {}, acls: { a: {} } })).toEqual([
      'okta.domain: missing; write "domain": "acme.okta.com" (the hostname of your org)',
      'acls.a.zoneIds: missing; write "zoneIds": ["nzo1abcdefGHIJKLM0h7"]',
    ]);
    expect(problems({ ...MINIMAL, acls: {} })).toEqual([expect.stringMatching(/^acls: must hold at least one ACL/)]);
  });

  it.each([[[]], ['text'], [null], [7]])('refuses %j instead of an object', (json) => {
    expect(problems(json)).toEqual([': must be a JSON object: { … }']);
  });

  it('reports every unknown key', () => {
    const json = JSON.parse(
      '{"okta":{"domain":"a.example","x":1,"y":2},"acls":{"a":{"zoneIds":["z"],"w":1}},"constructor":1,"__proto__":{}}',
    );
    expect(
      problems(json)
        .map((line) => line.split(':')[0])
        .toSorted(),
    ).toEqual(['__proto__', 'acls.a.w', 'constructor', 'okta.x', 'okta.y']);
    expect(problems({ ...MINIMAL, okta: { domain: 'a.example', url: 'x' } })).toEqual([
      'okta.url: unknown key; remove it, or write one of domain, baseUrl',
    ]);
  });

  it.each([
    ['stackName', 'x'.repeat(129)],
    ['stackName', 'with_underscore'],
    ['allowPrivate', 'yes'],
    ['allowIpv6', 1],
    ['reservedConcurrency', null],
    ['retainData', 'false'],
    ['gatewayLimit', 0],
    ['gatewayLimit', 5001],
    ['gatewayLimit', 1.5],
    ['verifyMinutes', 0],
    ['verifyMinutes', 1441],
    ['alarmEmail', 'ops'],
    ['alarmEmail', ''],
    ['sentinel', 'nobody'],
    ['sentinel', '192.0.2.1'],
    ['sentinel', '192.0.2.1-192.0.2.2'],
    ['sentinel', '192.0.2.1/24'],
    ['sentinel', '2001:db8::/128'],
    ['sentinel', '0.0.0.0/0'],
    ['okta', 'acme.okta.com'],
    ['acls', ['okta-prod']],
  ])('refuses %s: %j', (key, value) => {
    const found = problems({ ...MINIMAL, [key]: value });
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${key}: .{10,}`))]);
  });

  it.each([
    ['defaultGrantMinutes', 0],
    ['defaultGrantMinutes', -5],
    ['defaultGrantMinutes', 0.5],
    ['defaultGrantMinutes', '480'],
    ['defaultGrantMinutes', 1441],
    ['maxGrantMinutes', 0],
    ['maxGrantMinutes', 43_201],
    ['zoneIds', 'nzo1'],
    ['zoneIds', []],
    ['alwaysAllow', '10.0.0.0/8'],
  ])('refuses an ACL with %s: %j', (key, value) => {
    expect(problems(withAcl({ [key]: value }))).toEqual([
      expect.stringMatching(new RegExp(`^acls\\.okta-prod\\.${key}: .{10,}`)),
    ]);
  });

  it.each(['', 'with space', 'a/b', 'ä', 'x'.repeat(65), '__proto__'])('refuses the ACL name %j', (name) => {
    const json: unknown = JSON.parse(
      `{"okta":{"domain":"acme.okta.com"},"acls":{${JSON.stringify(name)}:{"zoneIds":["z"]}}}`,
    );
    expect(problems(json)).toEqual([expect.stringContaining('not a usable ACL name')]);
  });

  it('accepts exactly the ACL names of the pattern', () => {
    const pattern = /^[A-Za-z0-9_.-]{1,64}$/;
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(pattern)), (name) => {
        fc.pre(name !== '__proto__');
        return (problems({ ...MINIMAL, acls: { [name]: ACL } }).length === 0) === pattern.test(name);
      }),
    );
  });

  it('never throws anything but a list of problems', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (a, b, key) => {
        for (const json of [
          a,
          { okta: a, acls: b, [key]: a },
          withOkta({ domain: a, baseUrl: b }),
          withAcl({ zoneIds: a, alwaysAllow: b }),
        ]) {
          problems(json);
        }
      }),
    );
  });
});

describe('zones', () => {
  it('belong to one ACL', () => {
    const acls = { a: { zoneIds: ['z1', 'z2'] }, b: { zoneIds: ['z3', 'z1'] } };
    expect(problems({ ...MINIMAL, acls })).toEqual([
      expect.stringMatching(/^acls\.b\.zoneIds\[1\]: zone z1 belongs to the ACL "a"/),
    ]);
  });

  it('are listed once', () => {
    expect(problems(withAcl({ zoneIds: ['z1', 'z1'] }))).toEqual([
      'acls.okta-prod.zoneIds[1]: zone z1 is listed twice; write it once',
    ]);
  });
});

describe('the org of Okta', () => {
  it.each([
    ['https://acme.okta.com', 'a scheme'],
    ['acme.okta.com/', 'a trailing slash'],
    ['acme.okta.com/admin/dashboard', 'a path'],
    ['acme.okta.com?x=1', 'a path'],
    ['acme.okta.com:443', 'a port'],
    ['acme-admin.okta.com', '-admin'],
    ['ACME-Admin.okta.com', '-admin'],
    ['https://acme-admin.okta.com:443/admin/', '-admin'],
    [' acme.okta.com', 'white space'],
    ['me@acme.okta.com', 'a user name'],
    ['acme', 'not a hostname'],
  ])('refuses the domain %j and says what to write', (domain, why) => {
    const found = problems(withOkta({ domain }));
    expect(found).toEqual([expect.stringMatching(/^okta\.domain: .*"acme\.okta\.com"$/)]);
    expect(found[0]).toContain(why);
  });

  it.each([
    '',
    '.',
    'acme..com',
    '-acme.okta.com',
    'acme.okta.com.',
    'ac me.okta.com',
    '*.okta.com',
    `${'a'.repeat(64)}.com`,
  ])('refuses the domain %j, which is no hostname', (domain) => {
    expect(problems(withOkta({ domain }))).toEqual([expect.stringMatching(/^okta\.domain: .*not a hostname/)]);
  });

  it.each([
    'acme.okta.com',
    'acme.oktapreview.com',
    'login.acme.example',
    'admin.okta.com',
    'acme-administration.okta.com',
  ])('takes the domain %s', (domain) => {
    expect(problems(withOkta({ domain }))).toEqual([]);
  });

  it.each([
    ['http://acme.okta.com', '"https://acme.okta.com"'],
    ['http://127.0.0.1.example.com', '"https://127.0.0.1.example.com"'],
    ['http://128.0.0.1:80', '"https://128.0.0.1"'],
    ['http://[::2]', '"https://[::2]"'],
    ['https://acme.okta.com/api', '"https://acme.okta.com"'],
    ['https://acme.okta.com?x', '"https://acme.okta.com"'],
    ['https://acme.okta.com#x', '"https://acme.okta.com"'],
    ['https://me:secret@acme.okta.com', '"https://acme.okta.com"'],
    ['acme.okta.com', '"https://acme.okta.com"'],
    ['ftp://acme.okta.com', '"https://acme.okta.com"'],
    ['https:acme.okta.com', '"https://acme.okta.com"'],
  ])('refuses the base URL %s and says what to write', (baseUrl, instead) => {
    const found = problems(withOkta({ domain: 'acme.okta.com', baseUrl }));
    expect(found).toEqual([expect.stringMatching(/^okta\.baseUrl: /)]);
    expect(found[0]).toContain(instead);
  });
});
