import { blockOf, formatBlock } from '../../lib/addresses/address-block.ts';

/** Blocks up to this size are taken apart, so that merged neighbours compare as the people they stand for. */
const LARGEST_MERGED = 64n;
/** An IPv6 network that may stand for one person: a /64. */
const NETWORK = 1n << 64n;
const known = new Map<string, readonly string[]>();

/** What an entry of a zone's list lets in: hosts, or IPv6 networks, one by one; or a configured range as itself. */
export function letsIn(entry: string): readonly string[] {
  const before = known.get(entry);
  if (before) return before;
  const block = blockOf(entry);
  const size = block.last - block.first + 1n;
  const unit = size >= NETWORK ? NETWORK : 1n;
  const parts =
    size / unit > LARGEST_MERGED || size % unit !== 0n
      ? [formatBlock(block)]
      : Array.from({ length: Number(size / unit) }, (_, n) => {
          const first = block.first + unit * BigInt(n);
          return formatBlock({ ...block, first, last: first + unit - 1n });
        });
  known.set(entry, parts);
  return parts;
}

const entries = new Map<string, string>();

/** The entry of a zone's list that lets an address in: of an IPv6 address so many bits. */
export function entryFor(ip: string, ipv6: 64 | 128 = 128): string {
  if (!ip.includes(':')) return `${ip}/32`;
  const text = `${ip}/${ipv6}`;
  const known = entries.get(text) ?? formatBlock(blockOf(text));
  entries.set(text, known);
  return known;
}

/** How few entries can stand for these, no address more: IPv4 hosts by the largest aligned blocks first, the rest as they are. */
export function fewestEntries(entries: readonly string[]): number {
  const networks = new Map<string, Set<number>>();
  let others = 0;
  for (const entry of new Set(entries)) {
    const [, network, host] = /^(\d+\.\d+\.\d+)\.(\d+)\/32$/.exec(entry) ?? [];
    if (network === undefined) others += 1;
    else networks.set(network, (networks.get(network) ?? new Set()).add(Number(host)));
  }
  return [...networks.values()].reduce((sum, hosts) => sum + fewestBlocks(hosts), others);
}

/** @param hosts the last bytes of addresses of one /24 */
function fewestBlocks(hosts: ReadonlySet<number>): number {
  const rest = new Set(hosts);
  let count = 0;
  for (let size = 256; size >= 1; size /= 2) {
    for (let first = 0; first < 256; first += size) {
      let all = true;
      for (let at = first; all && at < first + size; at += 1) all = rest.has(at);
      if (!all) continue;
      for (let at = first; at < first + size; at += 1) rest.delete(at);
      count += 1;
    }
  }
  return count;
}
