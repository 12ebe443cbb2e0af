import { armAlarms } from './alarm-message.ts';
import type { AlarmQueue, Clock } from './ports.ts';
import type { ZoneState } from './zone-state.ts';

/**
 * Makes sure that a message wakes the ACL at the moment, or before it.
 * @param at milliseconds since the epoch
 * @returns when it does
 */
export async function armWakeUp(
  acl: string,
  state: ZoneState,
  at: number,
  { alarms, clock }: { readonly alarms: AlarmQueue; readonly clock: Clock },
): Promise<number> {
  const now = clock.now();
  if (state.wakeAt !== undefined && state.wakeAt > now && state.wakeAt <= at) return state.wakeAt;
  await armAlarms(alarms, [{ kind: 'rebuild', acl, at }], now);
  return at;
}
