import { isAmple, isSpent } from '../okta/pacing.ts';
import type { Quota } from '../okta/rate-limit.ts';
import type { Step } from './next-step.ts';
import { LONGEST_PAUSE_MS } from './zone-state.ts';

/** How far a rebuild has come. Moments are in milliseconds since the epoch. */
export interface Progress {
  readonly now: number;
  /** When its time is over. */
  readonly endsAt: number;
  /** What is left of Okta's quota, by its last answer; undefined: it has not answered yet. */
  readonly quota: Quota | undefined;
  readonly hasWritten: boolean;
  /** When an earlier rebuild wanted to go on: see `ZoneState`. */
  readonly dueAt?: number | undefined;
  /** How many rebuilds may be at work at once. */
  readonly atOnce: number;
}

/** @returns when to go on with what is left, where this step is not to be taken now; otherwise undefined */
export function leaveUntil({ kind }: Step, progress: Progress): number | undefined {
  const { now, endsAt, quota, dueAt = 0 } = progress;
  if (kind === 'record') return undefined;
  if (now > endsAt) return now;
  // An earlier rebuild has seen the quota, and has left the checks for later.
  if (!quota) return kind === 'verify' && dueAt > now && dueAt < now + LONGEST_PAUSE_MS ? dueAt : undefined;
  return isShort(kind, quota, progress) ? now + quota.resetInMs : undefined;
}

/** Whether too little is left of the quota for a step. */
function isShort(kind: Step['kind'], quota: Quota, { hasWritten, atOnce }: Progress): boolean {
  if (kind === 'verify') return !isAmple(quota, atOnce);
  // One write of each rebuild is made whatever is left: others may use the quota up all the time.
  return isSpent(quota) && (kind === 'read' || hasWritten);
}
