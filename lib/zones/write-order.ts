import { type Block, blockOf, covers, readableBlocks } from '../addresses/address-block.ts';

/**
 * In which order an ACL's zones are written: those that gain addresses from other zones first, so
 * that a move leaves nobody outside in between.
 * @param before the lists the zones have, as canonical texts
 * @param after the lists they get
 * @param holdsSomebody whether anybody with a grant is in a block
 * @returns the zones' positions
 */
export function writeOrder(
  before: readonly (readonly string[])[],
  after: readonly (readonly string[])[],
  holdsSomebody: (block: Block) => boolean,
): number[] {
  if (after.length === 1) return [0];
  const gains = after.map((list, zone) => {
    const own = readableBlocks(before[zone] ?? []);
    const others = before.flatMap((entries, index) => (index === zone ? [] : readableBlocks(entries)));
    return list.map(blockOf).filter((block) => {
      const kept = own.some((entry) => covers(entry, block));
      return !kept && others.some((entry) => covers(entry, block) || covers(block, entry)) && holdsSomebody(block);
    }).length;
  });
  return after.map((_, zone) => zone).sort((a, b) => (gains[b] ?? 0) - (gains[a] ?? 0) || a - b);
}
