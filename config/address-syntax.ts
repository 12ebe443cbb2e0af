import { type Block, blockOf, covers, formatBlock, parseBlock } from '../lib/addresses/address-block.ts';
import { canonicalAddress, isAcceptedHost, isDocumentationAddress } from '../lib/addresses/ip-address.ts';
import { byAddress } from '../lib/addresses/merged-blocks.ts';

/** Every address that a client on the internet can have: a list that holds half of them restricts nobody. */
const UNIVERSES: readonly Block[] = [
  { family: 4, first: 0n, last: 2n ** 32n - 1n },
  // 2000::/3, the only global unicast space that is handed out.
  { family: 6, first: 2n << 124n, last: (4n << 124n) - 1n },
];

/** Addresses in a row that may always be let in without a word: those of a /16, of a /32 with IPv6. */
const WIDEST = { 4: 2n ** 16n, 6: 2n ** 96n } as const;
const WIDEST_PREFIX = { 4: '/16', 6: '/32' } as const;

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

/** What is wrong with a network that no request from the internet can come from. @param text a valid entry */
export function privateProblem(text: string): string | undefined {
  const block = blockOf(text);
  const isPublic = [block.first, block.last].some((address) => {
    const [host = ''] = formatBlock({ ...block, first: address, last: address }).split('/');
    return isAcceptedHost(host, { allowPrivate: false, allowIpv6: true });
  });
  return isPublic
    ? undefined
    : `"${text}" is no network of the internet, from which alone events come; write the address that your senders have there`;
}

/** Whether a list of valid entries lets in (about) everyone: half of the addresses of a family or more. */
export function opensToEveryone(texts: readonly string[]): boolean {
  const blocks = texts.map(parseBlock).filter((block) => block !== undefined);
  return UNIVERSES.some((universe) => {
    const inside = blocks.filter((block) => block.family === universe.family);
    return size(inside, universe) * 2n >= universe.last - universe.first + 1n;
  });
}

/** Entries that let in more addresses in a row than is meant by accident, alone or with neighbours and overlaps. */
export interface WideRun {
  /** Positions in the list. */
  readonly entries: readonly number[];
  readonly message: string;
}

/**
 * Where a list of networks is wider than /16 (IPv4) or /32 (IPv6).
 * @param entries as they stand in the file; what is not valid is left out
 */
export function wideRuns(entries: readonly unknown[]): WideRun[] {
  const runs: { block: Block; entries: number[] }[] = [];
  const blocks = entries.flatMap((entry, index) => {
    const block = typeof entry === 'string' ? parseBlock(entry) : undefined;
    return block ? [{ block, index }] : [];
  });
  for (const { block, index } of blocks.toSorted((a, b) => byAddress(a.block, b.block))) {
    const run = runs.at(-1);
    if (run && run.block.family === block.family && block.first <= run.block.last + 1n) {
      const last = block.last > run.block.last ? block.last : run.block.last;
      run.block = { ...run.block, last };
      run.entries.push(index);
    } else runs.push({ block, entries: [index] });
  }
  return runs
    .filter(({ block }) => block.last - block.first + 1n > WIDEST[block.family])
    .map(({ block, entries }) => ({
      entries: entries.toSorted((a, b) => a - b),
      message:
        `${formatBlock(block)} is wider than ${WIDEST_PREFIX[block.family]}: ` +
        'write narrower networks, or set "allowWide": true for this ACL if that is meant',
    }));
}

/** What is wrong with the sentinel: it must be an address that nobody has. @param text a CIDR that is valid */
export function sentinelProblem(text: string): string | undefined {
  const block = parseBlock(text);
  const host = canonicalAddress(text.split('/')[0] ?? '');
  if (block && block.first === block.last && host !== undefined && isDocumentationAddress(host)) return undefined;
  return `"${text}" is not one host of a documentation range; write an address that nobody has, such as "192.0.2.0/32"`;
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
