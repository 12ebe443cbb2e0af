import type { KnownEvent } from '../grants/event-memory.ts';
import { isOfAnotherBody, type SeenEvent } from '../grants/seen-event.ts';
import type { Clock } from '../ports.ts';
import { isCrowded } from './crowd.ts';
import { isRead, judgeOutcome, type Progress } from './judge-outcome.ts';
import { type Outcome, PENDING } from './outcome.ts';
import { type FactSources, readFacts, readProgress } from './read-facts.ts';

export interface OutcomeDeps extends FactSources {
  readonly config: FactSources['config'] & { readonly reservedConcurrency: boolean };
  readonly clock: Clock;
}

/** The event that is asked about. */
export interface AskedEvent {
  readonly acl: string;
  readonly webhookId: string;
  /** Of the body that was posted. Absent: whatever stands under this id is meant. */
  readonly bodyHash?: string;
}

/** `unknown`: neither applied nor set aside. */
export type Answer = Outcome | { readonly status: 'unknown' };

export interface Told {
  readonly answer: Answer;
  /** It was waited for as long as was asked for, or until it was known. */
  readonly hasWaited: boolean;
}

/** Waiting is polling: soon at first, then ever more gently. */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_000;
/** Whatever is not in the table by then waits for its message to come again, which takes longer than anybody waits. */
const UNSEEN_MS = 5_000;

/**
 * What became of an event. Waits until that is known, if need be, unless too many wait already.
 * @param until when the time is up, in milliseconds since the epoch; undefined: nobody waits
 */
export async function awaitOutcome(asked: AskedEvent, until: number | undefined, deps: OutcomeDeps): Promise<Told> {
  const { clock, config, grants } = deps;
  const began = clock.now();
  let known: KnownEvent | undefined;
  let pause = FIRST_PAUSE_MS;
  let mayWait: boolean | undefined;
  for (;;) {
    const now = clock.now();
    if (!known || 'aside' in known) known = await grants.memory.get(asked.acl, asked.webhookId, now);
    const answer = await answerOf(known, asked, now, deps);
    // What heals by itself is the answer when the time is up, and not sooner.
    const left = until === undefined ? 0 : until - now;
    const isOver = until !== undefined && left <= 0;
    if (isOver || isFinal(answer)) return { answer, hasWaited: until !== undefined && mayWait !== false };
    mayWait ??= until !== undefined && config.reservedConcurrency && !(await isCrowded(deps));
    if (!mayWait || (!known && now - began >= UNSEEN_MS)) {
      return { answer: answer.status === 'failed' ? PENDING : answer, hasWaited: false };
    }
    await clock.sleep(Math.min(pause, left));
    pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5);
  }
}

async function answerOf(
  known: KnownEvent | undefined,
  asked: AskedEvent,
  now: number,
  deps: OutcomeDeps,
): Promise<Answer> {
  const { acl, bodyHash } = asked;
  if (!known) return { status: 'unknown' };
  if ('aside' in known) {
    const { code, bodyHash: other } = known.aside;
    // What was set aside left its id free.
    if (isOfAnotherBody(other, bodyHash)) return { status: 'unknown' };
    return { status: 'failed', code, detail: 'the event was set aside', heals: false };
  }
  const { seen } = known;
  if (isOfAnotherBody(seen.bodyHash, bodyHash)) return { status: 'other event' };
  const progress = await readProgress(acl, deps, true);
  if (!isDecided(seen, progress, now)) return PENDING;
  return judgeOutcome(await readFacts(acl, seen, now, deps));
}

/** Whether it is worth reading all that an outcome is judged by. */
function isDecided(seen: SeenEvent, progress: Progress, now: number): boolean {
  const isOver = seen.type === 'access.granted' && (seen.expiresAt ?? 0) <= now;
  return isOver || isRead(seen, progress) || progress.state.lastError !== undefined;
}

function isFinal(answer: Answer): boolean {
  if (answer.status === 'failed') return !answer.heals;
  return answer.status !== 'pending' && answer.status !== 'unknown';
}
