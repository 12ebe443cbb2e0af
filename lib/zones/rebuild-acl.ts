import type { CachedSecret } from '../cached-secret.ts';
import { CLOCK_SKEW_MS } from '../clock-skew.ts';
import { type AclConfig, aclConfig, type Config } from '../config.ts';
import { describeError } from '../describe-error.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import { OktaAccess } from '../okta/access.ts';
import { CALL_TIMEOUT_MS } from '../okta/call-timeout.ts';
import type { OktaZones } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Clock, Telemetry, TimerQueue } from '../ports.ts';
import { armTimers } from '../timer-message.ts';
import { configHash } from './config-hash.ts';
import { leaveUntil } from './leave-until.ts';
import { tellOfLeftZones, tellOfRemovedAcl } from './left-zones.ts';
import type { Step } from './next-step.ts';
import { Pass } from './pass.ts';
import { reportFailures, reportPass, sayChanges } from './pass-lines.ts';
import { stateAfter } from './state-after.ts';
import { batchesAtOnce } from './stream-batches.ts';
import { pacedUntil, type ZoneState } from './zone-state.ts';
import { LeaseLost, type ZoneStates } from './zone-states.ts';
import type { ZoneView } from './zone-view.ts';
import { readZone, recordZone, writeZone, type ZoneWork } from './zone-work.ts';

export interface RebuildDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
  readonly okta: OktaZones;
  readonly oktaCredentials: CachedSecret;
  readonly timers: TimerQueue;
  readonly telemetry: Telemetry;
  /** A name for one run that no other has. */
  readonly newId: () => string;
}

