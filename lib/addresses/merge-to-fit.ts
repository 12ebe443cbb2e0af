import { type Block, formatBlock } from './address-block.ts';
import { blockAround, byAddress, halvesOf, levelOf, mergedBlocks } from './merged-blocks.ts';

/** What one person needs in a zone: their address or, of IPv6, the network that stands for it. */
export interface Host {
  readonly block: Block;
  /** The block's canonical text. */
  readonly text: string;
}

/**
 * The entries for hosts that must fit into a zone: each as itself while there is room; else neighbours
 * merged, exactly, such that as few hosts as possible stand merged. Of several ways to do that, the one
 * that keeps what was merged before; then the one with the lower addresses.
 * @param hosts distinct; all those of one address family equally large
 * @param before the entries that the zone had
 * @returns at most `room` entries, provided that the fewest blocks that cover the hosts are no more
 */
export function mergeToFit(hosts: readonly Host[], room: number, before: readonly string[]): string[] {
  if (hosts.length <= room) return hosts.map(({ text }) => text);
  const chosen = chooseBlocks(hosts, hosts.length - room, new Set(before)).sort(byAddress);
  const entries = new Set<string>();
  for (const { block, text } of hosts) {
    const around = blockAround(chosen, block);
    entries.add(around ? formatBlock(around) : text);
  }
  return [...entries];
}

interface Candidate {
  readonly block: Block;
  /** It was an entry of the list before. */
  readonly kept: boolean;
  /** It is no part of a larger block that could be merged. */
  readonly whole: boolean;
}

/**
 * Blocks that save as many entries as asked for, or all there are. A block of n hosts saves n - 1
 * entries, so the larger ones hide fewer people for what they save, and are taken first. One that
 * would save more than is left to save offers its halves instead: so nobody is merged in vain.
 */
function chooseBlocks(hosts: readonly Host[], toSave: number, before: ReadonlySet<string>): Block[] {
  const hostLevel = { 4: 0, 6: 0 };
  for (const { block } of hosts) hostLevel[block.family] = levelOf(block);
  // By doublings: 1 is two hosts, 2 is four.
  const candidates: Candidate[][] = [];
  const offer = (block: Block, whole: boolean) => {
    const doublings = levelOf(block) - hostLevel[block.family];
    while (candidates.length <= doublings) candidates.push([]);
    candidates[doublings]?.push({ block, whole, kept: before.has(formatBlock(block)) });
  };
  for (const block of mergedBlocks(hosts.map(({ block }) => block))) offer(block, true);

  const chosen: Block[] = [];
  let left = toSave;
  for (let doublings = candidates.length - 1; doublings > 0 && left > 0; doublings -= 1) {
    const saves = 2 ** doublings - 1;
    for (const { block } of candidates[doublings]?.sort(byPreference) ?? []) {
      if (saves <= left) {
        chosen.push(block);
        left -= saves;
      } else for (const half of halvesOf(block)) offer(half, false);
    }
  }
  return chosen;
}

function byPreference(a: Candidate, b: Candidate): number {
  return Number(b.kept) - Number(a.kept) || Number(b.whole) - Number(a.whole) || byAddress(a.block, b.block);
}
