import { blockOf, formatBlock } from '../../lib/domain/address-block.ts';

/** Blocks up to this size are taken apart, so that merged neighbours compare as the people they stand for. */
const LARGEST_MERGED = 64n;
const known = new Map<string, readonly string[]>();

/** What an entry of a zone's list lets in: hosts one by one, or a configured range as itself. */
export function letsIn(entry: string): readonly string[] {
  const before = known.get(entry);
  if (before) return before;
  const block = blockOf(entry);
  const size = block.last - block.first + 1n;
  const hosts =
    size > LARGEST_MERGED
      ? [formatBlock(block)]
      : Array.from({ length: Number(size) }, (_, n) => {
          const address = block.first + BigInt(n);
          return formatBlock({ ...block, first: address, last: address });
        });
  known.set(entry, hosts);
  return hosts;
}
