import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { joseSignature } from '../../../lib/adapters/ecdsa-signature.ts';

const CURVES = [
  ['ES256', 'P-256', 'sha256', 64, 600],
  ['ES384', 'P-384', 'sha384', 96, 60],
  ['ES512', 'P-521', 'sha512', 132, 30],
] as const;

/** A sequence of integers, made by hand. */
const der = (...integers: readonly (readonly number[])[]) => {
  const inner = integers.flatMap((bytes) => [0x02, bytes.length, ...bytes]);
  return Buffer.from([0x30, inner.length, ...inner]);
};

describe('a signature of an EC key', () => {
  it.each(CURVES)(
    'is as JOSE has it, each time, whatever its numbers begin with: %s',
    (...[alg, namedCurve, digest, size, count]) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
      const lengths = new Set<number>();
      let good = 0;
      for (let each = 0; each < count; each += 1) {
        const input = Buffer.from(`${alg} ${each}`);
        const given = sign(digest, input, privateKey);
        lengths.add(given.length);
        const signature = joseSignature(given, alg);
        const isValid = verify(digest, input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
        if (isValid && signature.length === size) good += 1;
      }
      expect(good).toBe(count);
      // Short numbers and such with a zero before them were among them.
      expect(lengths.size).toBeGreaterThanOrEqual(2);
    },
  );

  it('keeps the value of numbers that are very short', () => {
    const signature = joseSignature(der([0x07], [0x00, 0x80]), 'ES256');
    expect(Buffer.from(signature).toString('hex')).toBe(`${'00'.repeat(31)}07${'00'.repeat(31)}80`);
  });

  it('of RSA stays as it is', () => {
    const signature = Buffer.from('any bytes');
    expect(joseSignature(signature, 'RS256')).toBe(signature);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['one number', der([1])],
    ['three numbers', der([1], [2], [3])],
    ['an empty number', der([], [2])],
    ['a number larger than the curve', der([1, ...Array(32).fill(0xff)], [2])],
    ['something behind it', Buffer.concat([der([1], [2]), Buffer.from([0])])],
    ['its end cut off', der([1], [2]).subarray(0, 7)],
    ['another kind of sequence', Buffer.from([0x31, ...der([1], [2]).subarray(1)])],
    ['a length without end', Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])],
    ['JOSE already', Buffer.alloc(64, 1)],
  ])('is refused with %s', (_, signature) => {
    expect(() => joseSignature(signature, 'ES256')).toThrow('no DER sequence');
  });
});
