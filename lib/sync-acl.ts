import { armAlarms } from './alarm-message.ts';
import type { CachedSecret } from './cached-secret.ts';
import { type AclConfig, aclConfig, type Config } from './config.ts';
import { configHash } from './config-hash.ts';
import { pauseAfter, retryPause, SHORTEST_PAUSE_MS } from './domain/pacing.ts';
import { idsAfter } from './domain/recent-events.ts';
import type { GrantBook } from './grant-book.ts';
import { AUDIT } from './names.ts';
import { OktaAccess } from './okta-access.ts';
import { OktaFailure, type OktaZones } from './okta-zones.ts';
import { passLine } from './pass-line.ts';
import type { AlarmQueue, Clock, Fields, Telemetry } from './ports.ts';
import { updateZones } from './update-zones.ts';
import { recordOfWaiting } from './waiting-record.ts';
import { gatewaysIn } from './zone-lists.ts';
import { LeaseLost, type StateChange, type ZoneState, type ZoneStates } from './zone-state.ts';

export interface SyncDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
  readonly okta: OktaZones;
  readonly oktaToken: CachedSecret;
  readonly alarms: AlarmQueue;
  readonly telemetry: Telemetry;
  /** A name for one run that no other has. */
  readonly newId: () => string;
}

/** The lease outlives the function's time by this much: two clocks may differ. */
const LEASE_MARGIN_MS = 5_000;
/** Okta may carry out an update this long after it was given up on. No source says how long; a proxy gives up in a minute. */
const DOUBT_MS = 60_000;
/** A longer pause than this is left to an alarm message: it would hold up the stream. */
const LONGEST_SLEEP_MS = 3_000;
/** A pass is only begun with this much time left: one read, one write, and saving. */
const TIME_FOR_A_PASS_MS = 20_000;

/**
 * Makes an ACL's zones equal to its live grants: whatever happened, look at both and write what differs.
 * An Okta failure is recorded and reported, and does not reject; trouble with the table does.
 * @param deadline when the function's time is over, in milliseconds since the epoch
 */
export async function syncAcl(acl: string, deps: SyncDeps, deadline: number): Promise<void> {
  const settings = aclConfig(deps.config, acl);
  if (!settings) {
    deps.telemetry.info('no such ACL is configured any more; its zones are left as they are', { acl });
    return;
  }
  const owner = deps.newId();
  const lease = await deps.states.acquire(acl, owner, deps.clock.now(), deadline + LEASE_MARGIN_MS);
  if (!lease.taken) {
    // The mark is enough as long as the holder lives; the message is for when it does not. One is enough,
    // however many find the lease taken.
    const wakeAt = await wake(acl, lease.state, lease.until, deps);
    if (wakeAt !== lease.state.wakeAt) await deps.states.noteWake(acl, wakeAt);
    return;
  }
  try {
    let state = lease.state;
    while (!(await runOnce(acl, settings, owner, state, deps, deadline))) state = await deps.states.get(acl);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    deps.telemetry.warn('the lease was lost; its new holder rebuilds the zone', { acl });
  }
}

/** @returns whether the lease was let go; otherwise there is news to look at */
async function runOnce(
  acl: string,
  settings: AclConfig,
  owner: string,
  state: ZoneState,
  deps: SyncDeps,
  deadline: number,
): Promise<boolean> {
  const { clock, states } = deps;
  const dueAt = Math.max(state.notBefore ?? 0, await states.oktaRestsUntil());
  const wait = Math.max(0, dueAt - clock.now());
  if (wait > LONGEST_SLEEP_MS || clock.now() + wait + TIME_FOR_A_PASS_MS > deadline) {
    const wakeAt = await wake(acl, state, clock.now() + wait, deps);
    return states.release(acl, owner, { set: { needsSync: true, wakeAt } }, state.news);
  }
  if (wait > 0) await clock.sleep(wait);
  return states.release(acl, owner, await attempt(acl, settings, owner, state, deps, deadline), state.news);
}

