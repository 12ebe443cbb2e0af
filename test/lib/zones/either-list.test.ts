import { describe, expect, it } from 'vitest';
import { mayHave, placesOf, surelyHas } from '../../../lib/zones/either-list.ts';

const [A, B, C, D] = ['198.18.0.2/32', '198.18.0.4/32', '198.18.0.6/32', '198.18.0.8/32'] as const;

describe('a zone that has either of two lists', () => {
  const lists = { has: [[A, B], [C]], known: [[B, D], []] };

  it('may have all of both, what was known before first', () => {
    expect([mayHave(0, lists), mayHave(1, lists), mayHave(2, lists)]).toEqual([[B, D, A], [C], []]);
  });

  it('surely has what is in both', () => {
    expect([surelyHas(0, lists), surelyHas(1, lists), surelyHas(2, lists)]).toEqual([[B], [C], []]);
  });

  it('keeps the place of whoever may be there, unless they surely are in another zone', () => {
    expect(placesOf(lists)).toEqual([[B, D, A], [C]]);
    expect(
      placesOf({
        has: [
          [A, B],
          [A, D],
        ],
        known: [[B, D], []],
      }),
    ).toEqual([[B], [A, D]]);
    expect(placesOf({ has: [[A, B], [B]], known: [[B], []] })).toEqual([[B, A], [B]]);
  });

  it('keeps no place of whom a network of another zone surely lets in', () => {
    const known = [[B], []];
    expect(placesOf({ has: [[A, B, 'x'], ['198.18.0.0/29']], known })).toEqual([[B, 'x'], ['198.18.0.0/29']]);
    expect(placesOf({ has: [['198.18.0.0/29'], [A]], known })[0]).toEqual([B, '198.18.0.0/29']);
  });

  it('is none where nothing was known before', () => {
    const has = [[A], [A]];
    expect(placesOf({ has, known: [[], []] })).toBe(has);
    expect(placesOf({ has })).toBe(has);
  });
});
