import { type Block, covers } from './address-block.ts';

/**
 * The fewest CIDR blocks that cover exactly the given ones, by address.
 * @param blocks distinct CIDR blocks, none inside another, in any order
 */
export function mergedBlocks(blocks: readonly Block[]): Block[] {
  const merged: Block[] = [];
  for (const next of blocks.toSorted(byAddress)) {
    let block = next;
    for (let before = merged.at(-1); before && areHalves(before, block); before = merged.at(-1)) {
      merged.pop();
      block = { family: block.family, first: before.first, last: block.last };
    }
    merged.push(block);
  }
  return merged;
}

/** How many bits of the addresses a CIDR block leaves open: 0 for a single address. */
export function levelOf(block: Block): number {
  return (block.last - block.first + 1n).toString(2).length - 1;
}

/** Both halves of a CIDR block that is larger than one address. */
export function halvesOf(block: Block): [Block, Block] {
  const half = (block.last - block.first + 1n) >> 1n;
  const { family, first, last } = block;
  return [
    { family, first, last: first + half - 1n },
    { family, first: first + half, last },
  ];
}

/** The block that holds another, among blocks that are sorted by address and do not overlap. */
export function blockAround(sorted: readonly Block[], inner: Block): Block | undefined {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = sorted[middle] as Block;
    if (covers(block, inner)) return block;
    if (byAddress(block, inner) < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

export function byAddress(a: Block, b: Block): number {
  return a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
}

/** Whether two blocks are the lower and the upper half of one CIDR block. */
function areHalves(lower: Block, upper: Block): boolean {
  const size = upper.last - upper.first + 1n;
  return (
    lower.family === upper.family &&
    lower.last + 1n === upper.first &&
    lower.last - lower.first + 1n === size &&
    lower.first % (2n * size) === 0n
  );
}

/** The network of that length around an IPv6 address; of IPv4, the address itself. */
export function widened(block: Block, ipv6PrefixLength: number): Block {
  if (block.family === 4) return block;
  const size = 1n << BigInt(128 - ipv6PrefixLength);
  const first = block.first - (block.first % size);
  return { family: 6, first, last: first + size - 1n };
}
