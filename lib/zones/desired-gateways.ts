import { type Block, blockOf, covers, formatBlock, readableBlocks } from '../addresses/address-block.ts';
import { type Host, mergeToFit } from '../addresses/merge-to-fit.ts';
import { byAddress, widened } from '../addresses/merged-blocks.ts';
import { admit, placeHosts } from '../addresses/place-hosts.ts';

export interface GatewayDemand {
  /** Live grants: an IP once or more, with the moment (sortable text) since which it is held without a break. */
  readonly grants: readonly { readonly ip: string; readonly since: string }[];
  readonly alwaysAllow: readonly string[];
  readonly sentinel: string;
  /** For each zone of the ACL, in order, the canonical list it was last given. */
  readonly zones: readonly (readonly string[])[];
  /** Gateways that one zone can hold. */
  readonly gatewayLimit: number;
  /** Length of the network that stands for an IPv6 address: 128 is the address itself. */
  readonly ipv6PrefixLength: number;
}

export interface DesiredGateways {
  /** For each zone, the canonical list it must have, sorted. Never empty. */
  readonly zones: readonly (readonly string[])[];
  /** IPs that fit nowhere, first come first. */
  readonly waiting: readonly string[];
}

/** The grants of one entry. */
interface Person extends Host {
  readonly ips: readonly string[];
}

/**
 * The lists that an ACL's zones must have: pure, total, sorted, without duplicates. People stay in
 * the zone that they are in; newcomers go into the first zone that holds them, if need be by merging
 * neighbours, exactly; what fits nowhere waits, the latest first. In each zone everybody stands as
 * themselves while there is room.
 */
export function desiredGateways(demand: GatewayDemand): DesiredGateways {
  const networks = demand.alwaysAllow.map(blockOf);
  const always = placeAlways([...new Set(networks.map(formatBlock))], demand);
  const inLists = new Set([...always.lists.flat(), ...always.waiting]);
  const rooms = always.lists.map((list) => Math.max(0, demand.gatewayLimit - list.length));
  const people = inOrderOfComing(demand).filter(({ text }) => !inLists.has(text));
  const { admitted, waiting } = admit(whoNeedsAnEntry(people, networks, rooms), sum(rooms));
  const lists = placeHosts(admitted, homesOf(demand.zones, inLists), rooms).map((hosts, zone) => [
    ...mergeToFit(hosts, rooms[zone] ?? 0, demand.zones[zone] ?? []),
    ...(always.lists[zone] ?? []),
  ]);
  return {
    // People may merge into the very network that is always allowed.
    zones: lists.map((list) => (list.length > 0 ? [...new Set(list)].sort() : [formatBlock(blockOf(demand.sentinel))])),
    waiting: [...always.waiting, ...waiting.flatMap(({ ips }) => ips)],
  };
}

/** What is always allowed comes before all people: it stays in the zone that has it, or goes into the first with room. */
function placeAlways(texts: readonly string[], { zones, gatewayLimit }: GatewayDemand) {
  const lists: string[][] = zones.map(() => []);
  const had = zones.map((list) => new Set(list));
  const enters = (text: string, isHome: (zone: number) => boolean): boolean => {
    const list = lists.find((entries, zone) => isHome(zone) && entries.length < gatewayLimit);
    list?.push(text);
    return list !== undefined;
  };
  const homeless = texts.filter((text) => !enters(text, (zone) => had[zone]?.has(text) ?? false));
  return { lists, waiting: homeless.filter((text) => !enters(text, () => true)) };
}

/** A rebuild asks again and again for the same grants, while it gets to know its zones. */
const known = new WeakMap<GatewayDemand['grants'], { readonly prefix: number; readonly people: readonly Person[] }>();

function inOrderOfComing({ grants, ipv6PrefixLength: prefix }: GatewayDemand): readonly Person[] {
  const before = known.get(grants);
  if (before?.prefix === prefix) return before.people;
  const people = peopleOf(grants, prefix);
  known.set(grants, { prefix, people });
  return people;
}

/** First come first; ties by address, so that the same grants always give the same list. */
function peopleOf(grants: GatewayDemand['grants'], ipv6PrefixLength: number): readonly Person[] {
  const sinceOf = new Map<string, string>();
  for (const { ip, since } of grants) {
    const known = sinceOf.get(ip);
    if (known === undefined || since < known) sinceOf.set(ip, since);
  }
  const people = new Map<string, Person & { readonly ips: string[] }>();
  for (const [ip] of [...sinceOf].sort(([ipA, a], [ipB, b]) => compare(a, b) || compare(ipA, ipB))) {
    const block = widened(blockOf(ip), ipv6PrefixLength);
    const text = formatBlock(block);
    const known = people.get(text);
    if (known) known.ips.push(ip);
    else people.set(text, { block, text, ips: [ip] });
  }
  return [...people.values()];
}

/** Where room is short, whoever a network lets in that is always allowed needs no entry of their own. */
function whoNeedsAnEntry(
  people: readonly Person[],
  networks: readonly Block[],
  rooms: readonly number[],
): readonly Person[] {
  if (people.length <= (rooms[0] ?? 0)) return people;
  return people.filter(({ block }) => !networks.some((network) => covers(network, block)));
}

function homesOf(zones: readonly (readonly string[])[], always: ReadonlySet<string>): Block[][] {
  return zones.map((list) => readableBlocks(list.filter((text) => !always.has(text))).sort(byAddress));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
