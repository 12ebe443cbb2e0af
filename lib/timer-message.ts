import * as v from 'valibot';
import type { TimerQueue } from './ports.ts';

/** Longest delay of an SQS message, in seconds. A later timer is armed again when its message comes. */
const LONGEST_DELAY_S = 900;

/**
 * A message that wakes a function at a moment: something of the ACL expires then, or a rebuild is wanted (the expiry
 * function); or the ACL's list is to be read (the allowlist function).
 */
export interface Timer {
  readonly kind: 'expiry' | 'rebuild' | 'read';
  readonly acl: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const schema = v.object({
  version: v.literal(1),
  kind: v.picklist(['expiry', 'rebuild', 'read']),
  acl: v.string(),
  at: v.number(),
});

/** @param now milliseconds since the epoch */
export async function armTimers(queue: TimerQueue, timers: readonly Timer[], now: number): Promise<void> {
  await queue.send(
    timers.map((timer) => ({
      body: JSON.stringify({ version: 1, ...timer }),
      delaySeconds: Math.min(LONGEST_DELAY_S, Math.max(0, Math.ceil((timer.at - now) / 1000))),
    })),
  );
}

/** @returns undefined where the text is not a message of ours */
export function parseTimer(text: string): Timer | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // The caller reports what it can't read, whatever the reason.
  }
  const parsed = v.safeParse(schema, json);
  return parsed.success ? { kind: parsed.output.kind, acl: parsed.output.acl, at: parsed.output.at } : undefined;
}
