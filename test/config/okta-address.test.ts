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
