import { aclConfig, isAclName } from '../config.ts';
import { describeError } from '../describe-error.ts';
import { ERRORS } from '../error-codes.ts';
import { MEMORY_SECONDS } from '../grants/event-order.ts';
import { WEBHOOK_ID } from '../grants/plausible.ts';
import { namesIn, readOutcomeQuery } from '../outcome-address.ts';
import type { Fields, Telemetry } from '../ports.ts';
import { type HttpAnswer, problem, Refusal } from '../refusal.ts';
import { type Answer, type AskedEvent, awaitOutcome, type OutcomeDeps } from './await-outcome.ts';
import { preferredWait } from './prefer-wait.ts';

export interface OutcomeRequest {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** Where it came from, for log lines alone. */
  readonly source?: Readonly<Record<string, string | undefined>>;
}

export interface TellDeps extends OutcomeDeps {
  readonly telemetry: Telemetry;
  /**
   * Passes where the request comes from somebody who may speak for the ACL, and is about this event.
   * @param now milliseconds since the epoch
   * @throws {Refusal} HOOK001, HOOK002
   */
  readonly authenticate: (
    request: { readonly headers: OutcomeRequest['headers']; readonly acl: string; readonly webhookId: string },
    now: number,
  ) => Promise<void>;
}

/** In how many seconds to ask again. */
const ASK_AGAIN_S = 2;
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** Tells a sender what became of one of its events. Never rejects for anything that a sender can cause. */
export async function tellOutcome(request: OutcomeRequest, deps: TellDeps): Promise<HttpAnswer> {
  const { telemetry } = deps;
  const names = namesIn(request.path);
  const now = deps.clock.now();
  // Who has not signed may write what they like.
  let about: Fields = {};
  try {
    await authenticated({ headers: request.headers, ...names }, now, deps);
    about = plausible(names);
    return await tell(names, request, now, deps);
  } catch (error) {
    if (error instanceof Refusal) {
      telemetry.error(error.code, error.message, { status: error.status, ...about, ...request.source });
      return problem(error.code, error.status, error.message);
    }
    // It says nothing of the event: whoever asks again may learn more.
    telemetry.error('STORE001', 'the outcome of an event could not be read', { reason: describeError(error) });
    return problem('STORE001', 503, 'the outcome could not be read; ask again');
  }
}

/** What of them can be an ACL's name, and an id. */
function plausible({ acl, webhookId }: AskedEvent): Fields {
  return { ...(isAclName(acl) && { acl }), ...(WEBHOOK_ID.test(webhookId) && { webhookId }) };
}

async function tell(
  { acl, webhookId }: AskedEvent,
  { headers, query }: OutcomeRequest,
  now: number,
  deps: TellDeps,
): Promise<HttpAnswer> {
  if (!WEBHOOK_ID.test(webhookId)) {
    throw new Refusal('HOOK003', 400, 'webhook-id must be 1 to 128 letters, digits, _ and -');
  }
  if (!aclConfig(deps.config, acl)) throw new Refusal('HOOK004', 404, 'no ACL of that name is configured here');
  const { bodyHash, acceptedAt } = readOutcomeQuery(query);
  const asked = { acl, webhookId, ...(bodyHash !== undefined && { bodyHash }) };
  const wait = preferredWait(headers.prefer);
  const until = wait === undefined ? undefined : now + wait * 1_000;
  const { answer, hasWaited } = await awaitOutcome(asked, until, deps);
  const isForgotten = acceptedAt === undefined || acceptedAt + MEMORY_SECONDS < now / 1_000;
  const told = answerOf(answer, isForgotten);
  return hasWaited ? { ...told, headers: { ...told.headers, 'preference-applied': `wait=${wait}` } } : told;
}

/** Without a key to check with nothing can be told: that is this side's trouble. */
async function authenticated(
  request: Parameters<TellDeps['authenticate']>[0],
  now: number,
  { authenticate, telemetry }: TellDeps,
): Promise<void> {
  try {
    await authenticate(request, now);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const said = 'the webhook secret could not be used';
    telemetry.warn(said, { reason: describeError(error) });
    throw new Refusal('HOOK007', 503, `${said}; ask again`);
  }
}

function answerOf(answer: Answer, isForgotten: boolean): HttpAnswer {
  switch (answer.status) {
    case 'applied':
    case 'expired':
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify(answer) };
    case 'failed': {
      const { meaning, impact } = ERRORS[answer.code];
      return problem(answer.code, 502, `${meaning ?? impact} (${answer.detail})`);
    }
    case 'other event':
      throw new Refusal('HOOK003', 409, 'another event had this webhook-id before; this one is not applied');
    case 'unknown':
      if (isForgotten) throw new Refusal('HOOK009', 404, 'no event of this id is known');
      return pending();
    case 'pending':
      return pending();
  }
}

function pending(): HttpAnswer {
  const headers = { ...JSON_TYPE, 'retry-after': String(ASK_AGAIN_S) };
  return { status: 202, headers, body: JSON.stringify({ status: 'pending' }) };
}
