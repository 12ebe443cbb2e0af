import type { Clock, TimerQueue } from '../ports.ts';
import { armTimers } from '../timer-message.ts';
import type { ZoneState } from './zone-state.ts';

/** Two clocks may differ by this much: a message that is due so soon may have come already. */
const CLOCKS_DIFFER_MS = 5_000;

/**
 * Makes sure that a message wakes the ACL at the moment, or before it.
 * @param at milliseconds since the epoch
 * @returns when it does
 */
export async function armWakeUp(
  acl: string,
  state: ZoneState,
  at: number,
  { timers, clock }: { readonly timers: TimerQueue; readonly clock: Clock },
): Promise<number> {
  const now = clock.now();
  const { wakeAt } = state;
  if (wakeAt !== undefined && wakeAt > now + CLOCKS_DIFFER_MS && wakeAt <= at) return wakeAt;
  await armTimers(timers, [{ kind: 'rebuild', acl, at }], now);
  return at;
}
