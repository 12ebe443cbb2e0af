import { describe, expect, it } from 'vitest';
import { incompleteRules, type Policy, type PolicyRule, verdictOn } from '../../../lib/okta/policy-verdict.ts';

const ZONE = { id: 'nzo1', name: 'Knocknoc users' };
const PLAIN: PolicyRule = {
  ...{ name: 'rule', isActive: true, priority: 1, access: 'ALLOW', include: [], exclude: [] },
  ...{ isOfSomePeople: false, expression: '' },
};
const rule = (more: Partial<PolicyRule>): PolicyRule => ({ ...PLAIN, ...more });
const FROM_ZONE = rule({ name: 'from the zone', include: [ZONE.id] });
const DENY_REST = rule({ name: 'Catch-all Rule', priority: 99, access: 'DENY' });
const ALLOW_REST = rule({ name: 'Catch-all Rule', priority: 99 });
const policy = (rules: readonly PolicyRule[], more: Partial<Policy> = {}): Policy => ({
  ...{ name: 'App policy', isActive: true, rules },
  ...more,
});

describe('a zone', () => {
  it.each<[string, readonly Policy[], string]>([
    ['is allowed, and all else is denied', [policy([FROM_ZONE, DENY_REST])], 'protects'],
    ['is allowed, and all else too', [policy([FROM_ZONE, ALLOW_REST])], 'open'],
    [
      'is the exception of a rule that denies',
      [policy([rule({ access: 'DENY', exclude: [ZONE.id] }), ALLOW_REST])],
      'protects',
    ],
    ['is in a rule that is switched off', [policy([{ ...FROM_ZONE, isActive: false }, DENY_REST])], 'without effect'],
    ['is in a policy that is switched off', [policy([FROM_ZONE, DENY_REST], { isActive: false })], 'without effect'],
    ['is nowhere', [policy([ALLOW_REST]), policy([DENY_REST])], 'not referenced'],
    ['is nowhere, since there is nothing', [], 'not referenced'],
    ['is the second of two in a rule', [policy([rule({ include: ['nzo2', ZONE.id] }), DENY_REST])], 'protects'],
    [
      'comes after a rule that lets everybody in',
      [policy([{ ...FROM_ZONE, priority: 2 }, rule({ name: 'first', priority: 1, isOfSomePeople: true }), DENY_REST])],
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
      'open',
    ],
    [
      'is the exception of a denial for some people, and others come in',
      [policy([rule({ access: 'DENY', exclude: [ZONE.id], isOfSomePeople: true }), ALLOW_REST])],
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
    ['is named by an expression', [policy([rule({ expression: 'zone.id == "nzo1"' })])], 'expression'],
    ['is named by an expression, by its name', [policy([rule({ expression: 'in("Knocknoc users")' })])], 'expression'],
    ['has no rule that would let anybody else in', [policy([FROM_ZONE])], 'protects'],
  ])('that %s', (_, policies, kind) => {
    expect(verdictOn(ZONE, policies).kind).toBe(kind);
  });

  it('that is open is told with the rule that lets everybody in', () => {
    const verdict = verdictOn(ZONE, [policy([FROM_ZONE, ALLOW_REST], { name: 'Dashboard' })]);
    expect(verdict).toEqual({ kind: 'open', policy: 'Dashboard', rule: 'Catch-all Rule', isOfSomePeople: false });
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
      ],
    );
    expect(found.map(({ rule, missing }) => [rule, missing])).toEqual([
      ['a', ['nzo2']],
      ['b', ['nzo1']],
    ]);
  });
});
