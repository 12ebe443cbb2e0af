import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { ACL, MINIMAL, problems, withAcl, withOkta } from './problems.ts';

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
      'okta.url: unknown key; remove it, or write one of domain, baseUrl, checkPolicies, clientKey, clientKeyNames',
    ]);
  });

  it.each([
    ['stackName', 'x'.repeat(30)],
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
    ['logRetentionDays', 0],
    ['logRetentionDays', 31],
    ['logRetentionDays', '30'],
    ['logRetentionDays', null],
    ['alarmOnChangesPerHour', 0],
    ['alarmOnChangesPerHour', 0.5],
    ['alarmOnChangesPerHour', '100'],
    ['alarmEmail', 'ops'],
    ['alarmEmail', ''],
    ['sentinel', 'nobody'],
    ['sentinel', '192.0.2.1'],
    ['sentinel', '192.0.2.1-192.0.2.2'],
    ['sentinel', '192.0.2.1/24'],
    ['sentinel', '2001:db8::/128'],
    ['sentinel', '0.0.0.0/0'],
    ['sentinel', '0.0.0.0/2'],
    ['sentinel', '8.8.8.8/32'],
    ['sentinel', '10.0.0.1/32'],
    ['sentinel', '192.0.2.0/24'],
    ['sentinel', '192.0.3.0/32'],
    ['sentinel', '::ffff:8.8.8.8/128'],
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
    ['alwaysAllow', '10.0.0.0/16'],
    ['allowWide', 'yes'],
    ['replaceExisting', 1],
  ])('refuses an ACL with %s: %j', (key, value) => {
    expect(problems(withAcl({ [key]: value }))).toEqual([
      expect.stringMatching(new RegExp(`^acls\\.okta-prod\\.${key}: .{10,}`)),
    ]);
  });

  it.each(['192.0.2.255/32', '198.51.100.1/32', '203.0.113.0/32'])('takes the sentinel %s', (sentinel) => {
    expect(problems({ ...MINIMAL, sentinel })).toEqual([]);
  });

  it.each(['2001:db8::/128', '2001:db8:ffff::1/128'])('takes the sentinel %s where IPv6 is enabled', (sentinel) => {
    expect(problems({ ...MINIMAL, allowIpv6: true, sentinel })).toEqual([]);
    expect(problems({ ...MINIMAL, allowIpv6: true, sentinel: '2001:db9::/128' })).toHaveLength(1);
  });

  it.each(['', 'with space', 'a/b', 'ä', 'x'.repeat(65), '__proto__', '.', '..'])('refuses the ACL name %j', (name) => {
    const json: unknown = JSON.parse(
      `{"okta":{"domain":"acme.okta.com"},"acls":{${JSON.stringify(name)}:{"zoneIds":["z"]}}}`,
    );
    expect(problems(json)).toEqual([expect.stringContaining('not a usable ACL name')]);
  });

  it('accepts exactly the ACL names of the pattern', () => {
    const pattern = /^[A-Za-z0-9_.-]{1,64}$/;
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(pattern)), (name) => {
        fc.pre(!['__proto__', '.', '..'].includes(name));
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
