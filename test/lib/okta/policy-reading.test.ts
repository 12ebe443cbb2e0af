import { describe, expect, it } from 'vitest';
import { byToken } from '../../../lib/okta/authorization.ts';
import { PolicyReader } from '../../../lib/okta/policy-reading.ts';
import { verdictOn } from '../../../lib/okta/policy-verdict.ts';
import { NOW } from '../../helpers/events.ts';
import { answer, RawOkta } from '../../helpers/raw-okta.ts';

const BASE = 'https://acme.okta.com';
const ZONE = { id: 'nzo1', name: 'Knocknoc users' };
const POLICY = { id: 'rst1', name: 'App', status: 'ACTIVE' };
const OTHER = { id: 'rst2', name: 'Other', status: 'ACTIVE' };
const FROM_ZONE = rule('From the zone', 1, 'ALLOW', { connection: 'ZONE', include: [ZONE.id] });
const DENY_REST = rule('Catch-all Rule', 99, 'DENY');

function rule(name: string, priority: number, access: string, network?: object) {
  return { name, priority, status: 'ACTIVE', conditions: network && { network }, actions: { appSignOn: { access } } };
}
const page = (body: unknown, next?: string) =>
  answer(200, body, next === undefined ? {} : { link: `<${BASE}/self>; rel="self", <${next}>; rel="next"` });

/** What is read where Okta gives these answers, in this order, and which addresses were asked for. */
async function read(...answers: readonly ReturnType<typeof answer>[]) {
  const okta = new RawOkta();
  okta.next.push(...answers);
  const reading = await new PolicyReader(okta.http, BASE, () => NOW).read(byToken('token'));
  return { reading, urls: okta.requests.map(({ url }) => url) };
}

