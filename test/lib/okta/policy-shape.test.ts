import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { policyOf, policySchema, ruleOf, ruleSchema } from '../../../lib/okta/policy-shape.ts';

const PEOPLE = { people: { groups: { include: ['00g1'] } } };
const EVERYBODY = { people: { users: { exclude: [] }, groups: null }, riskScore: { level: 'ANY' }, platform: '' };

const policyFrom = (raw: object, type: 'ACCESS_POLICY' | 'OKTA_SIGN_ON' = 'ACCESS_POLICY') =>
  policyOf(type, v.parse(policySchema, { id: 'rst1', name: 'App', ...raw }), []);
const ruleFrom = (raw: object) => ruleOf(v.parse(ruleSchema, { name: 'Rule', ...raw }));
const networkFrom = (network: unknown) => ruleFrom({ conditions: { network } }).network;
const limitFrom = (conditions: object) => ruleFrom({ conditions }).limit;
/** Objects in objects, so many, around nothing. */
const nested = (levels: number): object => (levels === 0 ? {} : { inner: nested(levels - 1) });

describe('a policy as Okta writes it', () => {
  it.each([
    ['is active', { status: 'ACTIVE' }, true],
    ['is not active', { status: 'INACTIVE' }, false],
    ['counts as active where nothing is said', {}, true],
    ['counts as active where what is said is no text', { status: 7 }, true],
  ])('%s', (_, raw, isActive) => {
    expect(policyFrom(raw).isActive).toBe(isActive);
    expect(ruleFrom(raw).isActive).toBe(isActive);
  });

  it('leads on to the next one where it is of the session, and not where it is of an app', () => {
    expect(policyFrom({}, 'OKTA_SIGN_ON').fallsThrough).toBe(true);
    expect(policyFrom({}, 'ACCESS_POLICY').fallsThrough).toBe(false);
  });

  it.each<[string, object, boolean]>([
    ['everybody, without conditions', {}, false],
    ['everybody, with conditions that limit nothing', { conditions: EVERYBODY }, false],
    ['some', { conditions: PEOPLE }, true],
    ['some, also where it is said whether it is the default', { conditions: PEOPLE, system: false }, true],
    ['everybody, as the default', { conditions: PEOPLE, system: true }, false],
    ['some, where what is said of the default is no truth value', { conditions: PEOPLE, system: 'yes' }, true],
  ])('is for %s', (_, raw, isForSome) => {
    expect(policyFrom(raw).isForSome).toBe(isForSome);
  });

  it('is told by a name where it has none, and comes last where it has no place', () => {
    expect(policyFrom({ name: undefined })).toMatchObject({
      ...{ name: 'without a name', priority: Number.MAX_SAFE_INTEGER },
    });
    expect(ruleFrom({ name: 7, priority: '1' })).toMatchObject({
      ...{ name: 'without a name', priority: Number.MAX_SAFE_INTEGER },
    });
  });

  it.each(['', 'rst1/../rst2', 'rst1?x', `r${'s'.repeat(64)}`])('is none with an id that leads elsewhere: %j', (id) => {
    expect(v.is(policySchema, { id, name: 'App' })).toBe(false);
  });
});

describe('the networks of a rule', () => {
  const ANYWHERE = { include: [], exclude: [] };
  it.each<[string, unknown, unknown]>([
    ['any, where none is named', undefined, ANYWHERE],
    ['any, for null', null, ANYWHERE],
    ['any, by name', { connection: 'ANYWHERE' }, ANYWHERE],
    [
      'those in the zones',
      { connection: 'ZONE', include: ['nzo1', 'nzo2'] },
      { include: ['nzo1', 'nzo2'], exclude: [] },
    ],
    ['those outside of the zones', { connection: 'ZONE', exclude: ['nzo1'] }, { include: [], exclude: ['nzo1'] }],
    [
      'those in one zone and not in another',
      { connection: 'ZONE', include: ['nzo1'], exclude: ['nzo2'] },
      { include: ['nzo1'], exclude: ['nzo2'] },
    ],
    [
      'zones alone, whatever else stands in the list',
      { connection: 'ZONE', include: [7, 'nzo1', null] },
      { include: ['nzo1'], exclude: [] },
    ],
    ['not known where no zone is named', { connection: 'ZONE' }, 'unknown'],
    ['not known where the list holds no zone', { connection: 'ZONE', include: [7] }, 'unknown'],
    ['not known where a list is none', { connection: 'ZONE', include: 'nzo1' }, 'unknown'],
    [
      'not known for a connection that nobody has described',
      { connection: 'ON_NETWORK', include: ['nzo1'] },
      'unknown',
    ],
    ['not known without a connection', { include: ['nzo1'] }, 'unknown'],
    ['not known for a text', 'ZONE', 'unknown'],
  ])('are %s', (_, network, shape) => {
    expect(networkFrom(network)).toEqual(shape);
  });
});

describe('whom a rule is for', () => {
  it.each<[string, object, string]>([
    ['everybody', {}, 'none'],
    ['everybody, as Okta writes it', EVERYBODY, 'none'],
    ['everybody, whatever the network', { network: { connection: 'ZONE', include: ['nzo1'] } }, 'none'],
    ['some people', PEOPLE, 'people'],
    ['some people, whatever else', { ...PEOPLE, device: { managed: true } }, 'people'],
    ['those of whom something else is true', { device: { managed: true } }, 'conditions'],
    ['somebody, where it is nested more deeply than anybody writes', { device: nested(40) }, 'conditions'],
    ['everybody, where it is nested as Okta nests', { device: nested(4) }, 'none'],
  ])('%s', (_, conditions, limit) => {
    expect(limitFrom(conditions)).toBe(limit);
  });
});

describe('what a rule leads to', () => {
  it.each<[string, object, string]>([
    ['access to an app', { actions: { appSignOn: { access: 'ALLOW' } } }, 'ALLOW'],
    ['no session', { actions: { signon: { access: 'DENY' } } }, 'DENY'],
    ['something that is not known', { actions: { signon: { access: 'CHALLENGE' } } }, 'unknown'],
    ['nothing that is said', { actions: null }, 'unknown'],
  ])('%s', (_, raw, access) => {
    expect(ruleFrom(raw).access).toBe(access);
  });

  it('depends on an expression, word for word, or on none', () => {
    expect(ruleFrom({ conditions: { elCondition: { condition: 'security.risk.level == "HIGH"' } } }).expression).toBe(
      'security.risk.level == "HIGH"',
    );
    for (const elCondition of [undefined, null, 'x', { condition: 7 }]) {
      expect(ruleFrom({ conditions: { elCondition } }).expression).toBe('');
    }
  });
});
