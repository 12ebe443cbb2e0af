import { type Block, blockOf, covers, formatBlock, isHost } from '../addresses/address-block.ts';
import { mergedBlocks, widened } from '../addresses/merged-blocks.ts';
import type { AclConfig, Config } from '../config.ts';
import type { Holder } from '../grants/grant-items.ts';
import { desiredGateways } from './desired-gateways.ts';
import type { WriteRules } from './next-write.ts';

/** What the usable zones of an ACL must hold. */
export interface Plan {
  /** By zone id: the canonical list. Only zones that can be used have one. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** What fits into no zone, first come first. */
  readonly waiting: readonly string[];
  /** Blocks that together are all that the lists would hold if there were room; nobody else may be in a zone. */
  readonly wanted: () => readonly Block[];
  /** The rules by which the lists are written one after the other. */
  readonly rules: Omit<WriteRules, 'blocked' | 'doubted'>;
}

/**
 * Pure: the same grants and lists always give the same plan.
 * @param zones the zones that can be used, in order, with the list that each has
 * @param isWhole whether these are all; if not, there may be room elsewhere for whoever does not fit
 * @param grants live ones
 */
export function planFor(
  zones: readonly { readonly zoneId: string; readonly has: readonly string[] }[],
  isWhole: boolean,
  grants: readonly Holder[],
  settings: AclConfig,
  { sentinel, gatewayLimit, ipv6PrefixLength }: Config,
): Plan {
  const { alwaysAllow } = settings;
  const { zones: lists, waiting } = desiredGateways({
    grants,
    alwaysAllow,
    zones: zones.map(({ has }) => has),
    ...{ sentinel, gatewayLimit, ipv6PrefixLength },
  });
  return {
    lists: new Map(zones.map(({ zoneId }, index) => [zoneId, lists[index] ?? []])),
    waiting,
    wanted: () => [
      ...mergedBlocks(grants.map(({ ip }) => widened(blockOf(ip), ipv6PrefixLength))),
      ...[...alwaysAllow, sentinel].map(blockOf),
    ],
    rules: {
      limit: gatewayLimit,
      sentinel: formatBlock(blockOf(sentinel)),
      fittingElsewhere: isWhole || waiting.length === 0 ? () => [] : partsIn(waiting, ipv6PrefixLength),
      ...whoIsIn(grants, alwaysAllow),
    },
  };
}

/** What of a block is one of these: all of it where it holds nobody else, or the entries of those whom it holds. */
function partsIn(waiting: readonly string[], ipv6PrefixLength: number): (block: Block) => readonly string[] {
  const blocks = waiting.map(blockOf).map((block) => (isHost(block) ? widened(block, ipv6PrefixLength) : block));
  const entries = [...new Set(blocks.map(formatBlock))].map(blockOf);
  const merged = mergedBlocks(entries);
  return (block) => {
    if (merged.some((one) => covers(one, block))) return [formatBlock(block)];
    return isHost(block) ? [] : entries.filter((one) => covers(block, one)).map(formatBlock);
  };
}

interface Comer {
  readonly block: Block;
  /** Sortable text. */
  readonly since: string;
}

/** By canonical text, whoever came first by it: nobody asks for the others. */
function firstComers(comers: readonly Comer[]): ReadonlyMap<string, Comer> {
  const first = new Map<string, Comer>();
  for (const comer of comers) {
    const text = formatBlock(comer.block);
    const known = first.get(text);
    if (!known || comer.since < known.since) first.set(text, comer);
  }
  return first;
}

/** What is always allowed counts as somebody who came before everybody, and so does whoever it lets in. */
function whoIsIn(grants: readonly Holder[], alwaysAllow: readonly string[]) {
  const networks = alwaysAllow.map(blockOf);
  let people: ReadonlyMap<string, Comer> | undefined;
  // Only where people move from zone to zone is anybody asked for.
  const all = () => {
    people ??= firstComers([
      ...networks.map((block) => ({ block, since: '' })),
      ...grants.map(({ ip, since }) => ({ block: blockOf(ip), since })),
    ]);
    return people;
  };
  const inside = (block: Block) => {
    if (!isHost(block)) return [...all().values()].filter((one) => covers(block, one.block));
    // Nobody but themselves is in what is a host.
    const themselves = all().get(formatBlock(block));
    return themselves ? [themselves] : [];
  };
  const isAlwaysIn = (block: Block) => networks.some((network) => covers(network, block));
  return {
    holdsSomebody: (block: Block) => isAlwaysIn(block) || inside(block).length > 0,
    since: (block: Block) =>
      isAlwaysIn(block)
        ? ''
        : (inside(block)
            .map(({ since }) => since)
            .sort()[0] ?? ''),
  };
}
