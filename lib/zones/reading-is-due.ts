import { CLOCK_SKEW_MS } from '../clock-skew.ts';
import type { ZoneMemory } from './zone-state.ts';

const MINUTE_MS = 60_000;
/** The tick comes once a minute, more or less: what falls due before the next one is done with this one. */
const HALF_A_TICK_MS = 30_000;
/** What is over this share of its time falls due soon. */
const SOON = 0.6;

export interface ReadingRules {
  /** How often a zone is read that should be right. */
  readonly verifyMinutes: number;
  /** Somebody has asked at this moment, in milliseconds since the epoch, that every zone be read; 0: nobody has. */
  readonly readFrom?: number;
  /** Other zones are read now: those that fall due soon are read with them. */
  readonly withOthers?: boolean;
}

/**
 * When a zone is read again although nothing has changed: after `verifyMinutes`; each minute while it can't be used, or
 * while an older write of it may still take effect; at once where a person asks for it. Zones that are due one after the
 * other would each cost a rebuild, so one that is due takes along those that fall due soon.
 * @param now milliseconds since the epoch
 */
export function readingIsDue(
  memory: ZoneMemory,
  { verifyMinutes, readFrom = 0, withOthers = false }: ReadingRules,
  now: number,
): boolean {
  const { trouble } = memory;
  const rightAt = rightMoment(memory, now);
  const seenAt = trouble?.at ?? rightAt;
  if (readFrom > seenAt && readFrom <= now + MINUTE_MS) return true;
  if (trouble) return now >= trouble.at + HALF_A_TICK_MS || trouble.at > now + MINUTE_MS;
  const waitMs = isInDoubt(memory, now) ? MINUTE_MS : verifyMinutes * MINUTE_MS * (withOthers ? SOON : 1);
  return now >= rightAt + waitMs - HALF_A_TICK_MS;
}

/**
 * When a tick has read again what it came too early for: a zone that is read each minute rests for half of one after each
 * time, and the next tick may be two minutes away. In milliseconds since the epoch; undefined where no such zone rests.
 * @param memories of all zones of an ACL
 * @param now milliseconds since the epoch
 */
export function restIsOverAt(memories: readonly ZoneMemory[], now: number): number | undefined {
  // Where no zone can be used, none rests: each rebuild looks whether one can be again.
  if (memories.every(({ trouble }) => trouble)) return undefined;
  const eachMinute = memories.filter((memory) => memory.trouble || isInDoubt(memory, now));
  const moments = eachMinute
    .map((memory) => memory.trouble?.at ?? rightMoment(memory, now))
    .filter((at) => at <= now + MINUTE_MS)
    .map((at) => at + HALF_A_TICK_MS + CLOCK_SKEW_MS)
    .filter((at) => at > now);
  return moments.length > 0 ? Math.max(...moments) : undefined;
}

/** A moment that has not come yet was stored by a clock that was wrong. */
function rightMoment({ rightAt }: ZoneMemory, now: number): number {
  return rightAt !== undefined && rightAt <= now + MINUTE_MS ? rightAt : 0;
}

/** Whether an older write of the zone may still take effect, for all that is known. */
function isInDoubt(memory: ZoneMemory, now: number): boolean {
  const { doubtUntil = 0 } = memory;
  return doubtUntil >= rightMoment(memory, now) && doubtUntil <= now + 10 * MINUTE_MS;
}