/** One pass over the zones. @returns what is to be remembered of it */
async function attempt(
  acl: string,
  settings: AclConfig,
  owner: string,
  state: ZoneState,
  deps: SyncDeps,
  deadline: number,
): Promise<StateChange> {
  const { clock, config, grants: book, telemetry } = deps;
  const applied = await book.events(acl);
  const position = applied?.position;
  const readAt = clock.now();
  const grants = position === undefined ? undefined : await book.live(acl, readAt);
  const hash = configHash(config, settings);
  const isNews = position !== undefined && position !== state.confirmedPosition;
  const lists = await deps.states.lists(acl, state, owner);
  const causes = [
    ...(isNews ? ['events'] : []),
    ...(state.nextExpiry && state.nextExpiry <= readAt ? ['expiry'] : []),
    ...(state.configHash !== undefined && state.configHash !== hash ? ['configuration'] : []),
  ];
  // Each id stands between spaces, so that a query can look for it as a whole.
  const ids = idsAfter(applied?.recent ?? [], state.confirmedPosition);
  const audit = { position, ...(isNews && ids.length > 0 && { webhookIds: ` ${ids.join(' ')} ` }) };
  try {
    const result = await updateZones({
      acl,
      settings,
      config,
      grants,
      known: lists.known(),
      okta: new OktaAccess(deps.okta, deps.oktaToken, clock, deps.states, deadline, (call) =>
        telemetry.info('Okta called', { acl, ...call }),
      ),
      telemetry,
      audit: { ...audit, cause: causes.join(', ') || 'repair' },
      announce: (zoneId, current, desired) => lists.announce(zoneId, current, desired),
    });
    if (grants) {
      const line = passLine(result, grants, state.confirmedPosition, config, clock.now());
      telemetry.info('zones compared', { acl, ...line });
    }
    const listed = {
      confirmedWrites: await lists.settle(result.zones),
      gateways: gatewaysIn(result.zones, config.sentinel),
    };
    const notBefore = clock.now() + pauseAfter(result.quota, 2 * settings.zoneIds.length);
    const [failure, ...others] = result.failures;
    for (const other of others) report(acl, other, audit, telemetry);
    if (failure) {
      if (result.waiting.length > 0) reportWaiting(acl, result.waiting, telemetry);
      const change = await failed(acl, failure, state, audit, deps);
      const seen = { notBefore, ...listed, ...recordOfWaiting(result.waiting) };
      // Whoever expired may still be in a zone whose list was refused; a zone that is gone or unusable lets nobody in.
      const refused = result.failures.some(({ code }) => code === 'ZONE002');
      const expiry = grants && !refused ? { nextExpiry: grants[0]?.expiresAt ?? 0 } : {};
      return { ...change, set: { ...change.set, ...seen, ...expiry } };
    }
    if (isNews) {
      const { waiting } = result;
      const fields = { action: AUDIT.zoneConfirmed, acl, ...audit, grants: grants?.length, waiting: waiting.length };
      telemetry.info('zones confirmed', fields);
    }
    return succeeded(acl, result, { ...listed, notBefore, position, grants, configHash: hash }, deps);
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    return failed(acl, error, state, audit, deps);
  }
}

function succeeded(
  acl: string,
  result: Awaited<ReturnType<typeof updateZones>>,
  pass: {
    readonly confirmedWrites: Readonly<Record<string, number>>;
    readonly gateways: number;
    readonly notBefore: number;
    readonly position: string | undefined;
    readonly grants: readonly { readonly expiresAt: number }[] | undefined;
    readonly configHash: string;
  },
  deps: SyncDeps,
): StateChange {
  const now = deps.clock.now();
  const set: Partial<ZoneState> = {
    notBefore: pass.notBefore,
    verifiedAt: now,
    failures: 0,
    configHash: pass.configHash,
    nextExpiry: pass.grants?.[0]?.expiresAt ?? 0,
    confirmedWrites: pass.confirmedWrites,
    gateways: pass.gateways,
    ...(pass.position !== undefined && { confirmedPosition: pass.position }),
  };
  if (result.waiting.length === 0)
    return { set: { ...set, needsSync: false }, clear: ['lastError', 'waiting', 'waitingCount'] };
  const detail = reportWaiting(acl, result.waiting, deps.telemetry);
  // needsSync: while somebody waits, every minute looks again, and the alarm stays on.
  const lastError = { code: 'ZONE005', at: now, detail } as const;
  return { set: { ...set, needsSync: true, ...recordOfWaiting(result.waiting), lastError } };
}

async function failed(
  acl: string,
  failure: OktaFailure,
  state: ZoneState,
  audit: Fields & { readonly position: string | undefined },
  deps: SyncDeps,
): Promise<StateChange> {
  report(acl, failure, audit, deps.telemetry);
  const { position } = audit;
  const now = deps.clock.now();
  const failures = (state.failures ?? 0) + 1;
  const set: Partial<ZoneState> = {
    notBefore: now + SHORTEST_PAUSE_MS,
    needsSync: true,
    failures,
    lastError: { code: failure.code, at: now, detail: failure.message },
    ...(position !== undefined && { failedPosition: position }),
  };
  if (failure.code === 'OKTA005') {
    return { set: { ...set, wakeAt: await wake(acl, state, now + (failure.retryInMs ?? 0), deps) } };
  }
  // Whoever must mend the other codes is slower than the minute tick, which tries them again.
  if (failure.code !== 'ZONE003') return { set };
  const wakeAt = await wake(acl, state, now + retryPause(failures), deps);
  return { set: { ...set, doubtUntil: now + DOUBT_MS, wakeAt } };
}

/** @returns what was said */
function reportWaiting(acl: string, waiting: readonly string[], telemetry: Telemetry): string {
  const detail = `${waiting.length} IPs fit into no zone of the ACL and wait for room`;
  telemetry.error('ZONE005', detail, { acl, waiting: waiting.length, first: waiting.slice(0, 10) });
  return detail;
}

function report(acl: string, failure: OktaFailure, audit: Fields, telemetry: Telemetry): void {
  telemetry.error(failure.code, failure.message, { acl, ...audit, ...failure.fields });
}

/** Makes sure that a message wakes the ACL at the moment. @returns when it does */
async function wake(acl: string, state: ZoneState, at: number, deps: SyncDeps): Promise<number> {
  const now = deps.clock.now();
  if (state.wakeAt !== undefined && state.wakeAt > now && state.wakeAt <= at) return state.wakeAt;
  await armAlarms(deps.alarms, [{ kind: 'rebuild', acl, at }], now);
  return at;
}
