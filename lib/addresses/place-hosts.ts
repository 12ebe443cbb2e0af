import { type Block, covers } from './address-block.ts';
import type { Host } from './merge-to-fit.ts';
import { blockAround, byAddress, mergedBlocks } from './merged-blocks.ts';

/**
 * Who gets in, first come first served. Neighbours may be merged, so what counts is not the hosts but
 * the fewest blocks that cover all of them: a block takes one place, and it comes with the first of
 * its hosts. Whoever completes a block takes no place of their own.
 * @param hosts first come first
 * @param room how many entries there can be
 */
export function admit<H extends Host>(hosts: readonly H[], room: number): { admitted: H[]; waiting: H[] } {
  if (hosts.length <= room) return { admitted: [...hosts], waiting: [] };
  const blocks = mergedBlocks(hosts.map(({ block }) => block));
  const taken = new Set<Block>();
  const admitted: H[] = [];
  const waiting: H[] = [];
  for (const host of hosts) {
    const block = blockAround(blocks, host.block) as Block;
    if (taken.size < room) taken.add(block);
    (taken.has(block) ? admitted : waiting).push(host);
  }
  return { admitted, waiting };
}

/**
 * Which host is in which zone. Whoever is in a zone stays there; the others go into the first zone
 * that holds them, in order.
 * @param hosts first come first; merged, they fit into all zones together
 * @param homes for each zone, the blocks that it had, sorted by address
 * @param rooms for each zone, how many entries it can have
 */
export function placeHosts(
  hosts: readonly Host[],
  homes: readonly (readonly Block[])[],
  rooms: readonly number[],
): Host[][] {
  if (rooms.length === 1) return [[...hosts]];
  const inZone = sortIntoHomes(hosts, homes);
  const atHome = Map.groupBy(hosts, (host) => inZone.get(host));
  const staying = rooms.map((room, zone) => admit(atHome.get(zone) ?? [], room).admitted);
  const settled = new Set(staying.flat());
  let others = hosts.filter((host) => !settled.has(host));
  const placed = rooms.map((room, zone) => {
    const { admitted, waiting } = admit([...(staying[zone] ?? []), ...others], room);
    others = waiting;
    return admitted;
  });
  return others.length === 0 ? placed : placeBlocks(hosts, inZone, rooms);
}

/**
 * Neighbours in different zones can't be merged. Where there is no room for that, whole blocks are
 * placed: each stays in the zone that has its first host, if there is room.
 */
function placeBlocks(hosts: readonly Host[], inZone: ReadonlyMap<Host, number>, rooms: readonly number[]): Host[][] {
  const blocks = mergedBlocks(hosts.map(({ block }) => block));
  const members = Map.groupBy(hosts, (host) => blockAround(blocks, host.block));
  const left = [...rooms];
  const placed: Host[][] = rooms.map(() => []);
  const enters = (group: readonly Host[], zone: number | undefined): boolean => {
    if (zone === undefined || (left[zone] ?? 0) < 1) return false;
    left[zone] = (left[zone] ?? 0) - 1;
    placed[zone]?.push(...group);
    return true;
  };
  const homeOf = (group: readonly Host[]) => group.map((host) => inZone.get(host)).find((zone) => zone !== undefined);
  const homeless = [...members.values()].filter((group) => !enters(group, homeOf(group)));
  for (const group of homeless) rooms.some((_, zone) => enters(group, zone));
  return placed;
}

/** Of several zones that have a host, the first. */
function sortIntoHomes(hosts: readonly Host[], homes: readonly (readonly Block[])[]): Map<Host, number> {
  const sorted = hosts.toSorted((a, b) => byAddress(a.block, b.block));
  const inZone = new Map<Host, number>();
  for (const [zone, blocks] of homes.entries()) {
    for (const block of blocks) {
      for (let at = firstFrom(sorted, block); at < sorted.length; at += 1) {
        const host = sorted[at] as Host;
        if (!covers(block, host.block)) break;
        if (!inZone.has(host)) inZone.set(host, zone);
      }
    }
  }
  return inZone;
}

/** Where the hosts begin that are not before a block. */
function firstFrom(sorted: readonly Host[], block: Block): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byAddress((sorted[middle] as Host).block, block) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
