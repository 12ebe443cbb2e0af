import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../lib/addresses/address-block.ts';
import { whyNotAdopted } from '../../../lib/zones/adoption.ts';

const THEIRS = '8.8.8.0/24';
const why = (shown: readonly string[], more: Partial<Parameters<typeof whyNotAdopted>[0]> = {}) =>
  whyNotAdopted({ shown, wanted: [], allowed: undefined, replaceExisting: false, ...more });

describe('a zone that this system has never written', () => {
  it.each([
    ['an empty one', []],
    ['one with the sentinel', ['192.0.2.0/32']],
    ['one with other placeholders', ['198.51.100.0/24', '203.0.113.7/32', '2001:db8::/64']],
  ])('is taken over: %s', (_, shown) => {
    expect(why(shown)).toBeUndefined();
  });

  it('is taken over where it holds nothing but what the list would hold', () => {
    const wanted = ['8.8.4.0/30', '9.9.9.9/32'].map(blockOf);
    expect(why(['8.8.4.2/32', '9.9.9.9/32'], { wanted })).toBeUndefined();
    expect(why(['8.8.4.0/29'], { wanted })).toContain('1 entry');
  });

  it.each([
    ['entries of somebody else', [THEIRS, '9.9.9.9/32'], '2 entries'],
    ['one beside placeholders', ['192.0.2.0/32', THEIRS], '1 entry'],
    ['a network around the placeholders', ['192.0.0.0/16'], '1 entry'],
    ['what can’t be read', ['unreadable:x'], '1 entry'],
  ])('is left alone with %s', (_, shown, count) => {
    expect(why(shown)).toContain(count);
  });

  it('is taken over where the configuration allows it, whatever is in it', () => {
    expect(why([THEIRS], { replaceExisting: true })).toBeUndefined();
  });

  it('is taken over with the very list that a person has allowed to go, and with no other', () => {
    expect(why([THEIRS], { allowed: [THEIRS] })).toBeUndefined();
    expect(why(['1.1.1.1/32', THEIRS], { allowed: [THEIRS] })).toContain('changed since it was adopted');
    expect(why([THEIRS], { allowed: [] })).toContain('changed');
  });
});
