import { describe, expect, it } from 'vitest';
import {
  isOrder,
  isPosition,
  isText,
  LONGEST_TEXT,
  latestExpiry,
  latestMoment,
  latestOrder,
} from '../../../lib/grants/plausible.ts';
import { NOW } from '../../helpers/events.ts';

const DIGITS = '1'.repeat(20);
const LATEST = '2'.repeat(20);

describe('what can stand in a message or a row', () => {
  it.each<[string, unknown, boolean]>([
    ['the longest of one byte each', 'x'.repeat(LONGEST_TEXT), true],
    ['one more', 'x'.repeat(LONGEST_TEXT + 1), false],
    ['the longest of three bytes each', '語'.repeat(170), true],
    ['one more of three bytes', '語'.repeat(171), false],
    ['nothing', '', false],
    ['a list of one text', ['x'], false],
    ['a number', 7, false],
  ])('is a text, or not: %s', (_, value, is) => {
    expect(isText(value)).toBe(is);
  });

  it.each<[string, unknown, boolean]>([
    ['a time alone', DIGITS, true],
    ['a time and a position', `${DIGITS}.4`, true],
    ['a position of nothing', `${DIGITS}.`, false],
    ['something before it', `0x${DIGITS}`, false],
    ['something behind it', `${DIGITS}x`, false],
    ['as late as none can be', LATEST, false],
    ['a list of one order', [DIGITS], false],
  ])('is an order, or not: %s', (_, value, is) => {
    expect(isOrder(value, LATEST)).toBe(is);
  });

  it('is no position where it is a list of one', () => {
    expect(isPosition(['4'.padStart(20, '0')])).toBe(false);
  });

  it('lies at most five minutes ahead, since clocks may differ by that, and the end of a grant thirty days more', () => {
    expect(latestMoment(NOW) - NOW).toBe(300_000);
    expect(latestExpiry(NOW) - latestMoment(NOW)).toBe(30 * 86_400_000);
    // Above every order of that moment, whatever its position.
    expect(latestOrder(NOW) > `${BigInt(NOW + 300_000) * 1_000_000n}.3`.padStart(22, '0')).toBe(true);
  });
});