/** One rebuild of one ACL. */
export interface Run {
  readonly acl: string;
  readonly settings: AclConfig;
  /** Who holds the ACL's lease. */
  readonly owner: string;
  readonly state: ZoneState;
  /** Of the configuration that it knows: see `configHash`. */
  readonly configHash: string;
  /** Nobody else had the lease since this process did: what it knows of the zones' items still holds. */
  readonly isUndisturbed: boolean;
  /** When the function's time is over, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** The lease outlives the function's time by this much: two clocks may differ. */
const LEASE_MARGIN_MS = 5_000;
/** A rebuild goes on for so long, and leaves the rest to a timer: an ACL with much to do must not hold up others. */
const RUN_MS = 10_000;
/** A step is only begun with this much time left: a read, a write, and saving. */
const TIME_FOR_A_STEP_MS = 2 * CALL_TIMEOUT_MS + 4_000;
/** A longer pause than this is left to a timer. */
const LONGEST_SLEEP_MS = 3_000;
/** Whoever finds the lease taken comes again so soon. */
const LEASE_TAKEN_MS = 5_000;
/** Grants that were read so long ago are read again before the next write, if there is news. */
const GRANTS_AGE_MS = 2_000;

/**
 * Makes an ACL's zones equal to its live grants: whatever happened, look at both and write what differs.
 * An Okta failure is reported and remembered, and does not reject; trouble with the table does.
 * @param deadline when the function's time is over, in milliseconds since the epoch
 */
export async function rebuildAcl(acl: string, deps: RebuildDeps, deadline: number): Promise<void> {
  const { clock, states, telemetry } = deps;
  const settings = aclConfig(deps.config, acl);
  if (!settings) {
    telemetry.info('no such ACL is configured any more; its zones are left as they are', { acl });
    const takenUntil = await tellOfRemovedAcl(acl, deps, oktaOf(acl, deps, deadline), deadline + LEASE_MARGIN_MS);
    return takenUntil === undefined ? undefined : comeAgain(acl, takenUntil, deps);
  }
  const owner = deps.newId();
  const hash = configHash(deps.config, settings);
  const taken = await states.take(acl, owner, clock.now(), deadline + LEASE_MARGIN_MS, hash);
  if (!taken.taken) {
    return comeAgain(acl, taken.until, deps);
  }
  if (taken.unreadable.length > 0) {
    const detail = "a part of what is stored of the zones can't be read; it is found out anew";
    telemetry.error('STORE002', detail, { acl, unreadable: taken.unreadable });
  }
  const { state, isUndisturbed } = taken;
  const run = { acl, settings, owner, state, configHash: hash, isUndisturbed, deadline };
  const pass = new Pass(run, deps);
  let result: ZoneState | undefined;
  try {
    const after = await rebuild(pass, run, deps);
    // Before the lease is let go: a crash in between leaves one timer too many, and none too few.
    if (after.dueAt !== undefined && after.dueAt !== state.dueAt) await armRebuild(acl, after.dueAt, deps);
    result = after;
    await states.release(acl, owner, after);
  } catch (error) {
    if (!(error instanceof LeaseLost)) {
      return giveUp(pass, run, result ?? { ...run.state, zones: pass.memories }, error, deps);
    }
    telemetry.warn('the lease was lost; its new holder rebuilds the zones', { acl });
  }
}

/** One pass: what is to be done is done step by step, until nothing is left or the time is over. */
async function rebuild(pass: Pass, run: Run, deps: RebuildDeps): Promise<ZoneState> {
  const { clock } = deps;
  const pause = await pauseOf(run.state, deps);
  const isLong = pause > LONGEST_SLEEP_MS || clock.now() + pause > run.deadline - TIME_FOR_A_STEP_MS;
  if (isLong) return { ...run.state, dueAt: armedFor(run.state, clock.now() + pause, clock.now()) };
  if (pause > 0) await clock.sleep(pause);
  await pass.begin();
  const endsAt = Math.min(clock.now() + RUN_MS, run.deadline - TIME_FOR_A_STEP_MS);
  const atOnce = batchesAtOnce(deps.config);
  let leftUntil: number | undefined;
  try {
    for (let step = pass.next(); step; step = pass.next()) {
      const { quota, hasWritten } = pass;
      leftUntil = leaveUntil(step, { now: clock.now(), endsAt, quota, hasWritten, dueAt: run.state.dueAt, atOnce });
      if (leftUntil !== undefined) break;
      // What is only read gives way to changes; what is written is what holds now.
      const isPatient = step.kind !== 'write' || pass.age > GRANTS_AGE_MS;
      if (isPatient && (await pass.refresh())) continue;
      await take(step, pass, run, deps);
    }
    if (leftUntil === undefined) {
      pass.remember(await tellOfLeftZones(run.acl, pass.memories, deps, oktaOf(run.acl, deps, run.deadline)));
    }
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    pass.failed(error);
  } finally {
    // Also where the table fails then: what was found out is remembered, and so it is said.
    reportFailures(pass, run, deps);
  }
  await sayAllChanges(pass, run, deps);
  reportPass(pass, run, deps);
  const { heldUntil } = pass;
  // Two ACLs that have changed zones wait for each other where both rebuild at once: whoever comes again soon finds a gap.
  const freeAt = heldUntil === undefined ? undefined : Math.min(heldUntil, clock.now() + LEASE_TAKEN_MS);
  const left = [leftUntil, freeAt].filter((at) => at !== undefined);
  return stateAfter(run.state, pass.result(left.length > 0 ? Math.min(...left) : undefined), clock.now());
}

/** Does one step. A zone is read first; where it must be written then, by what it has just shown, it is written at once. */
async function take(step: Step, pass: Pass, run: Run, deps: RebuildDeps): Promise<void> {
  const work = workOf(pass, run, deps);
  const view = pass.view(step.zoneId);
  if (step.kind === 'record') return pass.did(await recordZone(view, work), false);
  const read = await readZone(view, pass.plan, work);
  await pass.saw(read);
  await tellTrouble(view, pass, run, deps);
  const again = pass.next();
  if (!read.zone || again?.kind !== 'write' || again.zoneId !== step.zoneId) return;
  if (again.parted.length > 0) {
    const fields = { acl: run.acl, zoneId: step.zoneId, parted: again.parted };
    deps.telemetry.warn('there is no room for these while zones change; they may be in none meanwhile', fields);
  }
  const before = pass.view(step.zoneId);
  const done = await writeZone(before, read.zone, again.list, pass.plan, work);
  if (done.zone) await pass.saw(done);
  else await pass.did(done, true);
  await tellTrouble(before, pass, run, deps);
}

/**
 * Saves at once that Okta has shown a zone otherwise than it was confirmed: whoever asks for an outcome, or how the zones are,
 * is told by what is stored, and the rebuild may go on for seconds. What is told of it was said before.
 */
async function tellTrouble(
  { zoneId, doubted, memory }: ZoneView,
  pass: Pass,
  run: Run,
  deps: RebuildDeps,
): Promise<void> {
  const now = pass.view(zoneId);
  const isNews = (now.doubted && !doubted) || (now.memory.trouble && !memory.trouble);
  if (!isNews) return;
  reportFailures(pass, run, deps);
  await sayAllChanges(pass, run, deps);
  await deps.states.saveZones(run.acl, run.owner, pass.memories);
}

/**
 * Says which changes Okta has confirmed. That it has is stored just after that, with the lease: until then, whoever else
 * comes finds the writes unconfirmed, reads the zones, and says it. So it is not said without the lease; and only a process
 * that dies in between leaves it to be said again, with the same number of the write.
 */
async function sayAllChanges(pass: Pass, run: Run, deps: RebuildDeps): Promise<void> {
  if (!pass.hasUnsaid) return;
  await deps.states.assertHeld(run.acl, run.owner, deps.clock.now());
  sayChanges(pass, run, deps);
}

/** How long neither pacing nor Okta wants a call, in milliseconds. */
async function pauseOf(state: ZoneState, { clock, states }: RebuildDeps): Promise<number> {
  const now = clock.now();
  return Math.max(pacedUntil(state, now), await states.rest.until(now)) - now;
}

/**
 * One timer is enough for all who come during a pause: where one is armed for before its end, that one finds the rest. What
 * is due so soon that two clocks may differ by it may have come already.
 */
function armedFor({ dueAt = 0 }: ZoneState, at: number, now: number): number {
  return dueAt > now + CLOCK_SKEW_MS && dueAt <= at ? dueAt : at;
}

function workOf(pass: Pass, run: Run, deps: RebuildDeps): ZoneWork {
  const { acl, settings, owner, deadline } = run;
  const { clock, states, telemetry } = deps;
  const { items } = states;
  const okta = oktaOf(acl, deps, deadline);
  const assertHeld = () => states.assertHeld(acl, owner, clock.now());
  const isInUse = pass.events !== undefined;
  const sayChangesOf = (zoneId: string) => sayChanges(pass, run, deps, zoneId);
  const haveRead = (other: string) => states.requestReading(other, 'another ACL has taken a zone', clock.now());
  return { acl, settings, okta, items, clock, telemetry, assertHeld, isInUse, sayChangesOf, haveRead };
}

function oktaOf(
  acl: string,
  { clock, okta, oktaCredentials, states, telemetry }: RebuildDeps,
  deadline: number,
): OktaAccess {
  return new OktaAccess(okta, oktaCredentials, clock, states.rest, deadline, (call) =>
    telemetry.info('Okta called', { acl, ...call }),
  );
}

/**
 * Trouble with the table. The lease is let go, if that is possible, so that whoever tries again need not wait for its end;
 * and what was found out and said is remembered.
 */
async function giveUp(pass: Pass, run: Run, state: ZoneState, error: unknown, deps: RebuildDeps): Promise<never> {
  const { acl, owner, deadline } = run;
  const { clock, states, telemetry } = deps;
  try {
    await sayAllChanges(pass, run, deps);
    await states.release(acl, owner, state);
  } catch (failed) {
    // Whoever comes next may not have the zone any more, and would not look. Without an answer of the table the lease is
    // this run's for as long as it has time.
    if (!(failed instanceof LeaseLost) && clock.now() < deadline) sayChanges(pass, run, deps);
    telemetry.warn('the lease could not be let go; it ends by itself', { acl, reason: describeError(failed) });
  }
  throw error;
}

/** The lease is taken: its holder may be dead, or about to let go without having seen what woke this one. */
async function comeAgain(acl: string, takenUntil: number, deps: RebuildDeps): Promise<void> {
  return armRebuild(acl, Math.min(takenUntil, deps.clock.now() + LEASE_TAKEN_MS), deps);
}

async function armRebuild(acl: string, at: number, { clock, timers }: RebuildDeps): Promise<void> {
  await armTimers(timers, [{ kind: 'rebuild', acl, at }], clock.now());
}
