import { type Block, blockOf, covers, formatBlock, readableBlocks } from './address-block.ts';
import { MergedHosts } from './merged-hosts.ts';

export interface GatewayDemand {
  /** Live grants: an IP once or more, with the moment (sortable text) since which it is held without a break. */
  readonly grants: readonly { readonly ip: string; readonly since: string }[];
  readonly alwaysAllow: readonly string[];
  readonly sentinel: string;
  /** For each zone of the ACL, in order, the canonical list it was last given. */
  readonly zones: readonly (readonly string[])[];
  /** Gateways that one zone can hold. */
  readonly gatewayLimit: number;
}

export interface DesiredGateways {
  /** For each zone, the canonical list it must have, sorted. Never empty. */
  readonly zones: readonly (readonly string[])[];
  /** IPs that fit nowhere, first come first. */
  readonly waiting: readonly string[];
}

/**
 * The lists that an ACL's zones must have: pure, total, sorted, without duplicates. Every host as
 * itself while they fit into the first zone; else neighbours merged, exactly; else overflow into the
 * next zones, where what is in a zone stays there; else the latest wait.
 */
export function desiredGateways(demand: GatewayDemand): DesiredGateways {
  const always = [...new Set(demand.alwaysAllow.map((text) => formatBlock(blockOf(text))))];
  const capacities = demand.zones.map((_, zone) => Math.max(0, demand.gatewayLimit - (zone === 0 ? always.length : 0)));
  const { admitted, waiting, merged } = admit(hostsInOrder(demand, always), sum(capacities));
  const first = capacities[0] ?? 0;
  const entries = admitted.length <= first ? admitted : mergeToFit(admitted, merged, first);
  const lists = assign(entries, demand.zones, capacities);
  lists[0]?.push(...always);
  return {
    // People may merge into the very network that is always allowed.
    zones: lists.map((list) => (list.length > 0 ? [...new Set(list)].sort() : [formatBlock(blockOf(demand.sentinel))])),
    waiting,
  };
}

/** Distinct hosts, first come first; ties by address, so that the same grants always give the same list. */
function hostsInOrder(demand: GatewayDemand, always: readonly string[]): string[] {
  const since = new Map<string, string>();
  for (const grant of demand.grants) {
    const known = since.get(grant.ip);
    if (known === undefined || grant.since < known) since.set(grant.ip, grant.since);
  }
  const listed = new Set(always);
  return [...since]
    .sort(([ipA, a], [ipB, b]) => compare(a, b) || compare(ipA, ipB))
    .map(([ip]) => formatBlock(blockOf(ip)))
    .filter((host) => !listed.has(host));
}

/** In order; and whenever a merge makes room, whoever waited longest comes in before anybody later. */
function admit(hosts: readonly string[], capacity: number) {
  const merged = new MergedHosts();
  const admitted: string[] = [];
  let waiting: string[] = [];
  const enters = (host: string): boolean => {
    if (!merged.add(blockOf(host), capacity)) return false;
    admitted.push(host);
    return true;
  };
  /** Until nobody more gets in: each who does may be the neighbour that another needs. */
  const callIn = () => {
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter((host) => !enters(host));
    }
  };
  for (const host of hosts) {
    if (!enters(host)) waiting.push(host);
    else if (waiting.length > 0 && merged.count < capacity) callIn();
  }
  callIn();
  return { admitted, waiting: waiting.map((host) => host.slice(0, host.indexOf('/'))), merged };
}

/**
 * Merges as few people as needed: the largest blocks first, since they save the most entries for
 * those they hide. Where even the fewest blocks exceed the first zone, all are merged.
 */
function mergeToFit(hosts: readonly string[], merged: MergedHosts, capacity: number): string[] {
  let surplus = hosts.length - capacity;
  const chosen: Block[] = [];
  for (const block of merged.blocks()) {
    const saves = Number(block.last - block.first);
    if (surplus <= 0 || saves === 0) break;
    chosen.push(block);
    surplus -= saves;
  }
  const entries = new Set<string>();
  const byAddress = chosen.sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
  for (const host of hosts) {
    const block = containing(byAddress, blockOf(host));
    entries.add(block ? formatBlock(block) : host);
  }
  return [...entries];
}

function containing(sorted: readonly Block[], host: Block): Block | undefined {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = sorted[middle] as Block;
    if (covers(block, host)) return block;
    if (block.family < host.family || (block.family === host.family && block.first < host.first)) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** Entries stay in the zone that has them now; the others fill the first zone with room, in order. */
function assign(
  entries: readonly string[],
  previous: readonly (readonly string[])[],
  capacities: readonly number[],
): string[][] {
  const lists: string[][] = capacities.map(() => []);
  const place = (entry: string, zone: number): boolean => {
    const list = lists[zone];
    if (!list || list.length >= (capacities[zone] ?? 0)) return false;
    list.push(entry);
    return true;
  };
  const homes = lists.length > 1 ? previous.map((list) => readableBlocks(list).sort(byFirst)) : [];
  const newcomers = entries.filter((entry) => {
    const home = homes.findIndex((blocks) => containing(blocks, blockOf(entry)) !== undefined);
    return home < 0 || !place(entry, home);
  });
  for (const entry of newcomers) lists.some((_, zone) => place(entry, zone));
  return lists;
}

function byFirst(a: Block, b: Block): number {
  return a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
