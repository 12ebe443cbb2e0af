import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, formatBlock } from '../../../lib/addresses/address-block.ts';
import { blockAround, byAddress, levelOf, mergedBlocks, widened } from '../../../lib/addresses/merged-blocks.ts';
import { addresses } from '../../helpers/gateway-demand.ts';

const merged = (texts: readonly string[]) => mergedBlocks(texts.map(blockOf)).map(formatBlock);
const ip = (byte: number) => `203.0.113.${byte}`;

/** The fewest CIDRs that cover exactly the addresses: at each step the largest aligned block that holds no other. */
function fewest(values: ReadonlySet<number>): number {
  let rest = [...values];
  let count = 0;
  for (let bits = 8; bits >= 0; bits -= 1) {
    const size = 2 ** bits;
    for (let first = 0; first < 256; first += size) {
      const block = Array.from({ length: size }, (_, i) => first + i);
      if (!block.every((value) => rest.includes(value))) continue;
      rest = rest.filter((value) => !block.includes(value));
      count += 1;
    }
  }
  return count;
}

describe('blocks, merged', () => {
  it.each([
    ['none', [], []],
    ['one', ['203.0.113.5'], ['203.0.113.5/32']],
    ['both halves of a network', ['203.0.113.5', '203.0.113.4'], ['203.0.113.4/31']],
    ['neighbours that are no halves of one', ['203.0.113.5', '203.0.113.6'], ['203.0.113.5/32', '203.0.113.6/32']],
    ['four in a row', [7, 5, 4, 6].map(ip), ['203.0.113.4/30']],
    ['networks of different sizes', ['203.0.113.4/31', '203.0.113.6'], ['203.0.113.4/31', '203.0.113.6/32']],
    ['across a power of two', [127, 128].map(ip), ['203.0.113.127/32', '203.0.113.128/32']],
    ['IPv4 and IPv6, also where the numbers are neighbours', ['::3', '0.0.0.2'], ['0.0.0.2/32', '::3/128']],
    ['IPv6 networks', ['2001:db8:0:1::/64', '2001:db8::/64'], ['2001:db8::/63']],
    ['the last addresses there are', ['255.255.255.255', '255.255.255.254'], ['255.255.255.254/31']],
  ])('%s', (_, texts, expected) => {
    expect(merged(texts)).toEqual(expected);
  });

  it('are the fewest that cover exactly the same, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(63), { maxLength: 64 }), (bytes) => {
        const list = merged(bytes.map(ip));
        expect(addresses(list).sort()).toEqual(addresses(bytes.map(ip)).sort());
        expect(list).toHaveLength(fewest(new Set(bytes)));
      }),
    );
  });

  it('are found by an address that is in them, and by no other', () => {
    const blocks = mergedBlocks(['203.0.113.4', '203.0.113.5', '203.0.113.9', '2001:db8::9'].map(blockOf));
    const around = (text: string) => {
      const block = blockAround(blocks, blockOf(text));
      return block && formatBlock(block);
    };
    expect(['203.0.113.5', '203.0.113.9', '2001:db8::9'].map(around)).toEqual([
      ...['203.0.113.4/31', '203.0.113.9/32', '2001:db8::9/128'],
    ]);
    expect(
      ['203.0.113.3', '203.0.113.6', '203.0.113.10', '2001:db8::8', '::1'].flatMap((text) => around(text) ?? []),
    ).toEqual([]);
  });
});

describe('a block among others', () => {
  it('comes before those of higher addresses, and IPv4 before IPv6', () => {
    const order = (a: string, b: string) => Math.sign(byAddress(blockOf(a), blockOf(b)));
    expect(order('203.0.113.4', '203.0.113.5')).toBe(-1);
    expect(order('203.0.113.5', '203.0.113.4')).toBe(1);
    expect(order('203.0.113.4', '203.0.113.4')).toBe(0);
    expect(order('203.0.113.4', '::1')).toBe(-1);
  });

  it.each([
    ['203.0.113.4', 0],
    ['203.0.113.4/31', 1],
    ['203.0.113.0/24', 8],
    ['::/0', 128],
  ])('leaves open so many bits: %s %i', (text, level) => {
    expect(levelOf(blockOf(text))).toBe(level);
  });
});

describe('an IPv6 address', () => {
  it.each([
    [128, '2001:db8:1:2:3:4:5:6/128'],
    [64, '2001:db8:1:2::/64'],
    [56, '2001:db8:1::/56'],
    [48, '2001:db8:1::/48'],
  ])('stands for its /%i', (length, expected) => {
    expect(formatBlock(widened(blockOf('2001:db8:1:2:3:4:5:6'), length))).toBe(expected);
  });

  it('is widened, an IPv4 address never', () => {
    expect(formatBlock(widened(blockOf('203.0.113.7'), 48))).toBe('203.0.113.7/32');
  });
});
