import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureDetail, readable } from '../../lib/failure-detail.ts';

describe('text from outside', () => {
  it.each([
    ['a line break', 'one\ntwo\tthree', 'one two three'],
    ['a line break of Unicode', 'one\u2028two\u0085three', 'one two three'],
    ['an escape that steers a terminal', 'a\u001b[31mred\u009b0m', 'a�[31mred�0m'],
    ['a null and a bell', 'a\u0000b\u0007', 'a�b�'],
    ['a mark that turns the rest around', 'invoice\u202Efdp.exe', 'invoice�fdp.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a�b�'],
    ['characters without width', 'ad\u200Bmin\u200D\u2060\uFEFF', 'ad�min���'],
    ['what is there to be seen as nothing', 'a\u3164b\uFE0Fc\u{E0041}', 'a�b�c�'],
    ['a soft hyphen', 'ad\u00ADmin', 'ad�min'],
    ['half of a character', 'a\uD83D', 'a�'],
    ['letters of any script', 'Ünï 漢字 😀 é', 'Ünï 漢字 😀 é'],
  ])('is readable: %s', (_, text, said) => {
    expect(readable(text)).toBe(said);
  });
});

describe('the detail of a failure', () => {
  it('is one line without gaps', () => {
    expect(failureDetail(' a page\r\n\r\n   of   somebody\n')).toBe('a page of somebody');
  });

  it('is as long as 500 characters, and says where it was cut', () => {
    expect(failureDetail('x'.repeat(500))).toBe('x'.repeat(500));
    expect(failureDetail('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
    expect(failureDetail(`${'x'.repeat(498)}😀😀`)).toHaveLength(500);
  });

  it('is one line of at most 500 characters that can be seen, whatever it was', () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_200 }), (text) => {
        const detail = failureDetail(text);
        expect(detail.length).toBeLessThanOrEqual(500);
        expect(detail).not.toMatch(unseen);
        expect(detail.isWellFormed()).toBe(true);
      }),
    );
  });
});
