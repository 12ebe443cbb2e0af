import type { Config } from '../config.ts';
import { forEachAcl } from '../for-each-acl.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import { AUDIT } from '../names.ts';
import type { Clock, Telemetry, TimerQueue } from '../ports.ts';
import { armTimers, type Timer } from '../timer-message.ts';
import { configHash } from '../zones/config-hash.ts';
import type { ZoneState, ZoneStates } from '../zones/zone-state.ts';
import { type AclFacts, reportZoneHealth } from './zone-health.ts';

export interface ExpiryDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
  readonly timers: TimerQueue;
  readonly telemetry: Telemetry;
}

/** The scheduler fires anywhere in its minute, so two ticks can be almost this far apart. */
const TICKS_APART_MS = 120_000;
/** A verification that falls due before the next tick comes is done with this one. */
const HALF_A_TICK_MS = 30_000;
const FAILED = 'expiry failed';

/**
 * The minute tick: ends what is due, arms a timer for each second in which something falls due
 * before the next tick can come, and asks for a rebuild of every ACL that needs one.
 * @throws {AggregateError} when that failed for some ACLs; the others are done
 */
export async function tick(deps: ExpiryDeps): Promise<void> {
  const acls = Object.keys(deps.config.acls);
  const found: AclFacts[] = [];
  try {
    await forEachAcl(acls, deps.telemetry, FAILED, async (acl) => {
      const hasAsked = await endDue(acl, deps);
      await armComing(acl, deps);
      const [state, events] = [await deps.states.get(acl), await deps.grants.events(acl)];
      found.push({ acl, state, events });
      if (!hasAsked) await askForRebuild(acl, state, events?.position, deps);
    });
  } finally {
    reportZoneHealth(found, found.length === acls.length, deps);
  }
}

/**
 * A timer: ends what is due in its ACL, or asks for the rebuild it stands for. One that comes early
 * is armed again.
 */
export async function handleTimer(timer: Timer, deps: ExpiryDeps): Promise<void> {
  await forEachAcl([timer.acl], deps.telemetry, FAILED, async (acl) => {
    if (timer.at > deps.clock.now()) return armTimers(deps.timers, [timer], deps.clock.now());
    if (timer.kind === 'expiry') await endDue(acl, deps);
    else await deps.states.requestRebuild(acl, 'timer', deps.clock.now());
  });
}

/** @returns whether something was due, and so a rebuild was asked for */
async function endDue(acl: string, deps: ExpiryDeps): Promise<boolean> {
  const now = deps.clock.now();
  // From the beginning of time: a row that makes no sense must go, too.
  const ended = await deps.grants.end(await deps.grants.between(acl, Number.MIN_SAFE_INTEGER, now));
  for (const grant of ended) {
    const { expiresAt = now } = grant;
    const fields = { action: AUDIT.expired, ...grant, cause: 'expiry', lateMs: now - expiresAt };
    deps.telemetry.info('grant expired', fields);
  }
  // A function that dies before this is made up for by the tick, which knows the next expiry in the lists.
  if (ended.length > 0) await deps.states.requestRebuild(acl, 'grants have expired', deps.clock.now());
  return ended.length > 0;
}

async function armComing(acl: string, deps: ExpiryDeps): Promise<void> {
  const now = deps.clock.now();
  const coming = await deps.grants.between(acl, now, now + TICKS_APART_MS);
  const seconds = new Set(coming.map(({ expiresAt }) => Math.ceil(Number(expiresAt) / 1000)));
  const timers = [...seconds].map((second) => ({ kind: 'expiry', acl, at: second * 1000 }) as const);
  await armTimers(deps.timers, timers, now);
}

/** Now, or by a timer for when the lease is over or Okta takes calls again: the next tick may be two minutes away. */
async function askForRebuild(
  acl: string,
  state: ZoneState,
  position: string | undefined,
  deps: ExpiryDeps,
): Promise<void> {
  const reason = whyRebuild(acl, state, position, deps);
  if (!reason) return;
  const now = deps.clock.now();
  const at = Math.max(state.leaseUntil ?? 0, state.notBefore ?? 0, await deps.states.rest.until(now));
  if (at > now) await armTimers(deps.timers, [{ kind: 'rebuild', acl, at }], now);
  else await deps.states.requestRebuild(acl, reason, now);
}

/** @returns the reason for the log, or undefined where the zones are as they should be, as far as is known */
function whyRebuild(acl: string, state: ZoneState, position: string | undefined, deps: ExpiryDeps): string | undefined {
  const now = deps.clock.now();
  // Whoever holds the lease may have died; if not, one rebuild too many costs little.
  if (state.leaseUntil !== undefined) return 'a rebuild did not finish';
  if (state.needsSync) return 'something was left to do';
  const settings = deps.config.acls[acl];
  if (settings && state.configHash !== configHash(deps.config, settings)) return 'the configuration is new';
  return missedSomething(state, position, now) ?? verificationDue(state, now, deps.config.verifyMinutes);
}

/** What a lost stream record or a TTL delete would leave behind. */
function missedSomething(state: ZoneState, position: string | undefined, now: number): string | undefined {
  if (state.nextExpiry && state.nextExpiry <= now) return 'a grant in the zone has expired';
  if (position !== state.confirmedPosition) return 'events are not in the zone yet';
  return undefined;
}

function verificationDue(state: ZoneState, now: number, minutes: number): string | undefined {
  const { doubtUntil, verifiedAt = 0 } = state;
  if (doubtUntil !== undefined && doubtUntil >= verifiedAt) return 'a write without an answer may have come late';
  const due = verifiedAt + minutes * 60_000 - HALF_A_TICK_MS;
  return now >= due ? 'verification is due' : undefined;
}
