import { allErrorCodes, ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import { AUDIT, NOT_APPLIED_SECONDS, REFUSED_AND_NONE_ACCEPTED } from '../lib/names.ts';
import { ago, duration } from './moments.ts';

/** The webhook ids that the commands make. */
const OPERATORS_ID = /^(zone|selftest)_/;
const MINUTE_MS = 60_000;
/** An event is applied within seconds. One that failed comes again after a minute and a half. */
const LATE_MS = 30_000;

/** The log has more of the last minute than anybody waits for, as in a flood: nothing is known of the flow. */
export class LogTooLong extends Error {
  override name = 'LogTooLong';

  constructor() {
    super('the log of the webhook has too many lines to read in time');
  }
}

/** Posts that the webhook refused with one code. */
export interface RefusedFact {
  readonly code: ErrorCode;
  readonly count: number;
  /** The last one, in milliseconds since the epoch, as all moments here. */
  readonly at: number;
}

/** How the events of senders come in. */
export interface FlowFacts {
  /** From when on accepted and refused posts are counted. */
  readonly since: number;
  readonly accepted: number;
  readonly acceptedAt?: number;
  /** Those of them that no command of an operator sent. */
  readonly bySenders: { readonly count: number; readonly lastAt?: number };
  /** The most frequent first. */
  readonly refused: readonly RefusedFact[];
  /** Events on the queue. */
  readonly waiting: number;
  /** When the oldest of them was accepted; `since` where it was before that; left out where nobody knows. */
  readonly oldestAt?: number;
}

/** A log line of the webhook function, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/**
 * What the webhook's log says of the flow.
 * @param lines those of the webhook function, in any order
 * @param waiting events on the queue
 * @param since what is older does not count
 */
export function flowOf(lines: readonly LogLine[], waiting: number, since: number): FlowFacts {
  const posts = lines.map((line) => ({ line, at: Date.parse(String(line.timestamp)) })).filter(({ at }) => at >= since);
  // What was posted twice has one position, where the queue gives any.
  const acceptedAt = new Map<string, number>();
  const ofSenders = new Map<string, number>();
  for (const { line, at } of posts) {
    if (line.action !== AUDIT.accepted) continue;
    const event = line.position ? String(line.position) : `${line.acl} ${line.webhookId}`;
    acceptedAt.set(event, Math.min(at, acceptedAt.get(event) ?? at));
    if (!OPERATORS_ID.test(String(line.webhookId))) ofSenders.set(event, acceptedAt.get(event) ?? at);
  }
  const inOrder = [...acceptedAt.values()].toSorted((a, b) => a - b);
  const refused = allErrorCodes().flatMap((code): RefusedFact[] => {
    const ofSender = ({ line }: (typeof posts)[number]) => line.code === code && !isOperatorsOwn(line, code);
    const moments = isRefusal(code) ? posts.filter(ofSender).map(({ at }) => at) : [];
    return moments.length === 0 ? [] : [{ code, count: moments.length, at: Math.max(...moments) }];
  });
  const last = inOrder.at(-1);
  // What the list reader and `redrive` put onto the queue is in no log of the webhook.
  const oldestAt = inOrder.length === 0 ? undefined : (inOrder.at(-waiting) ?? since);
  return {
    since,
    accepted: inOrder.length,
    ...(last !== undefined && { acceptedAt: last }),
    bySenders: { count: ofSenders.size, ...(ofSenders.size > 0 && { lastAt: Math.max(...ofSenders.values()) }) },
    refused: refused.toSorted((a, b) => b.count - a.count),
    waiting,
    // Events are applied in order, so those that wait are the last that came.
    ...(waiting > 0 && oldestAt !== undefined && { oldestAt }),
  };
}

/** What a person mistyped: whoever chose the id has the secret. Of any other code a stranger may have chosen it. */
function isOperatorsOwn({ webhookId }: LogLine, code: ErrorCode): boolean {
  return isOfSender(code) && OPERATORS_ID.test(String(webhookId));
}

/** Whether the webhook refuses a post with it; everything else that it reports is not the sender's. */
function isRefusal(code: ErrorCode): boolean {
  return ERRORS[code].causedBy !== undefined;
}

/** What is wrong with the flow, the worst alone. */
export type FlowTrouble =
  | { readonly kind: 'not applied' }
  /** Longer than it should take, and not so long yet that something must be wrong. */
  | { readonly kind: 'not applied yet' }
  /** `isCertain`: as many as the alarm wants, or of a sender that has the secret. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly isCertain: boolean }
  | { readonly kind: 'partly refused'; readonly code: ErrorCode };

/** @param appliedAt when an event was applied last: what was accepted before is not stuck. undefined: none yet */
export function troubleOfFlow(flow: FlowFacts, appliedAt: number | undefined, now: number): FlowTrouble | undefined {
  const { oldestAt = now } = flow;
  const waitedMs = oldestAt > (appliedAt ?? 0) ? now - oldestAt : 0;
  if (waitedMs >= 1_000 * NOT_APPLIED_SECONDS) return { kind: 'not applied' };
  // Whoever mends the sender sees it at the first event that comes through.
  const goesOn = flow.refused.filter(({ code, at }) => at > (cameBy(code, flow).lastAt ?? 0));
  const [most] = goesOn;
  const late: FlowTrouble | undefined = waitedMs >= LATE_MS ? { kind: 'not applied yet' } : undefined;
  if (!most) return late;
  const fromSender = goesOn.find(({ code }) => isOfSender(code));
  const total = flow.refused.reduce((sum, { count }) => sum + count, 0);
  const came = cameBy((fromSender ?? most).code, flow);
  if (came.count === 0) {
    const isCertain = fromSender !== undefined || total >= REFUSED_AND_NONE_ACCEPTED.count;
    return { kind: 'refused', code: most.code, isCertain };
  }
  // Among accepted events, those without the secret are strangers, unless they are as many as the accepted ones.
  const code = fromSender?.code ?? (total >= came.count && total >= REFUSED_AND_NONE_ACCEPTED.count && most.code);
  return code ? { kind: 'partly refused', code } : late;
}

/** Whoever is refused with it has the secret. */
function isOfSender(code: ErrorCode): boolean {
  return ERRORS[code].causedBy === 'sender';
}

/** The accepted events that show a code to be mended. An operator's own shows that the key is right, not that the sender has it. */
function cameBy(code: ErrorCode, { accepted, acceptedAt, bySenders }: FlowFacts): FlowFacts['bySenders'] {
  if (!isOfSender(code)) return bySenders;
  return { count: accepted, ...(acceptedAt !== undefined && { lastAt: acceptedAt }) };
}

/**
 * The flow in a sentence.
 * @param appliedAt when an event was applied last; undefined: none yet
 */
export function flowText(flow: FlowFacts, appliedAt: number | undefined, now: number): string {
  // Whole minutes were asked for, at about this time.
  const window = `the last ${duration(Math.round((now - flow.since) / MINUTE_MS) * MINUTE_MS)}`;
  const accepted =
    flow.acceptedAt === undefined ? `none accepted in ${window}` : `last accepted ${ago(flow.acceptedAt, now)}`;
  const applied = appliedAt === undefined ? 'none applied yet' : `last applied ${ago(appliedAt, now)}`;
  const counts = flow.refused.map(({ code, count }) => `${code} ${count}`).join(', ');
  const refused = counts === '' ? `none refused in ${window}` : `refused in ${window}: ${counts}`;
  return [accepted, applied, refused, waitingText(flow, now)].filter((part) => part !== '').join('; ');
}

function waitingText({ waiting, oldestAt, since }: FlowFacts, now: number): string {
  if (waiting === 0) return '';
  if (oldestAt === undefined) return waiting === 1 ? '1 waits' : `${waiting} wait`;
  const age = oldestAt === since ? `more than ${duration(now - since)}` : duration(now - oldestAt);
  return waiting === 1 ? `1 waits, for ${age}` : `${waiting} wait, the oldest for ${age}`;
}
