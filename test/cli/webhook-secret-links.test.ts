import { describe, expect, it } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { secretLinks } from '../../cli/doctor/webhook-secret-links.ts';
import { configOf, NOW } from '../helpers/events.ts';

const key = (letter: string) => Buffer.alloc(33, letter).toString('base64');
const TOKEN = 'bearer-of-lab_0123456789';
const DAY = 86_400_000;
const config = configOf({ acls: { prod: { zoneIds: ['nzo1'] }, lab: { zoneIds: ['nzo2'], allowBearer: true } } });
const bearer = { current: TOKEN };

function found(held: unknown, before?: unknown, days = 0): Finding[] {
  const version = (id: string, value: unknown, createdAt: number) =>
    value === undefined
      ? undefined
      : { id, text: typeof value === 'string' ? value : JSON.stringify(value), createdAt };
  const changed = NOW - days * DAY;
  return secretLinks(version('2', held, changed), version('1', before, changed - 5 * DAY), config, NOW);
}
const bad = (...args: Parameters<typeof found>) =>
  found(...args)
    .filter(({ level }) => level !== 'ok')
    .map(({ link, level, detail, mend = '' }) => `${level}: ${link}: ${detail} → ${mend}`);

describe('the webhook secret, as doctor sees it', () => {
  it('is in order where each ACL has what it takes', () => {
    expect(found({ current: key('a'), acls: { lab: { bearer } } })).toEqual([
      { link: 'webhook secret', level: 'ok', detail: 'one key in use' },
    ]);
    const own = { current: key('a'), previous: key('b'), acls: { lab: { current: key('c'), bearer } } };
    expect(found(own)).toEqual([
      expect.objectContaining({
        level: 'ok',
        detail: 'one key in use, and the previous one is still valid; with keys of their own: lab',
      }),
    ]);
  });

  it.each([undefined, 'not json', {}, { current: 'short' }])('holds no key in %j', (held) => {
    expect(bad(held)[0]).toMatch(/^failure: webhook secret: it holds no usable key.*rotate-webhook-secret/);
  });

  it('can be such that only a person can correct it', () => {
    expect(bad({ current: key('a'), acls: [] })[0]).toMatch(/^failure: .*by hand/);
  });

  it('can lack a key for one ACL', () => {
    const held = { current: key('a'), acls: { prod: { curent: key('b') }, lab: { bearer } } };
    expect(bad(held)).toEqual([
      expect.stringMatching(/^failure: webhook secret \(prod\): no key speaks.*--acl prod/),
      expect.stringMatching(/^warning: webhook secret \(prod\): it has the unknown name "curent"/),
    ]);
    const { code } = found(held).find(({ level }) => level === 'failure') ?? {};
    expect(code).toBe('HOOK001');
    expect(bad({ acls: { lab: { current: key('a'), bearer } } })[0]).toMatch(/^failure: webhook secret \(prod\)/);
  });

  it('can hold tokens that are not taken, or none where they are', () => {
    const held = { current: key('a'), acls: { prod: { bearer } } };
    expect(bad(held)).toEqual([
      expect.stringMatching(
        /^warning: webhook secret \(prod\): .*allowBearer is off.*bearer-token --acl prod --remove/,
      ),
      expect.stringMatching(/^warning: webhook secret \(lab\): .*there is none.*bearer-token --acl lab/),
    ]);
  });

  it('can hold the same key for two', () => {
    const [lab, prod] = [{ current: key('b'), bearer }, { current: key('b') }];
    expect(bad({ current: key('a'), acls: { lab, prod } }).join()).toMatch(
      /prod\).*also that of lab.*lab\).*that of prod/,
    );
    expect(bad({ current: key('b'), acls: { lab } })).toEqual([expect.stringMatching(/lab\).*also that of all/)]);
    // That is how an ACL's first key is made.
    expect(bad({ current: key('a'), acls: { lab: { current: key('b'), previous: key('a'), bearer } } })).toEqual([]);
  });

  it('can hold something for an ACL that is not configured', () => {
    const held = { current: key('a'), acls: { lab: { bearer }, gone: { current: key('b') }, old: 5, empty: {} } };
    const said = bad(held);
    expect(said).toContainEqual(expect.stringMatching(/\(gone\).*not configured.*--acl gone --remove/));
    expect(said).toContainEqual(expect.stringMatching(/\(old\).*not configured/));
    expect(said.join()).not.toContain('empty');
  });

  it('names what can’t be used, and never a value of it', () => {
    const secret = 'k'.repeat(41);
    const held = {
      ...{ current: key('a'), previous: secret, [secret]: secret },
      acls: {
        lab: { bearer: { current: TOKEN, previous: secret.slice(0, 15), [secret]: 1 } },
        [secret]: { current: secret },
        [`${secret}=`]: 5,
        __proto: [secret],
      },
    };
    const said = bad(held).join('\n');
    expect(said).toMatch(/webhook secret: it has a previous that is not one key/);
    expect(said).toMatch(/\(lab\): it has a previous bearer token that is not one token/);
    expect(said).toContain('whose name no ACL can have');
    expect(said).toContain('(__proto): it is not one object');
    expect(said).not.toContain('kkkkkkkk');
  });

  it('can hold a previous key for too long', () => {
    const held = { current: key('a'), previous: key('b'), acls: { lab: { bearer } } };
    expect(bad(held, undefined, 30)).toEqual([]);
    expect(bad(held, undefined, 30.01)).toEqual([
      expect.stringMatching(
        /^warning: webhook secret: the previous key has been valid for 30 days.*secret --drop-previous/,
      ),
    ]);
  });

  it('looks at what it held before the last change, whatever that was about', () => {
    const before = { current: key('a'), previous: key('b'), acls: { lab: { bearer } } };
    const held = { ...before, acls: { lab: { current: key('c'), previous: key('a'), bearer } } };
    // Changed 26 days ago, and before that 5 days earlier.
    expect(bad(held, before, 26)).toEqual([expect.stringMatching(/^warning: webhook secret: .* 31 days/)]);
    expect(bad(held, { ...before, previous: key('z') }, 26)).toEqual([]);
    expect(bad(held, before, 31)).toHaveLength(2);
  });

  it('can hold a previous token for too long', () => {
    const held = { current: key('a'), acls: { lab: { bearer: { ...bearer, previous: 'bearer-of-lab_before' } } } };
    expect(bad(held, undefined, 40)).toEqual([
      expect.stringMatching(/\(lab\): the previous bearer token .* 40 days.*bearer-token --acl lab --drop-previous/),
    ]);
  });

  it('says nothing of an age that nobody knows', () => {
    const text = JSON.stringify({ current: key('a'), previous: key('b'), acls: { lab: { bearer } } });
    expect(secretLinks({ id: '1', text }, undefined, config, NOW)).toEqual([expect.objectContaining({ level: 'ok' })]);
  });
});
