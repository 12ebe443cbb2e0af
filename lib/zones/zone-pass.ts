import type { CachedSecret } from '../cached-secret.ts';
import type { AclConfig, Config } from '../config.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import { idsAfter } from '../grants/recent-events.ts';
import { AUDIT } from '../names.ts';
import { OktaAccess } from '../okta/access.ts';
import { CALL_TIMEOUT_MS, type OktaZones } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import { pauseAfter, retryPause, SHORTEST_PAUSE_MS } from '../okta/pacing.ts';
import type { Clock, Fields, Telemetry, TimerQueue } from '../ports.ts';
import { configHash } from './config-hash.ts';
import { passLine } from './pass-line.ts';
import { updateZones } from './update-zones.ts';
import { recordOfWaiting } from './waiting-record.ts';
import { armWakeUp } from './wake-up.ts';
import { gatewaysIn } from './zone-lists.ts';
import type { StateChange, ZoneState, ZoneStates } from './zone-state.ts';

export interface SyncDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
  readonly okta: OktaZones;
  readonly oktaToken: CachedSecret;
  readonly timers: TimerQueue;
  readonly telemetry: Telemetry;
  /** A name for one run that no other has. */
  readonly newId: () => string;
}

export interface ZonePass {
  readonly acl: string;
  readonly settings: AclConfig;
  /** Who holds the ACL's lease. */
  readonly owner: string;
  readonly state: ZoneState;
  /** When the function's time is over, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** Okta may carry out an update this long after it was given up on. No source says how long; a proxy gives up in a minute. */
const DOUBT_MS = 60_000;

/**
 * One pass over an ACL's zones: what they must hold is looked up, and they are made to hold it.
 * An Okta failure is reported, and is among what is to be remembered; trouble with the table rejects.
 * @returns what is to be remembered
 */
export async function zonePass(pass: ZonePass, deps: SyncDeps): Promise<StateChange> {
  const { acl, settings, owner, state, deadline } = pass;
  const { clock, config, grants: book, telemetry } = deps;
  const applied = await book.events(acl);
  const position = applied?.position;
  const readAt = clock.now();
  const grants = position === undefined ? undefined : await book.live(acl, readAt);
  const hash = configHash(config, settings);
  const isNews = position !== undefined && position !== state.confirmedPosition;
  const lists = await deps.states.lists(acl, state, owner);
  // Of a write whose run died, too: it may have been on its way.
  const inDoubt = lists.inDoubtSince();
  const doubt = inDoubt === undefined ? {} : { doubtUntil: inDoubt + CALL_TIMEOUT_MS + DOUBT_MS };
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
      okta: new OktaAccess(deps.okta, deps.oktaToken, clock, deps.states.rest, deadline, (call) =>
        telemetry.info('Okta called', { acl, ...call }),
      ),
      telemetry,
      audit: { ...audit, cause: causes.join(', ') || 'repair' },
      announce: (zoneId, current, desired) => lists.announce(zoneId, current, desired, clock.now()),
    });
    if (grants) {
      const line = passLine(result, grants, state.confirmedPosition, config, clock.now());
      telemetry.info('zones compared', { acl, ...line });
    }
    const confirmedWrites = await lists.settle(result.zones, clock.now());
    const seen = {
      ...doubt,
      confirmedWrites,
      gateways: gatewaysIn(result.zones, config.sentinel),
      notBefore: clock.now() + pauseAfter(result.quota, 2 * settings.zoneIds.length),
    };
    const [failure, ...others] = result.failures;
    for (const other of others) report(acl, other, audit, telemetry);
    if (failure) {
      if (result.waiting.length > 0) reportWaiting(acl, result.waiting, telemetry);
      const change = await failed(acl, failure, state, audit, deps);
      // Whoever expired may still be in a zone whose list was refused; a zone that is gone or unusable lets nobody in.
      const refused = result.failures.some(({ code }) => code === 'ZONE002');
      const expiry = grants && !refused ? { nextExpiry: grants[0]?.expiresAt ?? 0 } : {};
      const { notBefore } = seen;
      return { ...change, set: { ...seen, ...recordOfWaiting(result.waiting), ...change.set, notBefore, ...expiry } };
    }
    if (isNews) {
      const { waiting } = result;
      const fields = { action: AUDIT.zoneConfirmed, acl, ...audit, grants: grants?.length, waiting: waiting.length };
      telemetry.info('zones confirmed', fields);
    }
    return succeeded(acl, result, { seen, position, grants, configHash: hash }, deps);
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    return failed(acl, error, state, audit, deps);
  }
}

function succeeded(
  acl: string,
  result: Awaited<ReturnType<typeof updateZones>>,
  pass: {
    readonly seen: Partial<ZoneState>;
    readonly position: string | undefined;
    readonly grants: readonly { readonly expiresAt: number }[] | undefined;
    readonly configHash: string;
  },
  deps: SyncDeps,
): StateChange {
  const now = deps.clock.now();
  const set: Partial<ZoneState> = {
    ...pass.seen,
    verifiedAt: now,
    failures: 0,
    configHash: pass.configHash,
    nextExpiry: pass.grants?.[0]?.expiresAt ?? 0,
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
    return { set: { ...set, wakeAt: await armWakeUp(acl, state, now + (failure.retryInMs ?? 0), deps) } };
  }
  // Whoever must mend the other codes is slower than the minute tick, which tries them again.
  if (failure.code !== 'ZONE003') return { set };
  const wakeAt = await armWakeUp(acl, state, now + retryPause(failures), deps);
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
