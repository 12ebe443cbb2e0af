import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, blockOf, formatBlock } from '../../../lib/domain/address-block.ts';
import { MergedHosts } from '../../../lib/domain/merged-hosts.ts';

function mergedOf(ips: readonly string[], limit = Number.POSITIVE_INFINITY) {
  const merged = new MergedHosts();
  const taken = ips.filter((ip) => merged.add(blockOf(ip), limit));
  return { merged, taken, texts: merged.blocks().map(formatBlock) };
}

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

const someBytes = fc.uniqueArray(fc.nat(63), { maxLength: 64 });
const ip = (byte: number) => `203.0.113.${byte}`;
const size = ({ first, last }: Block) => Number(last - first) + 1;

describe('hosts, merged', () => {
  it.each([
    ['one', [5], ['203.0.113.5/32']],
    ['buddies', [4, 5], ['203.0.113.4/31']],
    ['neighbours that are no buddies', [5, 6], ['203.0.113.5/32', '203.0.113.6/32']],
    ['four in a row', [7, 5, 4, 6], ['203.0.113.4/30']],
    ['a block and a host', [4, 5, 6], ['203.0.113.4/31', '203.0.113.6/32']],
    ['across a power of two', [127, 128], ['203.0.113.127/32', '203.0.113.128/32']],
  ])('%s: the largest first, then by address', (_, bytes, texts) => {
    expect(mergedOf(bytes.map(ip)).texts).toEqual(texts);
  });

  it('are the fewest blocks that cover exactly them, in whatever order they came', () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const { merged } = mergedOf(bytes.map(ip));
        const base = blockOf(ip(0)).first;
        const covered = merged
          .blocks()
          .flatMap((block) => Array.from({ length: size(block) }, (_, i) => Number(block.first - base) + i));
        expect(covered.sort((a, b) => a - b)).toEqual([...bytes].sort((a, b) => a - b));
        expect(merged.count).toBe(merged.blocks().length);
        expect(merged.count).toBe(fewest(new Set(bytes)));
      }),
    );
  });

  it('never are more blocks than the limit, and take a host that merges also when full', () => {
    const { texts, taken } = mergedOf(['203.0.113.4', '203.0.113.8', '203.0.113.20', '203.0.113.5'], 2);
    expect(taken).toEqual(['203.0.113.4', '203.0.113.8', '203.0.113.5']);
    expect(texts).toEqual(['203.0.113.4/31', '203.0.113.8/32']);
  });

  it('keep IPv4 and IPv6 apart, also where their numbers are neighbours', () => {
    expect(mergedOf(['0.0.0.2', '::3', '0.0.0.3', '::2']).texts).toEqual(['0.0.0.2/31', '::2/127']);
  });
});
