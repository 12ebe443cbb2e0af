import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Block,
  blockOf,
  canonicalGateways,
  covers,
  formatBlock,
  parseBlock,
  toGateway,
} from '../../../lib/addresses/address-block.ts';

const aBlock: fc.Arbitrary<Block> = fc.constantFrom<4 | 6>(4, 6).chain((family) => {
  const anAddress = fc.bigInt({ min: 0n, max: 2n ** (family === 4 ? 32n : 128n) - 1n });
  return fc
    .tuple(anAddress, anAddress)
    .map(([a, b]) => (a < b ? { family, first: a, last: b } : { family, first: b, last: a }));
});
/** IPv4-mapped IPv6 is IPv4 here, so such a block has no text of its own. */
const isMapped = ({ family, first, last }: Block) =>
  family === 6 && [first, last].some((address) => address >> 32n === 0xffffn);

describe('an entry of a zone', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4/32'],
    ['1.2.3.4/32', '1.2.3.4/32'],
    ['1.2.3.4-1.2.3.4', '1.2.3.4/32'],
    ['1.2.3.4 - 1.2.3.4', '1.2.3.4/32'],
    ['::ffff:1.2.3.4', '1.2.3.4/32'],
    ['1.2.3.77/24', '1.2.3.0/24'],
    ['1.2.3.0-1.2.3.255', '1.2.3.0/24'],
    ['1.2.3.1-1.2.3.2', '1.2.3.1-1.2.3.2'],
    ['1.2.3.4-1.2.3.6', '1.2.3.4-1.2.3.6'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255', '255.255.255.255/32'],
    ['2001:DB8:0::1', '2001:db8::1/128'],
    ['2001:db8::-2001:db8::ffff', '2001:db8::/112'],
    ['2001:db8::1-2001:db8::3', '2001:db8::1-2001:db8::3'],
    ['::/0', '::/0'],
  ])('%s is %s', (text, canonical) => {
    expect(formatBlock(blockOf(text))).toBe(canonical);
  });

  it.each([
    ...['', ' ', 'x', '1.2.3', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/08', '1.2.3.4/', '1.2.3.4/8/8', '01.2.3.4/8'],
    ...['1.2.3.4-', '-1.2.3.4', '1.2.3.9-1.2.3.1', '1.2.3.4-1.2.3.5-1.2.3.6', '1.2.3.4-2001:db8::1', '1.2.3.4/8-9'],
    ...['2001:db8::/129', '2001:db8::1%eth0', 'fe80::%1/64', '1.2.3.4/1e1', '1.2.3.4/0x8', '1.2.3.4 /8'],
  ])('%j is none', (text) => {
    expect(parseBlock(text)).toBeUndefined();
    expect(() => blockOf(text)).toThrow(RangeError);
  });

  it.each([
    ['::ffff:1.2.3.4/128', '1.2.3.4/32'],
    ['::ffff:1.2.3.4/120', '1.2.3.0/24'],
    ['::ffff:1.2.3.4/96', '0.0.0.0/0'],
    ['::ffff:1.2.3.4/95', undefined],
    ['::ffff:1.2.3.4/32', undefined],
    ['::ffff:1.2.3.4/24', undefined],
    ['::ffff:1.2.3.4/0', undefined],
    ['::ffff:1.2.3.4/129', undefined],
  ])('of IPv4-mapped IPv6 counts its prefix in bits of IPv6: %s is %s', (text, canonical) => {
    const block = parseBlock(text);
    expect(block && formatBlock(block)).toBe(canonical);
  });

  it('has one text, which reads back as the same addresses', () => {
    fc.assert(
      fc.property(
        aBlock.filter((block) => !isMapped(block)),
        (block) => {
          const text = formatBlock(block);
          expect(parseBlock(text)).toEqual(block);
          expect(formatBlock(blockOf(text))).toBe(text);
        },
      ),
    );
  });

  it('is a CIDR exactly where one covers it, a range otherwise', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.nat(255), (bits, byte) => {
        const size = 2n ** BigInt(bits);
        const first = (BigInt(byte) << 24n) & ~(size - 1n);
        const block: Block = { family: 4, first, last: first + size - 1n };
        expect(formatBlock(block)).toMatch(new RegExp(`/${32 - bits}$`));
        if (bits > 1) expect(formatBlock({ ...block, last: block.last - 1n })).toContain('-');
      }),
    );
  });

  it.each([
    ['203.0.113.7/32', 'CIDR'],
    ['203.0.113.0/24', 'CIDR'],
    ['203.0.113.1-203.0.113.2', 'RANGE'],
    ['2001:db8::1/128', 'CIDR'],
  ])('%s goes out as %s', (value, type) => {
    expect(toGateway(value)).toEqual({ type, value });
  });
});

describe('a zone’s list', () => {
  it('is the same for every spelling, order and repetition of the same addresses', () => {
    const one = [{ value: '1.2.3.4/32' }, { value: '5.6.7.0/24' }];
    const other = [{ value: '5.6.7.9/24' }, { value: '1.2.3.4-1.2.3.4' }, { value: '1.2.3.4' }];
    expect(canonicalGateways(other)).toEqual(canonicalGateways(one));
    expect(canonicalGateways(one)).toEqual(['1.2.3.4/32', '5.6.7.0/24']);
  });

  it('keeps what it can’t read, so that it never counts as equal', () => {
    expect(canonicalGateways([{ value: 'any' }, {}, { value: '1.2.3.4' }])).toEqual([
      ...['1.2.3.4/32', 'unreadable:', 'unreadable:any'],
    ]);
  });
});

describe('coverage', () => {
  it.each([
    ['10.0.0.0/24', '10.0.0.0/24', true],
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['10.0.0.0/24', '9.255.255.255', false],
    ['10.0.0.0/24', '10.0.0.128-10.0.1.0', false],
    ['10.0.0.1-10.0.0.3', '10.0.0.2', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
  ])('%s over %s: %s', (outer, inner, expected) => {
    expect(covers(blockOf(outer), blockOf(inner))).toBe(expected);
  });
});
