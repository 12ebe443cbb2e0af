import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Number, ipv4Text } from '../../../lib/addresses/ipv4-number.ts';

describe('an IPv4 address as a number', () => {
  it('is the one that comes back as the same text', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(ipv4Text(ipv4Number(text) ?? -1)).toBe(text);
      }),
    );
    expect([ipv4Number('0.0.0.0'), ipv4Number('1.2.3.4'), ipv4Number('255.255.255.255')]).toEqual([
      ...[0, 16_909_060, 4_294_967_295],
    ]);
  });

  it('is read from exactly the texts that Node.js takes for one', () => {
    const nearly = fc.stringMatching(/^[0-9. a/:-]{0,18}$/);
    const parts = fc.array(fc.constantFrom('', '0', '00', '01', '9', '10', '099', '255', '256', '999', '1000', '٣'), {
      ...{ minLength: 1, maxLength: 6 },
    });
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          parts.map((list) => list.join('.')),
          fc.ipV4Extended(),
        ),
        (text) => {
          expect([text, ipv4Number(text) !== undefined]).toEqual([text, isIPv4(text)]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '1.2.3.',
    '1.2.3',
    '1.2.3.4.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.:',
    '1.2.3.a',
    '1.2.3./',
    '1.2.3.4a',
    '1.2.3.256',
  ])('is none in %s', (text) => {
    expect(ipv4Number(text)).toBeUndefined();
  });

  it('ends where it is told to', () => {
    expect(ipv4Number('1.2.3.4/32', 7)).toBe(16_909_060);
    expect(ipv4Number('1.2.3.4/32', 8)).toBeUndefined();
  });
});
