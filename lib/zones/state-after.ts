import type { OktaFailure } from '../okta/okta-failure.ts';
import { pauseAfter, SHORTEST_PAUSE_MS } from '../okta/pacing.ts';
import type { Quota } from '../okta/rate-limit.ts';
import { type LastError, OF_ONE_ZONE, type ZoneMemory, type ZoneState } from './zone-state.ts';

/** What a rebuild has found and done. */
export interface Rebuilt {
  /** Position up to which events were applied when the grants were read; undefined before the first event. */
  readonly position: string | undefined;
  /** How many these are: see `AclEvents`. */
  readonly count?: number | undefined;
  /** The zones of the configuration. */
  readonly zones: Readonly<Record<string, ZoneMemory>>;
  /** What was planned; undefined where the grants were not asked for. */
  readonly plan?: {
    /** Every zone that can be used has its list, by Okta's word. */
    readonly isComplete: boolean;
    readonly configHash: string;
    readonly changes: number;
    /** Of the grants that it was made with, in milliseconds since the epoch; 0: none. */
    readonly soonestExpiry: number;
    readonly grants: number;
    readonly waiting: number;
    readonly gateways: number;
  };
  /** What has ended the rebuild or, where nothing has, what went wrong first. */
  readonly failure?: OktaFailure;
  /** Something is left to do, and can be done from this moment on. */
  readonly leftUntil?: number;
  /** Okta has answered, and was written to. */
  readonly answered: boolean;
  readonly wrote: boolean;
  readonly quota: Quota | undefined;
}

/** Whoever has written waits this much longer after a refusal: those who have not get their turn. */
const TURN_MS = 3_000;
const SHORTEST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/**
 * What is remembered after a rebuild. Each field has its rule here and nowhere else.
 * @param now milliseconds since the epoch
 */
export function stateAfter(before: ZoneState, rebuilt: Rebuilt, now: number): ZoneState {
  const { plan, position, count, zones } = rebuilt;
  const lastError = errorAfter(before, rebuilt, now);
  const notBefore = pauseUntil(before, rebuilt, now);
  const dueAt = dueAfter(rebuilt, lastError, now);
  const { confirmedPosition, confirmedCount, confirmedChanges, configHash, nextExpiry } = before;
  const confirmed = plan?.isComplete
    ? {
        confirmedPosition: position,
        confirmedCount: count,
        confirmedChanges: plan.changes,
        configHash: plan.configHash,
        nextExpiry: plan.soonestExpiry,
      }
    : { confirmedPosition, confirmedCount, confirmedChanges, configHash, nextExpiry };
  const { grants, waiting, gateways } = plan ?? before;
  const unfinished = (plan ? !plan.isComplete : before.unfinished) || undefined;
  return defined({ zones, notBefore, dueAt, unfinished, ...confirmed, lastError, grants, waiting, gateways });
}

/** The failure of this rebuild, or what is known to be wrong from earlier ones. */
function errorAfter(
  before: ZoneState,
  { failure, zones, plan, position, answered }: Rebuilt,
  now: number,
): LastError | undefined {
  const since = before.lastError?.since ?? now;
  const read = position === undefined ? {} : { position };
  if (failure) {
    const { code, message: detail } = failure;
    const { zoneId } = failure.fields;
    const isOfOne = OF_ONE_ZONE.includes(code) && typeof zoneId === 'string';
    return { code, detail, at: now, since, ...(isOfOne && { zoneId }), ...read };
  }
  const [troubled] = Object.entries(zones).filter(([, { trouble }]) => trouble);
  if (troubled?.[1].trouble) return { ...troubled[1].trouble, since, zoneId: troubled[0], ...read };
  const waiting = plan?.waiting ?? before.waiting ?? 0;
  if (waiting > 0) return { code: 'ZONE005', detail: waitingDetail(waiting), at: now, since, ...read };
  // Trouble with Okta as a whole is over when Okta has answered.
  const isOfAll = before.lastError?.zoneId === undefined && before.lastError?.code !== 'ZONE005';
  return isOfAll && !answered ? before.lastError : undefined;
}

export function waitingDetail(waiting: number): string {
  return `${waiting} IPs fit into no zone of the ACL and wait for room`;
}

/** The next update is a second away at least, and more where little is left of the quota. */
function pauseUntil(before: ZoneState, { failure, wrote, quota }: Rebuilt, now: number): number | undefined {
  if (failure) return now + SHORTEST_PAUSE_MS;
  if (wrote) return now + pauseAfter(quota);
  return before.notBefore !== undefined && before.notBefore > now ? before.notBefore : undefined;
}

/** When to go on without being asked: what a person must mend is left to the tick. */
function dueAfter(
  { failure, leftUntil, wrote }: Rebuilt,
  lastError: LastError | undefined,
  now: number,
): number | undefined {
  if (failure?.code === 'OKTA005') return now + (failure.retryInMs ?? 0) + (wrote ? TURN_MS : 0);
  if (failure?.code === 'ZONE003') return now + retryPause(now - (lastError?.since ?? now));
  return leftUntil;
}

/** As long as it has failed already: 2 s, 4 s, 8 s … up to a minute. */
function retryPause(failingForMs: number): number {
  return Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, failingForMs));
}

/** Without what is undefined: it is not stored. */
function defined<T extends object>(
  state: { [Name in keyof T]: T[Name] | undefined } & { zones: ZoneState['zones'] },
): ZoneState {
  return {
    zones: state.zones,
    ...Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)),
  };
}
