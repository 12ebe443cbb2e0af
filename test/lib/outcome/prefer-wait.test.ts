import { describe, expect, it } from 'vitest';
import { preferredWait } from '../../../lib/outcome/prefer-wait.ts';

describe('the wait that a sender prefers', () => {
  it.each([
    ['wait=5', 5],
    ['wait=0', 0],
    ['wait=20', 20],
    ['wait=21', 20],
    ['wait=999999999', 20],
    ['Wait = 5', 5],
    ['wait="5"', 5],
    ['respond-async, wait=7', 7],
    ['wait=7; foo=bar', 7],
    ['wait=3, wait=9', 3],
  ])('%s is %i seconds', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it.each([undefined, '', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=x', 'wait=5s', 'await=5', 'respond-async'])(
    '%j is none',
    (header) => {
      expect(preferredWait(header)).toBeUndefined();
    },
  );
});
