import { describe, expect, it } from 'vitest';
import { isComplete, isRight, nextStep, type Work } from '../../../lib/zones/next-step.ts';
import { planFor } from '../../../lib/zones/plan.ts';
import { isUsable, viewOf, type ZoneView } from '../../../lib/zones/zone-view.ts';
import { ACL, configOf } from '../../helpers/events.ts';

const [NOW, MINUTE] = [1_800_000_000_000, 60_000];
const SENTINEL = '192.0.2.0/32';
const [ALICE, BOB] = ['203.0.113.2', '203.0.113.4'];
const config = configOf({ acls: { [ACL]: { zoneIds: ['a', 'b', 'c'] } }, gatewayLimit: 1 });
const settings = config.acls[ACL];
if (!settings) throw new Error('no such ACL');
const trouble = (at = NOW) => ({ code: 'ZONE001', detail: 'x', at }) as const;

/** A zone that has this list by Okta's word, seen to be right so many minutes ago. */
function known(zoneId: string, has: readonly string[] = [SENTINEL], minutesAgo = 1): ZoneView {
  const record = { owner: ACL, write: 1, at: NOW, before: has, after: has };
  return viewOf(zoneId, record, { write: 1, rightAt: NOW - minutesAgo * MINUTE }, ACL, NOW);
}
const unknown = (zoneId: string) => viewOf(zoneId, 'none', {}, ACL, NOW);
/** Read in this rebuild: nothing of it is stored. */
const fresh = (zoneId: string, has: readonly string[] = [SENTINEL]): ZoneView => ({
  ...unknown(zoneId),
  ...{ has, unsure: false, seenAt: NOW },
});

function work(views: readonly ZoneView[], people: readonly string[] = [], more: Partial<Work> = {}): Work {
  const grants = people.map((ip, i) => ({ acl: ACL, ip, expiresAt: NOW + 9, order: `${i}`, since: `${i}` }));
  const usable = views.filter(isUsable);
  const plan = settings && planFor(usable, usable.length === views.length, grants, settings, config);
  return { acl: ACL, views, plan, refused: new Set(), due: { verifyMinutes: 5 }, ...more };
}
const next = (...of: Parameters<typeof work>) => {
  const step = nextStep(work(...of), NOW);
  return step && `${step.kind} ${step.zoneId}`;
};

