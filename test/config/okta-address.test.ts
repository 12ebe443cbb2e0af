import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { problems, withOkta } from './problems.ts';

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
    '10.20.30.400',
    '10.0.0.1',
    'acme.123',
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

  it.each(['your-org.okta.com', 'YOUR-ORG.okta.com', 'https://your-org.okta.com/'])(
    'refuses what the example configuration has: %s',
    (domain) => {
      expect(problems(withOkta({ domain }))).toEqual([
        'okta.domain: "your-org.okta.com" is a placeholder; write the hostname of your org',
      ]);
    },
  );

  it.each(['your-org.oktapreview.com', 'my-your-org.okta.com', 'your-orgs.okta.com'])(
    'takes what only resembles the example: %s',
    (domain) => {
      expect(problems(withOkta({ domain }))).toEqual([]);
    },
  );

  it.each([
    'http://acme.okta.com',
    'https://acme.okta.com',
    'https://proxy.example.com:8443/',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://128.0.0.1:80',
    'http://[::2]',
    'http://0.0.0.0',
    'https://me:secret@acme.okta.com',
  ])('refuses a base URL that is not this machine, and says that it can be left out: %s', (baseUrl) => {
    const found = problems(withOkta({ domain: 'acme.okta.com', baseUrl }));
    expect(found).toEqual([expect.stringMatching(/^okta\.baseUrl: .*not this machine; leave it out/)]);
    expect(found[0]).not.toContain('secret');
  });

  it.each([
    ['http://127.0.0.1:8080/api', '"http://127.0.0.1:8080"'],
    ['http://localhost?x', '"http://localhost"'],
    ['http://localhost#x', '"http://localhost"'],
    ['http://me:secret@localhost', '"http://localhost"'],
    ['localhost:8080', '"http://127.0.0.1:8443"'],
    ['ftp://localhost', '"http://127.0.0.1:8443"'],
    ['http:localhost', '"http://127.0.0.1:8443"'],
  ])('refuses the base URL %s and says what to write', (baseUrl, instead) => {
    const found = problems(withOkta({ domain: 'acme.okta.com', baseUrl }));
    expect(found).toEqual([expect.stringMatching(/^okta\.baseUrl: /)]);
    expect(found[0]).toContain(instead);
  });

  it.each([
    ['http://127.8.9.10:8080', 'http://127.8.9.10:8080'],
    ['https://127.0.0.1:8443/', 'https://127.0.0.1:8443'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('takes the base URL %s', (baseUrl, origin) => {
    expect(parseConfig(withOkta({ domain: 'acme.okta.com', baseUrl })).okta.baseUrl).toBe(origin);
  });
});
