import { describe, expect, it } from 'vitest';
import { incompleteRules, type Policy, type PolicyRule, verdictOn } from '../../../lib/okta/policy-verdict.ts';

const ZONE = { id: 'nzo1', name: 'Knocknoc users' };
const PLAIN: PolicyRule = {
  ...{ name: 'rule', isActive: true, priority: 1, access: 'ALLOW', network: { include: [], exclude: [] } },
  ...{ limit: 'none', expression: '' },
};
type Given = Partial<PolicyRule> & { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
const rule = ({ include = [], exclude = [], ...more }: Given): PolicyRule => ({
  ...PLAIN,
  network: { include, exclude },
  ...more,
});
const FROM_ZONE = rule({ name: 'from the zone', include: [ZONE.id] });
const DENY_REST = rule({ name: 'Catch-all Rule', priority: 99, access: 'DENY' });
const ALLOW_REST = rule({ name: 'Catch-all Rule', priority: 99 });
const ALL_BUT_ZONE_OUT = rule({ name: 'out', access: 'DENY', exclude: [ZONE.id] });
const policy = (rules: readonly PolicyRule[], more: Partial<Policy> = {}): Policy => ({
  ...{ name: 'App policy', isActive: true, fallsThrough: false, priority: 1, isForSome: false, rules },
  ...more,
});
/** A global session policy: whom it does not fit comes to the next one. */
const session = (rules: readonly PolicyRule[], more: Partial<Policy> = {}) =>
  policy(rules, { name: 'Sessions', fallsThrough: true, ...more });
const DEFAULT = session([ALLOW_REST], { name: 'Default Policy', priority: 9 });

describe('a zone', () => {
  it.each<[string, readonly Policy[], string]>([
    ['is allowed, and all else is denied', [policy([FROM_ZONE, DENY_REST])], 'protects'],
    ['is allowed, and all else too', [policy([FROM_ZONE, ALLOW_REST])], 'open'],
    ['is the exception of a rule that denies', [policy([ALL_BUT_ZONE_OUT, ALLOW_REST])], 'protects'],
    ['is in a rule that is switched off', [policy([{ ...FROM_ZONE, isActive: false }, DENY_REST])], 'without effect'],
    ['is in a policy that is switched off', [policy([FROM_ZONE, DENY_REST], { isActive: false })], 'without effect'],
    ['is nowhere', [policy([ALLOW_REST]), policy([DENY_REST])], 'not referenced'],
    ['is nowhere, since there is nothing', [], 'not referenced'],
    ['is the second of two in a rule', [policy([rule({ include: ['nzo2', ZONE.id] }), DENY_REST])], 'protects'],
    [
      'comes after a rule that lets everybody in',
      [policy([{ ...FROM_ZONE, priority: 2 }, rule({ name: 'first', priority: 1, limit: 'people' }), DENY_REST])],
      'open',
    ],
    [
      'comes after a rule that decides for everybody',
      [policy([rule({ name: 'first', priority: 1 }), { ...FROM_ZONE, priority: 2 }, DENY_REST])],
      'open',
    ],
    [
      'comes after a rule that turns everybody away',
      [policy([rule({ priority: 1, access: 'DENY' }), { ...FROM_ZONE, priority: 2 }])],
      'without effect',
    ],
    [
      'comes after a rule for another zone',
      [policy([rule({ priority: 1, include: ['nzo2'] }), { ...FROM_ZONE, priority: 2 }, DENY_REST])],
      'protects',
    ],
    [
      'comes with a rule that lets in all but another zone',
      [policy([FROM_ZONE, rule({ priority: 2, exclude: ['nzo2'] }), DENY_REST])],
      'open',
    ],
    [
      'comes with a rule whose result is unknown',
      [policy([FROM_ZONE, rule({ priority: 2, access: 'unknown' }), DENY_REST])],
      'not known',
    ],
    [
      'is the exception of a denial for some people, and others come in',
      [policy([{ ...ALL_BUT_ZONE_OUT, limit: 'people' }, ALLOW_REST])],
      'open',
    ],
    [
      'protects in one policy, and another is open',
      [policy([FROM_ZONE, DENY_REST]), policy([FROM_ZONE, ALLOW_REST])],
      'open',
    ],
    [
      'protects in one policy, and another is switched off',
      [policy([FROM_ZONE, DENY_REST]), policy([FROM_ZONE], { isActive: false })],
      'protects',
    ],
    [
      'is denied to some people, and everybody else is let in',
      [policy([rule({ access: 'DENY', include: [ZONE.id], limit: 'people' }), ALLOW_REST])],
      'open',
    ],
    ['is in a rule that Okta lists after those that come later', [policy([DENY_REST, FROM_ZONE])], 'protects'],
    [
      'is in a session policy, of which Okta lists those that come later in another order',
      [DEFAULT, session([DENY_REST], { priority: 5 }), session([FROM_ZONE])],
      'protects',
    ],
    ['is in a session policy beside one of the same priority', [session([FROM_ZONE]), session([ALLOW_REST])], 'open'],
    [
      'is in a rule that is switched off, and all else is let in',
      [policy([{ ...FROM_ZONE, isActive: false }, ALLOW_REST])],
      'without effect',
    ],
    [
      'comes with a rule that is switched off',
      [policy([FROM_ZONE, rule({ isActive: false, priority: 2 }), DENY_REST])],
      'protects',
    ],
    [
      'comes after a rule that denies from nobody knows where',
      [policy([rule({ network: 'unknown', access: 'DENY' }), { ...FROM_ZONE, priority: 2 }, ALLOW_REST])],
      'open',
    ],
    ['is named by an expression', [policy([rule({ expression: 'zone.id == "nzo1"' })])], 'not known'],
    ['is named by an expression, by its name', [policy([rule({ expression: 'in("Knocknoc users")' })])], 'not known'],
    ['is denied, and all else too', [policy([rule({ access: 'DENY', include: [ZONE.id] }), DENY_REST])], 'turned away'],
    [
      'is denied, and all else allowed',
      [policy([rule({ access: 'DENY', include: [ZONE.id] }), ALLOW_REST])],
      'turned away',
    ],
    ['is the exception of a rule that allows', [policy([rule({ exclude: [ZONE.id] }), DENY_REST])], 'turned away'],
    [
      'is the exception of a rule that denies, and the rest is denied too',
      [policy([ALL_BUT_ZONE_OUT, DENY_REST])],
      'turned away',
    ],
    [
      'is denied, after a rule that lets some people in from anywhere',
      [
        policy([
          rule({ name: 'admins', limit: 'people' }),
          rule({ priority: 2, access: 'DENY', include: [ZONE.id] }),
          DENY_REST,
        ]),
      ],
      'turned away',
    ],
    [
      'is denied to some people, and allowed to the rest',
      [
        policy([
          rule({ access: 'DENY', include: [ZONE.id], limit: 'people' }),
          { ...FROM_ZONE, priority: 2 },
          DENY_REST,
        ]),
      ],
      'protects',
    ],
    [
      'is in both lists of a rule',
      [policy([rule({ include: [ZONE.id], exclude: [ZONE.id] }), DENY_REST])],
      'without effect',
    ],
    [
      'comes with a denial that depends on a device, and the rest is allowed',
      [policy([{ ...ALL_BUT_ZONE_OUT, limit: 'conditions' }, ALLOW_REST])],
      'open',
    ],
    [
      'comes after a denial outside of another zone',
      [policy([rule({ access: 'DENY', exclude: ['nzo2'] }), { ...FROM_ZONE, priority: 2 }, DENY_REST])],
      'without effect',
    ],
    [
      'is in a rule that does nobody knows what',
      [policy([{ ...FROM_ZONE, access: 'unknown' }, DENY_REST])],
      'not known',
    ],
    [
      'comes with a rule that allows from nobody knows where',
      [policy([FROM_ZONE, rule({ network: 'unknown' }), DENY_REST])],
      'not known',
    ],
    [
      'comes with one that denies from nobody knows where',
      [policy([FROM_ZONE, rule({ network: 'unknown', access: 'DENY' }), DENY_REST])],
      'protects',
    ],
    ['may be in a rule of an unknown form', [policy([rule({ network: 'unknown' }), DENY_REST])], 'not known'],
    [
      'may be in a rule of an unknown form that is switched off',
      [policy([rule({ network: 'unknown', isActive: false }), DENY_REST])],
      'not referenced',
    ],
    ['is allowed by a session policy, and the default lets everybody in', [session([FROM_ZONE]), DEFAULT], 'open'],
    ['is allowed by a session policy that denies the rest', [session([FROM_ZONE, DENY_REST]), DEFAULT], 'protects'],
    [
      'is allowed by a session policy, and the default denies',
      [session([FROM_ZONE]), { ...DEFAULT, rules: [DENY_REST] }],
      'protects',
    ],
    [
      'is allowed by a session policy, and a next one that is switched off lets in',
      [session([FROM_ZONE]), { ...DEFAULT, isActive: false }],
      'protects',
    ],
    [
      'is allowed by a session policy, and one before it lets others in',
      [session([FROM_ZONE], { priority: 2 }), session([ALLOW_REST])],
      'protects',
    ],
    [
      'shields a session policy, and the default lets in who is in it',
      [session([ALL_BUT_ZONE_OUT]), DEFAULT],
      'protects',
    ],
    ['shields a policy of an app alone', [policy([ALL_BUT_ZONE_OUT]), DEFAULT], 'turned away'],
    ['has no rule that would let anybody else in', [policy([FROM_ZONE])], 'protects'],
  ])('that %s', (_, policies, kind) => {
    expect(verdictOn(ZONE, policies).kind).toBe(kind);
  });

  it('that is open is told with the rule that lets everybody in', () => {
    const verdict = verdictOn(ZONE, [policy([FROM_ZONE, ALLOW_REST], { name: 'Dashboard' })]);
    expect(verdict).toEqual({ kind: 'open', policy: 'Dashboard', rule: 'Catch-all Rule', limit: 'none' });
  });

  it('that is open by another policy, to which people come from its own, is told with that one', () => {
    const next = (isForSome: boolean) => verdictOn(ZONE, [session([FROM_ZONE]), { ...DEFAULT, isForSome }]);
    const found = { kind: 'open', policy: 'Default Policy', rule: 'Catch-all Rule' };
    expect(next(false)).toEqual({ ...found, limit: 'none' });
    expect(next(true)).toEqual({ ...found, limit: 'people' });
  });

  it('that some are let in beside of is told with whom the rule is for, and not whom its policy is for', () => {
    const found = (rules: readonly PolicyRule[], last: Partial<Policy> = {}) =>
      verdictOn(ZONE, [session([FROM_ZONE, ...rules], { isForSome: true }), { ...DEFAULT, ...last }]);
    expect(found([ALLOW_REST])).toMatchObject({ limit: 'none', policy: 'Sessions' });
    const some = { isForSome: true, rules: [{ ...ALLOW_REST, limit: 'conditions' }] } as const;
    expect(found([], some)).toMatchObject({ limit: 'conditions', policy: 'Default Policy' });
  });

  it('that is not known is told with the reason', () => {
    const why = (one: PolicyRule) => verdictOn({ id: 'nzo1', name: 'VPN' }, [policy([one, DENY_REST])]);
    const found = { kind: 'not known', policy: 'App policy', rule: 'rule' };
    expect(why(rule({ expression: 'nzo1' }))).toEqual({ ...found, why: 'expression' });
    expect(why(rule({ network: 'unknown' }))).toEqual({ ...found, why: 'form' });
    expect(why(rule({ include: ['nzo1'], access: 'unknown' }))).toEqual({ ...found, why: 'form' });
    // A name as short as that stands in many a text.
    expect(why(rule({ expression: 'a VPN' }))).toEqual({ kind: 'not referenced' });
  });

  it('that lets nobody in is told with the rule that turns them away, where there is one', () => {
    const found = { kind: 'turned away', policy: 'App policy' };
    expect(verdictOn(ZONE, [policy([ALL_BUT_ZONE_OUT, DENY_REST])])).toEqual({ ...found, rule: 'Catch-all Rule' });
    expect(verdictOn(ZONE, [policy([ALL_BUT_ZONE_OUT])])).toEqual({ ...found, rule: undefined });
  });

  it('that protects is told with every policy in which it does', () => {
    const both = [policy([FROM_ZONE, DENY_REST], { name: 'A' }), policy([FROM_ZONE, DENY_REST], { name: 'B' })];
    expect(verdictOn(ZONE, both)).toEqual({ kind: 'protects', policies: ['A', 'B'] });
  });
});

describe('a rule that has the first zone of an ACL', () => {
  it('and lacks another is told, in a list of zones to let in as in one to leave out', () => {
    const found = incompleteRules(
      ['nzo1', 'nzo2'],
      [
        policy([rule({ name: 'a', include: ['nzo1'] }), rule({ name: 'b', exclude: ['nzo2', 'nzo9'] })]),
        policy([rule({ name: 'c', include: ['nzo2', 'nzo1'] }), rule({ name: 'd', include: ['nzo9'] })]),
        policy([rule({ name: 'e', include: ['nzo1'] })], { isActive: false }),
        policy([rule({ name: 'f', include: ['nzo1'], isActive: false }), rule({ name: 'g', network: 'unknown' })]),
      ],
    );
    expect(found.map(({ rule, missing }) => [rule, missing])).toEqual([
      ['a', ['nzo2']],
      ['b', ['nzo1']],
    ]);
  });
});
