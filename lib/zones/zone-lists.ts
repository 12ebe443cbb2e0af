import { blockOf, covers, readableBlocks } from '../addresses/address-block.ts';
import type { ZoneItems } from './zone-items.ts';
import type { ZoneState } from './zone-state.ts';
import { confirmedList } from './zone-view.ts';

/** What is known of one zone's list, canonical. */
export interface ZoneList {
  /** What Okta showed or confirmed last. */
  readonly confirmed: readonly string[];
  /** What a write was begun with since, of which nobody knows what became; or the same list, where Okta has shown another. */
  readonly after?: readonly string[];
}

/** By zone id; a zone of which nothing is known is not there. */
export type ZoneLists = Readonly<Record<string, ZoneList>>;

/** The lists of an ACL's zones, as far as they are known. @param state read before */
export async function readLists(
  acl: string,
  zoneIds: readonly string[],
  state: ZoneState,
  items: ZoneItems,
): Promise<ZoneLists> {
  const lists = await Promise.all(
    zoneIds.map(async (zoneId): Promise<readonly [string, ZoneList][]> => {
      const stored = await items.get(zoneId);
      if (typeof stored !== 'object' || stored.owner !== acl) return [];
      const memory = state.zones[zoneId] ?? {};
      if (memory.away) return [];
      const confirmed = confirmedList(stored, memory);
      // Where Okta has shown another list since, the zone is about to be written.
      const isSure = confirmed && !memory.doubted;
      return [[zoneId, isSure ? { confirmed } : { confirmed: confirmed ?? stored.before, after: stored.after }]];
    }),
  );
  return Object.fromEntries(lists.flat());
}

/** Whether a zone that can be used has an IP, by the lists that Okta confirmed. @param ip in canonical form */
export function isListed(ip: string, lists: ZoneLists, state: ZoneState): boolean {
  const block = blockOf(ip);
  return Object.entries(lists).some(
    ([zoneId, { confirmed }]) =>
      !state.zones[zoneId]?.trouble && readableBlocks(confirmed).some((entry) => covers(entry, block)),
  );
}