describe('the sign-on policies of an org', () => {
  it('are all read, from every page', async () => {
    const { reading, urls } = await read(
      page([OTHER], `${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2`),
      page([POLICY]),
      page([DENY_REST]),
      page([rule('First', 2, 'DENY')], `${BASE}/api/v1/policies/rst1/rules?after=1`),
      page([FROM_ZONE, DENY_REST]),
      page([]),
    );
    expect(urls[1]).toBe(`${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2`);
    expect(urls[4]).toBe(`${BASE}/api/v1/policies/rst1/rules?after=1`);
    if (!reading.isWhole) throw new Error(reading.why);
    expect(reading.policies.map(({ name, rules }) => [name, rules.length])).toEqual([
      ['Other', 1],
      ['App', 3],
    ]);
    expect(verdictOn(ZONE, reading.policies)).toEqual({ kind: 'protects', policies: ['App'] });
  });

  it('are read with a hundred rules, of which the last lets everybody in', async () => {
    const rules = Array.from({ length: 99 }, (_, i) => ({ ...FROM_ZONE, name: `rule ${i}`, priority: i + 1 }));
    const { reading } = await read(page([POLICY]), page([...rules, rule('Catch-all Rule', 100, 'ALLOW')]), page([]));
    if (!reading.isWhole) throw new Error(reading.why);
    expect(verdictOn(ZONE, reading.policies)).toMatchObject({ kind: 'open', rule: 'Catch-all Rule' });
  });

  it('have names that a line has room for, and that hide nothing', async () => {
    const long = `App\u202E\n${'x'.repeat(100_000)}`;
    const { reading } = await read(page([{ ...POLICY, name: long }]), page([rule(long, 1, 'DENY')]), page([]));
    if (!reading.isWhole) throw new Error(reading.why);
    const names = reading.policies.flatMap((policy) => [policy.name, ...policy.rules.map((one) => one.name)]);
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^App� x{400,}…$/);
      expect(name.length).toBeLessThanOrEqual(500);
    }
  });

  it('are asked for at the org alone, wherever a page says that the next one is', async () => {
    const { urls } = await read(
      page([], 'https://evil.example.com/api/v1/policies?type=ACCESS_POLICY&after=x'),
      page([]),
    );
    expect(urls.map((url) => new URL(url).host)).toEqual(Array(urls.length).fill('acme.okta.com'));
  });

  it('are not known, never a part of them, where pages have no end', async () => {
    const endless = page([], `${BASE}/api/v1/policies?type=ACCESS_POLICY&after=again`);
    const { reading, urls } = await read(...Array(1_001).fill(endless));
    expect(reading).toMatchObject({ isWhole: false, why: expect.stringContaining('pages') });
    expect(urls).toHaveLength(1_000);
  });

  it('are not known where Okta forbids it with an empty body, and the reason is that of the header', async () => {
    const challenge = 'DPoP error="insufficient_scope", error_description="The token lacks okta.policies.read."';
    const { reading } = await read(answer(403, '', { 'www-authenticate': challenge }));
    expect(reading).toMatchObject({
      isWhole: false,
      code: 'OKTA002',
      why: expect.stringContaining('okta.policies.read'),
    });
  });

  it('are not known where Okta wants no calls in the middle of a list', async () => {
    const { reading } = await read(
      page([OTHER], `${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2`),
      answer(429, { errorCode: 'E0000047' }),
    );
    expect(reading).toMatchObject({ isWhole: false, code: 'OKTA005', passes: true });
  });

  it.each<[string, string, boolean]>([
    ['says it without quotes', `<${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2>; rel=next`, true],
    ['has more to say of it', `<${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2>; title="x"; rel="next"`, true],
    ['gives it without a host', '</api/v1/policies?type=ACCESS_POLICY&after=rst2>; rel="next"', true],
    ['gives one that is none of policies', `<${BASE}/api/v1/users?after=1>; rel="next"`, false],
    ['gives no address', '<http://[>; rel="next"', false],
  ])('are never a part of them, where Okta names a next page and %s', async (_, link, isRead) => {
    const { reading, urls } = await read(answer(200, [OTHER], { link }), page([POLICY]), page([]), page([]), page([]));
    expect(reading.isWhole).toBe(isRead);
    expect(urls[1]).toBe(isRead ? `${BASE}/api/v1/policies?type=ACCESS_POLICY&after=rst2` : undefined);
  });

  it('are not known where there are more rules than can be, and nothing breaks over them', async () => {
    const { reading } = await read(page([POLICY]), page(Array(200_000).fill({})));
    expect(reading).toMatchObject({ isWhole: false, code: 'ZONE003' });
  });

  it('have ten thousand rules, of which the last lets everybody in', async () => {
    const rules = Array.from({ length: 10_000 }, (_, i) => ({ ...FROM_ZONE, priority: i }));
    const { reading } = await read(page([POLICY]), page([...rules, rule('Last', 10_000, 'ALLOW')]), page([]));
    if (!reading.isWhole) throw new Error(reading.why);
    expect(verdictOn(ZONE, reading.policies)).toMatchObject({ kind: 'open', rule: 'Last' });
  });

  it.each([
    ['a right is missing', answer(403, { errorCode: 'E0000006', errorSummary: 'no' }), 'OKTA002', false],
    ['it is no question in that org', answer(400, { errorCode: 'E0000001' }), 'ZONE003', false],
    ['policies are being put in order', answer(423, { errorCode: 'E0000239' }), 'ZONE003', true],
    ['Okta is in trouble', answer(503, ''), 'ZONE003', true],
    ['a page comes instead', answer(200, '<html>'), 'ZONE003', true],
    ['it is a list of other things', answer(200, [null]), 'ZONE003', true],
    ['an id could lead elsewhere', answer(200, [{ ...POLICY, id: '../zones' }]), 'ZONE003', true],
  ])('are not known where %s', async (_, given, code, passes) => {
    expect((await read(given)).reading).toMatchObject({ isWhole: false, code, passes });
  });

  it('are asked for no further once half of the quota is used up', async () => {
    const low = { 'x-rate-limit-limit': '600', 'x-rate-limit-remaining': '299', 'x-rate-limit-reset': `${NOW / 1000}` };
    const { reading, urls } = await read(answer(200, [POLICY], low));
    expect(reading).toMatchObject({ isWhole: false, code: 'OKTA005', passes: true });
    expect(urls).toHaveLength(1);
  });
});

/** As Okta was seen to answer: every condition that holds for everybody is there. */
const EVERYBODY = {
  people: { users: { exclude: [] } },
  riskScore: { level: 'ANY' },
  userType: { include: [], exclude: [] },
  authContext: { authType: 'ANY' },
  identityProvider: { provider: 'ANY' },
  platform: { include: [{ type: 'ANY', os: { type: 'ANY' } }], exclude: [] },
  elCondition: null,
};

