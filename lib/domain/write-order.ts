import { blockOf, covers, readableBlocks } from './address-block.ts';

/**
 * In which order an ACL's zones are written: those that gain addresses from other zones first, so
 * that a move leaves nobody outside in between.
 * @param before the lists the zones have, as canonical texts
 * @param after the lists they get
 * @returns the zones' positions
 */
export function writeOrder(before: readonly (readonly string[])[], after: readonly (readonly string[])[]): number[] {
  if (after.length === 1) return [0];
  const gains = after.map((list, zone) => {
    const own = readableBlocks(before[zone] ?? []);
    const others = before.flatMap((entries, index) => (index === zone ? [] : readableBlocks(entries)));
    return list.map(blockOf).filter((block) => {
      const kept = own.some((entry) => covers(entry, block));
      return !kept && others.some((entry) => covers(entry, block) || covers(block, entry));
    }).length;
  });
  return after.map((_, zone) => zone).sort((a, b) => (gains[b] ?? 0) - (gains[a] ?? 0) || a - b);
}