describe('the next step', () => {
  it.each<[string, string | undefined, Parameters<typeof work>]>([
    ['is nothing where all is as it must be, and was checked', undefined, [[known('a'), known('b')]]],
    ['is to write a zone whose list differs', 'write a', [[known('a'), known('b')], [ALICE]]],
    ['is to write before a zone is read of which nothing is known', 'write b', [[unknown('a'), known('b')], [ALICE]]],
    ['is to write before a zone is checked', 'write a', [[known('a'), known('b', [SENTINEL], 60)], [ALICE]]],
    ['is to store what a zone has, before the next call', 'record a', [[fresh('a'), known('b', [`${BOB}/32`])]]],
    ['is to write what was just read, and not to store it first', 'write a', [[fresh('a'), known('b')], [ALICE]]],
    [
      'is to store the list of a zone that refused another, in the end',
      'record a',
      [[fresh('a'), known('b')], [ALICE], { refused: new Set(['a']) }],
    ],
    [
      'is to write the other zone where one has refused its list',
      'write b',
      [[known('a'), known('b')], [ALICE, BOB], { refused: new Set(['a']) }],
    ],
    [
      'is to read a zone of which nothing is known, before one is checked',
      'read b',
      [[known('a', [SENTINEL], 60), unknown('b')]],
    ],
    [
      'is to check the zone that was right so longest ago',
      'verify b',
      [[known('a', [SENTINEL], 6), known('b', [SENTINEL], 7), known('c')]],
    ],
    ['is not to read a zone twice in one rebuild', undefined, [[{ ...known('a', [SENTINEL], 60), seenAt: NOW }]]],
    [
      'is not to read a zone each time that can’t be used',
      undefined,
      [[{ ...unknown('a'), memory: { trouble: trouble() } }, known('b')]],
    ],
    [
      'is to read it a minute later',
      'verify a',
      [[{ ...unknown('a'), memory: { trouble: trouble(NOW - MINUTE) } }, known('b')]],
    ],
    [
      'is to look at once whether it can be used again, where there is no other',
      'read a',
      [[{ ...unknown('a'), memory: { trouble: trouble() } }]],
    ],
    [
      'is nothing of a zone that another ACL may still write',
      undefined,
      [
        [
          { ...unknown('a'), heldUntil: NOW + 1 },
          { ...known('b', [SENTINEL], 60), heldUntil: NOW + 1 },
        ],
        [ALICE],
      ],
    ],
    [
      'is to write a zone that shows what nobody announced, though that is right',
      'write a',
      [[{ ...known('a'), doubted: true }]],
    ],
    [
      'is to write what showed a list that nobody announced, before another zone loses somebody',
      'write b',
      [[known('a', [`${ALICE}/32`, `${BOB}/32`]), { ...known('b'), doubted: true }], [ALICE]],
    ],
    [
      'is to take in first whom a zone no longer shows in what may be an old answer',
      'write b',
      [
        [{ ...known('a', [`${BOB}/32`]), has: ['198.51.100.7/32'], doubted: true }, known('b')],
        [ALICE, BOB],
      ],
    ],
    [
      'is only to read, where there is no plan',
      'verify a',
      [[known('a', [ALICE], 60), { ...fresh('b'), doubted: true }], [], { plan: undefined }],
    ],
    [
      'is to check a zone that nobody has used yet, when nobody waits for it',
      'verify a',
      [[unknown('a'), unknown('b')], [], { plan: undefined }],
    ],
    [
      'is not to read a zone in each rebuild that nobody has used yet',
      'verify b',
      [[{ ...unknown('a'), memory: { rightAt: NOW - MINUTE } }, unknown('b')], [], { plan: undefined }],
    ],
    [
      'is to read every zone where a person has asked for it',
      'verify a',
      [[known('a')], [], { due: { verifyMinutes: 5, readFrom: NOW - 1 } }],
    ],
  ])('%s', (_, expected, of) => {
    expect(next(...of)).toBe(expected);
  });

  it('says which list a zone gets, and who is in none for one write', () => {
    expect(nextStep(work([known('a'), known('b')], [ALICE]), NOW)).toEqual({
      ...{ kind: 'write', zoneId: 'a', list: [`${ALICE}/32`], parted: [] },
    });
  });
});

describe('an ACL is carried through', () => {
  const complete = (...of: Parameters<typeof work>) => {
    const { plan, ...rest } = work(...of);
    return plan && isComplete(rest, plan);
  };

  it.each<[string, boolean, Parameters<typeof work>]>([
    ['where every zone has its list', true, [[known('a', [`${ALICE}/32`]), known('b')], [ALICE]]],
    ['not where one has another', false, [[known('a'), known('b')], [ALICE]]],
    ['not where nothing is known of one', false, [[known('a', [`${ALICE}/32`]), unknown('b')], [ALICE]]],
    [
      'although one can’t be used',
      true,
      [[{ ...unknown('a'), memory: { trouble: trouble() } }, known('b', [`${ALICE}/32`])], [ALICE]],
    ],
    [
      'not where one has refused its list',
      false,
      [[known('a', [`${ALICE}/32`])], [ALICE], { refused: new Set(['a']) }],
    ],
    ['not before it is stored', false, [[fresh('a')]]],
    ['not where a write has no answer', false, [[{ ...known('a'), unsure: true }]]],
    ['not where Okta shows what nobody announced', false, [[{ ...known('a'), doubted: true }]]],
    ['not while another ACL may still write one', false, [[{ ...known('a'), heldUntil: NOW + 1 }]]],
  ])('%s', (_, expected, of) => {
    expect(complete(...of)).toBe(expected);
  });

  it('also where more people wait than there is room for', () => {
    expect(complete([known('a', [`${ALICE}/32`])], [ALICE, BOB])).toBe(true);
  });
});

describe('a zone counts as right', () => {
  it('where it has the list that it had, while there is no plan', () => {
    expect(isRight(known('a'), undefined)).toBe(true);
    expect(isRight({ ...known('a'), doubted: true }, undefined)).toBe(false);
    expect(isRight(unknown('a'), undefined)).toBe(false);
  });
});
