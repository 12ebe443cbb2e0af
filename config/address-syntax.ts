import { type Block, covers, formatBlock, parseBlock } from '../lib/addresses/address-block.ts';

/** Every address that a client on the internet can have: a list that holds half of them restricts nobody. */
const UNIVERSES: readonly Block[] = [
  { family: 4, first: 0n, last: 2n ** 32n - 1n },
  // 2000::/3, the only global unicast space that is handed out.
  { family: 6, first: 2n << 124n, last: (4n << 124n) - 1n },
];

export interface BlockRules {
  readonly allowIpv6: boolean;
  /** A single address or a `first-last` range will not do. */
  readonly cidrOnly: boolean;
}

/**
 * What is wrong with one entry of a list of networks, and what to write instead.
 * @returns undefined where nothing is
 */
export function blockProblem(text: string, rules: BlockRules): string | undefined {
  const form = rules.cidrOnly
    ? 'a CIDR such as "192.0.2.0/32"'
    : 'a CIDR ("198.51.100.0/24") or a range ("198.51.100.7-198.51.100.9")';
  const block = parseBlock(text);
  if (!block) return `"${text}" is not valid; write ${form}, without leading zeros`;
  if (block.family === 6 && !rules.allowIpv6) {
    return `"${text}" is IPv6; write an IPv4 network, or set "allowIpv6": true (Okta takes IPv6 in preview orgs only)`;
  }
  if (rules.cidrOnly && !text.includes('/')) return `"${text}" is not a CIDR; write ${suggestion(block, form)}`;
  if (text.includes('/') && hasHostBits(text, block)) {
    return `"${text}" is not the first address of its network; write "${formatBlock(block)}"`;
  }
  return undefined;
}

/** Whether a list of valid entries lets in (about) everyone: half of the addresses of a family or more. */
export function opensToEveryone(texts: readonly string[]): boolean {
  const blocks = texts.map(parseBlock).filter((block) => block !== undefined);
  return UNIVERSES.some((universe) => {
    const inside = blocks.filter((block) => block.family === universe.family);
    return size(inside, universe) * 2n >= universe.last - universe.first + 1n;
  });
}

function suggestion(block: Block, fallback: string): string {
  const text = formatBlock(block);
  return text.includes('/') ? `"${text}"` : fallback;
}

function hasHostBits(text: string, block: Block): boolean {
  const host = parseBlock(text.slice(0, text.indexOf('/')));
  return host !== undefined && covers(block, host) && host.first !== block.first;
}

/** How many addresses of `universe` the blocks hold together. */
function size(blocks: readonly Block[], universe: Block): bigint {
  let total = 0n;
  let next = universe.first;
  for (const block of blocks.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const first = block.first > next ? block.first : next;
    const last = block.last < universe.last ? block.last : universe.last;
    if (last < first) continue;
    total += last - first + 1n;
    next = last + 1n;
  }
  return total;
}
