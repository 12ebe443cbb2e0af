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
    for (const name of reading.policies.flatMap((policy) => [policy.name, ...policy.rules.map((one) => one.name)])) {
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
    const { reading, urls } = await read(...Array(300).fill(endless));
    expect(reading).toMatchObject({ isWhole: false, why: expect.stringContaining('pages') });
    expect(urls).toHaveLength(200);
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
});
