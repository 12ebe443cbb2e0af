import type { ZoneState } from '../../lib/zones/zone-state.ts';
import type { ZoneStates } from '../../lib/zones/zone-states.ts';

/**
 * Asks the zone function for a rebuild that reads every zone: every one that was last read at the latest moment that is
 * stored, or before. That moment is the functions' own, since this machine's clock may be wrong.
 * @param now milliseconds since the epoch; for an ACL of which nothing is stored yet
 */
export async function askForReading(
  acl: string,
  reason: string,
  state: ZoneState,
  states: ZoneStates,
  now: number,
): Promise<void> {
  const seenAt = lastSeenAt(state);
  await states.requestReading(acl, reason, seenAt === 0 ? now : seenAt + 1);
}

/** When the zone that was seen last was seen, right or not, in milliseconds since the epoch; 0: none was. */
export function lastSeenAt({ zones }: ZoneState): number {
  return Math.max(0, ...Object.values(zones).flatMap(({ rightAt = 0, trouble }) => [rightAt, trouble?.at ?? 0]));
}
