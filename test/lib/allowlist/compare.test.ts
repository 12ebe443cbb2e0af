import { describe, expect, it } from 'vitest';
import { compare, type Held, holdBack } from '../../../lib/allowlist/compare.ts';
import { type Grant, grantName } from '../../../lib/grants/grant-items.ts';
import { NOW } from '../../helpers/events.ts';

const RULES = { defaultGrantMinutes: 60, pollSeconds: 15, endsGrants: true };
const HALF_MS = 30 * 60_000;
const [A, B] = ['203.0.113.7', '203.0.113.8'];
const nameOf = ({ ip, grantId }: Grant) => grantName(ip, grantId);

/** @param endsIn and @param storedAgo milliseconds */
function grant(ip: string, grantId: string | undefined, endsIn = 2 * HALF_MS, storedAgo = 3_600_000): Grant {
  const texts = { ...(grantId !== undefined && { grantId }) };
  return { acl: 'a', ip, ...texts, expiresAt: NOW + endsIn, stored: NOW - storedAgo, since: '', order: '' };
}
const differ = (listed: readonly string[], grants: readonly Grant[], rules = RULES) => {
  const { ends, needs, nextAt } = compare(new Set(listed), grants, rules, NOW);
  return { ends: ends.map(nameOf), needs, nextIn: nextAt - NOW };
};

describe('a listed IP', () => {
  it.each([
    ['no grant', [], true],
    ['a grant that ends exactly half of the usual time from now', [grant(A, 'x', HALF_MS)], true],
    ['a grant that ends a millisecond later', [grant(A, 'x', HALF_MS + 1)], false],
    ['one of several grants that lasts', [grant(A, 'x', 1), grant(A, undefined, HALF_MS + 1)], false],
    ['several that all end soon', [grant(A, 'x', 1), grant(A, 'allowlist', 2)], true],
  ])('with %s', (_, grants, needsOne) => {
    expect(differ([A], grants)).toMatchObject({ ends: [], needs: needsOne ? [A] : [] });
  });

  it('is looked at again when its grants come into the second half', () => {
    expect(differ([A, B], [grant(A, 'x', HALF_MS + 5_000), grant(B, 'x', HALF_MS + 9_000)]).nextIn).toBe(5_000);
  });

  it('comes before others that are in, if it is outside; and then who is out soonest', () => {
    const many = [grant('203.0.113.1', 'x', 9), grant('203.0.113.2', 'x', 5)];
    expect(differ(['203.0.113.1', '203.0.113.2', A], many).needs).toEqual([A, '203.0.113.2', '203.0.113.1']);
  });
});

describe('an IP that is not listed', () => {
  it.each([
    ['loses what the list gave, however new', grant(A, 'allowlist', HALF_MS, 0), RULES, true],
    ['loses a grant that was stored exactly 30 s ago', grant(A, 'x', HALF_MS, 30_000), RULES, true],
    ['keeps one that was stored a millisecond later', grant(A, 'x', HALF_MS, 29_999), RULES, false],
    ['loses an anonymous grant alike', grant(A, undefined, HALF_MS, 30_000), RULES, true],
    ['keeps what others gave, without endsGrants', grant(A, 'x'), { ...RULES, endsGrants: false }, false],
    ['loses what the list gave, without endsGrants too', grant(A, 'allowlist'), { ...RULES, endsGrants: false }, true],
  ])('%s', (_, one, rules, isOver) => {
    expect(differ([B], [one], rules).ends).toEqual(isOver ? [nameOf(one)] : []);
  });

  it('is looked at again when its grant has been stored for 30 s', () => {
    expect(differ([], [grant(A, 'x', HALF_MS, 12_000)]).nextIn).toBe(18_000);
  });

  it('loses each grant by itself, and those on listed IPs stay', () => {
    const grants = [grant(A, 'x'), grant(A, 'y', HALF_MS, 5), grant(A, undefined), grant(B, 'x')];
    expect(differ([B], grants).ends).toEqual([`${A}#x`, `${A}#`]);
  });
});

describe('a removal', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => grant(`203.0.113.${i + 1}`, 'x'));
  const heldAgo = (grants: readonly Grant[], ms: number): Held => ({
    names: new Set(grants.map(nameOf)),
    at: NOW - ms,
  });
  const hold = (ends: readonly Grant[], live: number, before?: Held) => {
    const { now, held, waiting } = holdBack(ends, live, before, RULES, NOW, nameOf);
    return { now: now.length, waiting, isHeld: held !== undefined };
  };

  it.each([
    [9, 9, { now: 9, waiting: 0, isHeld: false }],
    [5, 10, { now: 5, waiting: 0, isHeld: false }],
    [6, 10, { now: 0, waiting: 6, isHeld: true }],
    [10, 10, { now: 0, waiting: 10, isHeld: true }],
    [0, 10, { now: 0, waiting: 0, isHeld: false }],
    [50, 101, { now: 50, waiting: 0, isHeld: false }],
    [51, 101, { now: 0, waiting: 51, isHeld: true }],
  ])('of %i of %i grants', (ends, live, expected) => {
    expect(hold(many(ends), live)).toEqual(expected);
  });

  it('is carried out by the next read for those whom that lacks too', () => {
    const ends = many(8);
    expect(hold(ends, 10, heldAgo(ends, 15_000))).toEqual({ now: 8, waiting: 0, isHeld: true });
    expect(hold(ends, 10, heldAgo(ends.slice(0, 3), 15_000))).toEqual({ now: 3, waiting: 5, isHeld: true });
  });

  it('waits on where a read begins in the same moment: a message comes twice', () => {
    const ends = many(8);
    expect(hold(ends, 10, heldAgo(ends, 0))).toEqual({ now: 0, waiting: 0, isHeld: true });
    expect(hold(ends, 10, heldAgo(ends, 7_499))).toMatchObject({ now: 0 });
    // The first of the two has carried out what waited before, and one waits on.
    expect(hold(many(1), 5, heldAgo(many(1), 5))).toEqual({ now: 0, waiting: 0, isHeld: true });
    expect(hold(ends, 10, heldAgo(ends, 7_500))).toMatchObject({ now: 8 });
  });

  it('is carried out by the next read however late that is', () => {
    const ends = many(8);
    expect(hold(ends, 10, heldAgo(ends, 6 * 3_600_000))).toMatchObject({ now: 8 });
  });

  it('that has become small does not wait, and forgets what waited', () => {
    expect(hold(many(2), 10, heldAgo(many(8), 15_000))).toEqual({ now: 2, waiting: 0, isHeld: false });
  });
});
