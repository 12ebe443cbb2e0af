import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../../lib/addresses/list-difference.ts';

describe('the difference of two lists', () => {
  it('is what came and what went, each in the order of its list', () => {
    expect(differenceOf(['a', 'b', 'c', 'd'], ['e', 'd', 'b', 'f'])).toEqual({
      added: ['e', 'f'],
      removed: ['a', 'c'],
    });
  });

  it('is nothing where both hold the same', () => {
    expect(differenceOf(['a', 'b'], ['b', 'a'])).toEqual({ added: [], removed: [] });
  });
});
