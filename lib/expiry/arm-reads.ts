import type { AllowlistConfig } from '../config.ts';
import type { TimerQueue } from '../ports.ts';
import { armTimers, type Timer } from '../timer-message.ts';

/** Ticks can be almost two minutes apart, and one of them may be lost. */
const AHEAD_MS = 120_000;
/** Where reads are further apart than this, each is armed by every tick that can: a lost one would be missed for longer. */
const OFTEN_S = 60;

/** Up to which moment the reads of each ACL's list are armed, as this process knows. Milliseconds since the epoch. */
export type ArmedReads = Map<string, number>;

/**
 * Arms the reads of an ACL's list that are due in the next two minutes: every `pollSeconds`, at the same seconds
 * whoever arms them. What this process has armed already it does not arm again, so that each read has one message.
 * @param now milliseconds since the epoch
 */
export async function armReads(
  acl: string,
  { pollSeconds }: AllowlistConfig,
  queue: TimerQueue,
  armed: ArmedReads,
  now: number,
): Promise<void> {
  const every = pollSeconds * 1_000;
  const until = now + AHEAD_MS;
  const known = pollSeconds <= OFTEN_S ? (armed.get(acl) ?? 0) : 0;
  // Not where it lies further ahead than it can: the clock was set back.
  const from = known > now && known <= until ? known + 1 : now;
  const timers: Timer[] = [];
  for (let at = Math.ceil(from / every) * every; at <= until; at += every) timers.push({ kind: 'read', acl, at });
  if (timers.length === 0) return;
  await armTimers(queue, timers, now);
  armed.set(acl, until);
}
