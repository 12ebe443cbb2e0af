import type { IpPolicy } from '../addresses/ip-address.ts';
import { describeError } from '../describe-error.ts';
import type { Clock, DeadLetterBox, DeadLetters, EventQueue, Letter } from '../ports.ts';
import { queuePosition } from '../queue-position.ts';
import { judgeMessage } from './judge-message.ts';
import { formatQueuedEvent, parseQueuedEvent, type QueuedEvent } from './queue-message.ts';

export interface RedriveDeps {
  /** Which IPs are let in. */
  readonly config: IpPolicy;
  readonly clock: Clock;
  readonly events: EventQueue;
  readonly box: DeadLetterBox;
  /** The same queue, to file a letter anew that would lie in the way of those behind it. */
  readonly deadLetters: DeadLetters;
}

export interface LetterReport {
  readonly messageId: string;
  /** Why it became a dead letter. */
  readonly reason: string;
  /** Of the event, where it is one. */
  readonly event?: Pick<QueuedEvent, 'webhookId' | 'type' | 'acl'>;
  /** Why it can't be put back; absent where it was, or would be. */
  readonly stays?: string;
}

export interface RedriveReport {
  /** Each letter once, in the order in which they were found. */
  readonly letters: readonly LetterReport[];
  readonly putBack: number;
  readonly stayed: number;
  /** What ended the work before all letters were seen. What was put back until then is; the rest is still there. */
  readonly stopped?: string;
}

/** The function came to its end each time, or could not set it aside. */
const MOVED_BY_THE_QUEUE = 'moved by the queue after its last try: see the log of the grants function';

/**
 * Puts the events of the dead-letter queue back onto the events queue. Their order among the others stays
 * what it was, so an event that was overtaken meanwhile changes nothing. What no retry can mend, and what
 * is older than the events that are remembered, stays. A letter is removed once its event is safely on the
 * queue; an end in between leaves a duplicate, which is dropped when it is applied.
 * @param options `dryRun` only tells what would happen. A FIFO queue then shows ten events at most.
 */
export async function redrive(deps: RedriveDeps, options: { readonly dryRun?: boolean } = {}): Promise<RedriveReport> {
  const letters: LetterReport[] = [];
  const held = new Map<string, Letter>();
  const seen = new Set<string>();
  let stopped: string | undefined;
  try {
    for (;;) {
      const received = await deps.box.receive();
      for (const letter of received) held.set(letter.messageId, letter);
      const fresh = received.filter(({ messageId }) => !seen.has(messageId));
      // Those that stay can come again after some minutes; by then all have been seen.
      if (fresh.length === 0) break;
      for (const letter of fresh) {
        seen.add(letter.messageId);
        const report = judge(letter, deps);
        if (!options.dryRun && (await isCleared(letter, report, letters.length, deps))) held.delete(letter.messageId);
        // One that is filed anew is met again, as any other that stays.
        if (options.dryRun || !isInTheWay(letter, report)) letters.push(report);
      }
    }
  } catch (error) {
    stopped = describeError(error);
  }
  // One that is not given back is there again in some minutes.
  await Promise.allSettled([...held.values()].map((letter) => deps.box.release(letter)));
  const stayed = letters.filter(({ stays }) => stays !== undefined).length;
  return { letters, putBack: letters.length - stayed, stayed, ...(stopped !== undefined && { stopped }) };
}

function judge({ messageId, body, reason = MOVED_BY_THE_QUEUE }: Letter, deps: RedriveDeps): LetterReport {
  const { event, why } = judgeMessage(body, deps.config, deps.clock.now());
  return {
    messageId,
    reason,
    ...(event && { event: { webhookId: event.webhookId, type: event.type, acl: event.acl } }),
    ...(why !== undefined && { stays: why }),
  };
}

/** What stays at the head of the group of events keeps the queue from giving out those behind it. */
function isInTheWay(letter: Letter, report: LetterReport): boolean {
  return report.stays !== undefined && letter.retryable;
}

/** @returns whether the letter is gone */
async function isCleared(letter: Letter, report: LetterReport, rank: number, deps: RedriveDeps): Promise<boolean> {
  const { messageId, body } = letter;
  const now = deps.clock.now();
  if (report.stays === undefined) {
    // The queue drops a repeated id within five minutes; each try must be a message.
    await deps.events.send({
      body: letter.reason === undefined ? asMoved(letter, now, rank) : body,
      deduplicationId: `redrive-${now}-${messageId}`,
    });
  } else if (isInTheWay(letter, report)) {
    const reason = letter.reason === undefined ? report.stays : `${letter.reason}; ${report.stays}`;
    await deps.deadLetters.send({ body, messageId: `${now}-${messageId}`, reason, retryable: false });
  } else {
    return false;
  }
  await deps.box.remove(letter);
  return true;
}

/**
 * Where the queue moved the message by itself, the position it had is not known: lower than any that SQS gives, so
 * that it loses to every event of the same time, and rising, so that those keep the order they have among themselves.
 * It may have been applied, and nothing said of it: its id tells that this is no other's repetition.
 */
function asMoved({ body, firstId }: Letter, now: number, rank: number): string {
  const event = parseQueuedEvent(body);
  if (!event) return body;
  const { firstPosition = queuePosition(String(now * 1_000 + rank)), earlierIds = [] } = event;
  return formatQueuedEvent({ ...event, firstPosition, earlierIds: [...earlierIds, firstId] });
}