describe('a rule', () => {
  const verdict = async (rules: readonly unknown[], policy: object = POLICY, sessions: readonly unknown[] = []) => {
    const pages = sessions.flatMap((one) => page(one));
    const { reading } = await read(page([policy]), page(rules), ...(sessions.length > 0 ? pages : [page([])]));
    return reading.isWhole ? verdictOn(ZONE, reading.policies).kind : 'not read';
  };
  const catchAll = (conditions: unknown) => ({ ...rule('Catch-all Rule', 99, 'ALLOW'), conditions });
  const shield = (conditions: object) => ({
    ...rule('Out', 1, 'DENY'),
    conditions: { ...EVERYBODY, network: { connection: 'ZONE', exclude: [ZONE.id] }, ...conditions },
  });

  it.each<[string, unknown]>([
    ['none', null],
    ['no network', EVERYBODY],
    ['a network of null', { ...EVERYBODY, network: null }],
    ['anywhere', { ...EVERYBODY, network: { connection: 'ANYWHERE', include: ['nzo9'] } }],
  ])('holds from anywhere where its conditions are: %s', async (_, conditions) => {
    expect(await verdict([FROM_ZONE, catchAll(conditions)])).toBe('open');
  });

  it.each<[string, object, string]>([
    ['nothing else', {}, 'protects'],
    ['some people', { people: { groups: { include: ['00g1'] } } }, 'open'],
    ['all but some people', { people: { users: { exclude: ['00u1'] } } }, 'open'],
    ['a device', { device: { managed: true } }, 'open'],
    ['an expression', { elCondition: { condition: "user.status == 'ACTIVE'" } }, 'open'],
    ['something new', { weather: { include: ['rain'] } }, 'open'],
  ])('that denies all but the zone turns everybody else away where it asks for %s', async (_, conditions, kind) => {
    expect(await verdict([shield(conditions), catchAll(null)])).toBe(kind);
  });

  it.each<[string, unknown]>([
    ['no lists', { connection: 'ZONE' }],
    ['lists that are none', { connection: 'ZONE', include: ZONE.id }],
    ['lists of no zones', { connection: 'ZONE', include: [null, 7] }],
    ['a word that is unknown', { connection: 'ZONES', include: [ZONE.id] }],
    ['no word', { include: [ZONE.id] }],
    ['a list', [ZONE.id]],
    ['a text', ZONE.id],
  ])('is not understood where its network is %s', async (_, network) => {
    expect(await verdict([rule('odd', 1, 'ALLOW', network as object), DENY_REST])).toBe('not known');
  });

  it('of a session policy is followed by those of the default policy', async () => {
    const own = {
      id: 'p1',
      name: 'Own',
      status: 'ACTIVE',
      priority: 1,
      conditions: { people: { groups: { include: ['g1'] } } },
    };
    const last = { ...own, id: 'p2', name: 'Default Policy', priority: 2, system: true };
    const from = { ...FROM_ZONE, actions: { signon: { access: 'ALLOW' } } };
    const all = { ...rule('Default Rule', 1, ''), actions: { signon: { access: 'ALLOW' } } };
    const { reading } = await read(page([]), page([last, own]), page([all]), page([from]));
    if (!reading.isWhole) throw new Error(reading.why);
    const found = { kind: 'open', policy: 'Default Policy', rule: 'Default Rule', limit: 'none' };
    expect(verdictOn(ZONE, reading.policies)).toEqual(found);
  });

  /** Every place in a rule, replaced by every odd value. */
  function* spoiled(value: unknown): Generator<unknown> {
    let deep: unknown = [];
    for (let depth = 0; depth < 3_000; depth += 1) deep = depth % 2 ? [deep] : { deep };
    yield* [null, [], {}, '', 'x', 7, -1e300, true, [null], { include: null }, deep];
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) for (const odd of spoiled(one)) yield value.with(at, odd);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) for (const odd of spoiled(one)) yield { ...value, [key]: odd };
      for (const [key] of Object.entries(value)) yield { ...value, [key]: undefined };
    }
  }

  it('in whatever form never breaks the reading, nor makes what is open look as if it protected', async () => {
    const kinds = new Set<string>();
    const first = { ...FROM_ZONE, conditions: { ...EVERYBODY, ...FROM_ZONE.conditions } };
    for (const odd of spoiled(first)) kinds.add(await verdict([odd, catchAll(null)]));
    for (const odd of spoiled(POLICY)) kinds.add(await verdict([first, catchAll(null)], odd as object));
    expect([...kinds].toSorted()).toEqual(['not known', 'not read', 'not referenced', 'open', 'without effect']);
  });
});
