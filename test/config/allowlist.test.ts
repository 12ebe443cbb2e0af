import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../config/load.ts';

const withList = (allowlist: unknown, acl = {}) => ({
  okta: { domain: 'acme.okta.com' },
  acls: { a: { zoneIds: ['nzo1'], ...acl, allowlist } },
});
function problemsOf(json: unknown): readonly { readonly path: string; readonly message: string }[] {
  try {
    parseConfig(json);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the allowlist of an ACL', () => {
  it('is none unless it is there', () => {
    const { acls } = parseConfig({ okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['nzo1'] } } });
    expect(acls.a).not.toHaveProperty('allowlist');
  });

  it.each([
    [{}, { pollSeconds: 15, endsGrants: true }],
    [{ pollSeconds: 5 }, { pollSeconds: 5, endsGrants: true }],
    [
      { pollSeconds: 300, endsGrants: false },
      { pollSeconds: 300, endsGrants: false },
    ],
  ])('%j is filled in', (given, complete) => {
    expect(parseConfig(withList(given)).acls.a?.allowlist).toEqual(complete);
  });

  it.each([
    ['acls.a.allowlist.pollSeconds', { pollSeconds: 4 }],
    ['acls.a.allowlist.pollSeconds', { pollSeconds: 301 }],
    ['acls.a.allowlist.pollSeconds', { pollSeconds: 7.5 }],
    ['acls.a.allowlist.pollSeconds', { pollSeconds: '15' }],
    ['acls.a.allowlist.endsGrants', { endsGrants: 'yes' }],
    ['acls.a.allowlist.url', { url: 'https://knocknoc.example' }],
    ['acls.a.allowlist', true],
    ['acls.a.allowlist', []],
    ['acls.a.allowlist', null],
  ])('says at %s what is wrong with %j', (path, given) => {
    expect(problemsOf(withList(given)).map((problem) => problem.path)).toContain(path);
  });

  it('is read at least once in half of the usual life of a grant, since it is renewed in the other', () => {
    const short = { defaultGrantMinutes: 1 };
    expect(problemsOf(withList({ pollSeconds: 30 }, short))).toEqual([]);
    expect(problemsOf(withList({ pollSeconds: 31 }, short))).toMatchObject([
      { path: 'acls.a.allowlist.pollSeconds', message: expect.stringContaining('write 30 or less') },
    ]);
    expect(problemsOf(withList({ pollSeconds: 31 }, { maxGrantMinutes: 1 }))).toHaveLength(1);
  });
});
