import type { AclConfig, Config } from '../config.ts';
import { configHash } from './config-hash.ts';
import { readingIsDue } from './reading-is-due.ts';
import { LONGEST_PAUSE_MS, type ZoneState } from './zone-state.ts';

/** For this alone the grants need not be read. */
export const READING_IS_DUE = 'zones are due for reading';

/**
 * Whether an ACL's zones must be rebuilt although nothing asks for it: what a lost message, a crash or a failure leaves,
 * and what is due for checking.
 * @param position of the last event that was applied; undefined where there was none
 * @param now milliseconds since the epoch
 * @returns the reason, for the log; undefined where the zones are as they should be, as far as is known
 */
export function whyRebuild(
  state: ZoneState,
  settings: AclConfig,
  config: Config,
  position: string | undefined,
  now: number,
): string | undefined {
  // One that is still to come has its timer; one further ahead than any pause was stored by a clock that was wrong.
  const { dueAt } = state;
  const isLeft = dueAt !== undefined && (dueAt <= now || dueAt > now + LONGEST_PAUSE_MS);
  if (isLeft || state.unfinished) return 'something was left to do';
  if (state.lastError) return 'the last rebuild failed';
  if (position !== state.confirmedPosition) return 'events are not in the zones yet';
  if (state.nextExpiry && state.nextExpiry <= now) return 'a grant in the zones has expired';
  if (position !== undefined && state.configHash !== configHash(config, settings)) return 'the configuration is new';
  const isDue = settings.zoneIds.some((zoneId) => readingIsDue(state.zones[zoneId] ?? {}, config, now));
  return isDue ? READING_IS_DUE : undefined;
}
