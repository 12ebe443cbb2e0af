import { aclConfig, type Config } from '../config.ts';
import { ERRORS, type ErrorCode } from '../error-codes.ts';
import type { Fate, GrantBook } from '../grants/grant-book.ts';
import type { QueuedEvent } from '../grants/queue-message.ts';
import type { Clock } from '../ports.ts';
import { isListed, readLists, type ZoneLists } from '../zones/zone-lists.ts';
import type { ZoneState } from '../zones/zone-state.ts';
import type { ZoneStates } from '../zones/zone-states.ts';

export interface OutcomeDeps {
  readonly config: Pick<Config, 'acls'>;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
}

export type Outcome =
  /** Okta has confirmed lists that reflect the event. */
  | { readonly status: 'applied'; readonly overtakenBy?: string }
  /** The zone could not be updated. */
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly detail: string }
  /** Another event had the same id before: this one is not applied. */
  | { readonly status: 'other event' }
  | { readonly status: 'pending' };

/** Waiting is polling: soon at first, then ever more gently, since a thousand may wait for one zone. */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_000;
/** The grant stands all the same, by another event: whoever asked for it is in. */
const LATER_GRANT = 'a later grant';

/**
 * Waits until an event that lies on the queue has come through to Okta.
 * @param until when the time is up, in milliseconds since the epoch
 */
export async function awaitOutcome(event: QueuedEvent, until: number, deps: OutcomeDeps): Promise<Outcome> {
  const { clock, grants, states } = deps;
  let fate: Fate | undefined;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    fate ??= await grants.fate(event);
    if (fate?.isOther) return { status: 'other event' };
    const state = fate && (await states.get(event.acl, { stale: true }));
    if (fate && state && isAt(state.confirmedPosition, fate.position)) return confirmed(event, state, fate, deps);
    const failure = fate && state && failureAt(state, fate.position);
    const timeIsUp = clock.now() + pause > until;
    // What heals by itself is the answer only when the time is up.
    if (failure && (timeIsUp || !ERRORS[failure.code].healsItself)) return failure;
    if (timeIsUp) return { status: 'pending' };
    await clock.sleep(pause);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5);
  }
}

async function confirmed(event: QueuedEvent, state: ZoneState, fate: Fate, deps: OutcomeDeps): Promise<Outcome> {
  const { grants } = deps;
  const overtaken = fate.overtakenBy !== undefined && { overtakenBy: fate.overtakenBy };
  if (event.type !== 'access.granted') return { status: 'applied', ...overtaken };
  if (!(await grants.stands(event))) {
    return { status: 'applied', overtakenBy: fate.overtakenBy ?? 'a later event, or its expiry' };
  }
  const isIn = event.ip === undefined || isListed(event.ip, await listsOf(event.acl, state, deps), state);
  if (!isIn) {
    const full = { code: 'ZONE005', detail: 'the zones of the ACL are full; the grant waits for room' } as const;
    const { code, detail } = state.lastError ?? full;
    return { status: 'failed', code, detail };
  }
  return { status: 'applied', ...(overtaken && { overtakenBy: LATER_GRANT }) };
}

function listsOf(acl: string, state: ZoneState, { config, states }: OutcomeDeps): Promise<ZoneLists> {
  return readLists(acl, aclConfig(config, acl)?.zoneIds ?? [], state, states.items);
}

function failureAt(state: ZoneState, position: string): Extract<Outcome, { status: 'failed' }> | undefined {
  if (!state.lastError || !isAt(state.lastError.position, position)) return undefined;
  return { status: 'failed', code: state.lastError.code, detail: state.lastError.detail };
}

function isAt(reached: string | undefined, position: string): boolean {
  return reached !== undefined && reached >= position;
}
