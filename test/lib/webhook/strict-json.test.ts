import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../lib/webhook/strict-json.ts';

const read = (text: string) => parseStrictJson(Buffer.from(text));
const refused = expect.objectContaining({ name: 'JsonNotAcceptable' });

/** As deep as an event needs and a little more; deeper is refused. */
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('JSON that everybody reads alike', () => {
  it('is read as JSON.parse reads it', () => {
    const hasProto = (text: string) => text.includes('__proto__');
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        fc.pre(!hasProto(text) && text.isWellFormed());
        let value: unknown;
        try {
          value = read(text);
        } catch (error) {
          // Half a surrogate pair, written as an escape, is the one thing that JSON has and we don't.
          expect(JSON.stringify(JSON.parse(text))).toMatch(/\\ud[89a-f]/);
          expect(error).toEqual(refused);
          return;
        }
        expect(value).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['the same key in different objects', '{"a":{"x":1},"b":{"x":2},"c":[{"x":1},{"x":2}]}'],
    ['a key that is a value as well', '{"a":"a","b":["a","a"]}'],
    ['a value that looks like a key', '{"a":"b\\":","c":"{\\"a\\":1}"}'],
    ['space around the colon', '{"a" \n: 1, "b"\t:2}'],
    ['a whole surrogate pair in escapes', '{"a":"\\ud83d\\ude00"}'],
    ['the deepest nesting', nested(8)],
    ['brackets inside of strings', `{"a":"${'['.repeat(50)}"}`],
    ['a value named __proto__', '{"a":"__proto__"}'],
    ['keys that only look alike', '{"a":1,"A":2,"\\u0061b":3}'],
  ])('takes %s', (_, text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['nothing', ''],
    ['two texts', '{}{}'],
    ['a comment', '{"a":1/**/}'],
    ['a comma at the end', '{"a":1,}'],
    ['NaN', '{"a":NaN}'],
    ['single quotes', "{'a':1}"],
    ['a byte order mark', '\uFEFF{}'],
    ['the same key twice', '{"a":1,"a":1}'],
    ['the same key twice, once with escapes', '{"ip":1,"\\u0069p":2}'],
    ['the same key twice, with space behind it', '{"a" :1,"a"\n:2}'],
    ['the same key twice further in', '{"data":[{"b":1,"a":[{}],"b":2}]}'],
    ['the key __proto__', '{"__proto__":{}}'],
    ['the key __proto__ with escapes', '{"a":{"__\\u0070roto__":1}}'],
    ['half a surrogate pair in a value', '{"a":"\\ud83d"}'],
    ['half a surrogate pair in a key', '{"\\ude00":1}'],
    ['the halves in the wrong order', '["\\ude00\\ud83d"]'],
    ['nesting a level too deep', nested(9)],
    ['objects nested a level too deep', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(refused);
  });

  it.each([
    ['a byte that starts nothing', [0x22, 0xff, 0x22]],
    ['a character that is cut off', [0x22, 0xc3, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0xbd, 0x22]],
    ['UTF-16', [...Buffer.from('{}', 'utf16le')]],
  ])('refuses bytes that are not UTF-8: %s', (_, bytes) => {
    expect(() => parseStrictJson(Uint8Array.from(bytes))).toThrow(refused);
  });

  it.each([
    ['{"a":1,}', 'not JSON in UTF-8'],
    [nested(9), 'nested too deeply'],
    ['["\\ud83d"]', 'half of a surrogate pair'],
    ['{"__proto__":1}', '__proto__'],
    ['{"a":1,"a":1}', 'same key twice'],
  ])('says what is wrong with %s', (text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });

  it('passes on what the parser found', () => {
    expect(() => read('{"a":1,}')).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });

  it('quotes nothing of the text in what it says', () => {
    for (const text of ['{"hush":1,"hush":2}', 'hush', '"\\ud800 hush"', `"hush${nested(9)}`]) {
      expect(() => read(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hush') }));
    }
  });
});
