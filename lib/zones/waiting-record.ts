import { blockOf, covers, readableBlocks } from '../addresses/address-block.ts';
import type { KnownLists } from './zone-lists.ts';
import type { ZoneState } from './zone-state.ts';

/** So many are kept by name: DynamoDB takes no item over 400 KB, and twenty thousand may wait. */
const NAMED = 500;

/** What an ACL's state keeps of those who fit into no zone. @param waiting first come first */
export function recordOfWaiting(waiting: readonly string[]): Pick<ZoneState, 'waiting' | 'waitingCount'> {
  return { waiting: waiting.slice(0, NAMED), waitingCount: waiting.length };
}

/**
 * Whether a grant that the last confirmed lists were made with waits for room. Past those kept by
 * name, whoever is in no list waits.
 * @param ip in canonical form
 * @param lists those of the ACL's zones
 */
export function isWaiting(state: ZoneState, ip: string, lists: KnownLists): boolean {
  const { waiting = [], waitingCount = waiting.length } = state;
  if (waiting.includes(ip)) return true;
  if (waitingCount <= waiting.length) return false;
  const block = blockOf(ip);
  // An update under way was begun with the second list: whoever is in it has their place.
  const known = Object.values(lists).flatMap(({ written = [], intended = [] }) => [written, intended]);
  return !known.some((list) => readableBlocks(list).some((entry) => covers(entry, block)));
}
