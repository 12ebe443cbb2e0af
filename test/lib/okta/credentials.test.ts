import { describe, expect, it } from 'vitest';
import { asToken, tokenProblem } from '../../../lib/okta/credentials.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';

describe('the text of the secret', () => {
  it.each(['00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789_-xY', 'okta-zones-token', 'a.b~c+d/e='])(
    'can be a token: %s',
    (text) => {
      expect(tokenProblem(text)).toBeUndefined();
      expect(asToken(text)).toBe(text);
    },
  );

  it.each([
    ['a line break', '00aBcDeFgHiJk\nLmNoPq', 'white space'],
    ['a space', '00aBcDeFgHiJk LmNoPq', 'white space'],
    ['the scheme before it', 'SSWS 00aBcDeFgHiJkLm', 'SSWS'],
    ['quotes around it', '"00aBcDeFgHiJkLm"', 'JSON'],
    ['single quotes', "'00aBcDeFgHiJkLm'", 'characters'],
    ['JSON of the console', '{\n  "token": "00aBcDeFgHiJkLm"\n}', 'JSON'],
    ['a list', '["00aBcDeFgHiJkLm"]', 'JSON'],
    ['a control character', '00aBcDeFg\u0000HiJkLm', 'characters'],
    ['a character that is not seen', '00aBcDeFg\u200BHiJkLm', 'characters'],
    ['a letter of another script', '00aBcDeFgHiJkLmП', 'characters'],
    ['no end', 'x'.repeat(513), 'long'],
  ])('can be none with %s, which is said without the text', (_, text, problem) => {
    let said = '';
    try {
      asToken(text);
    } catch (error) {
      if (error instanceof OktaFailure) said = `${error.code} ${error.message} ${JSON.stringify(error.fields)}`;
    }
    expect(said).toMatch(/^ZONE006 what the secret holds can't be an Okta token/);
    expect(said).toContain(problem);
    expect(said).not.toContain('00aBcDeFg');
  });

  it.each([undefined, ''])('is none where there is none: %j', (text) => {
    expect(() => asToken(text)).toThrow('no value');
  });
});
