import { aclConfig, type Config } from '../config.ts';
import { forEachAcl } from '../for-each-acl.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import type { ListRecords } from '../list-record.ts';
import type { Clock, Telemetry, TimerQueue } from '../ports.ts';
import { armTimers, type Timer } from '../timer-message.ts';
import { restIsOverAt } from '../zones/reading-is-due.ts';
import { READING_IS_DUE, whyRebuild } from '../zones/rebuild-is-due.ts';
import { pacedUntil } from '../zones/zone-state.ts';
import type { ZoneStates } from '../zones/zone-states.ts';
import { type ArmedReads, armReads } from './arm-reads.ts';
import { ageOfList, reportListAges } from './list-ages.ts';
import { type AclFacts, reportZoneHealth } from './zone-health.ts';

export interface ExpiryDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
  readonly timers: TimerQueue;
  /** What reads Knocknoc's lists; absent where none is configured. */
  readonly lists?: { readonly reads: TimerQueue; readonly armed: ArmedReads; readonly records: ListRecords };
  readonly telemetry: Telemetry;
  /** By ACL: the seconds for which this process has armed a timer, in milliseconds since the epoch. */
  readonly armed: Map<string, ReadonlySet<number>>;
}

/** The scheduler fires anywhere in its minute, so two ticks can be almost this far apart. */
const TICKS_APART_MS = 120_000;
const FAILED = 'expiry failed';

/**
 * The minute tick: ends what is due, arms a timer for each second in which something falls due
 * before the next tick can come, and asks for a rebuild of every ACL that needs one.
 * @throws {AggregateError} when that failed for some ACLs; the others are done
 */
export async function tick(deps: ExpiryDeps): Promise<void> {
  const acls = Object.keys(deps.config.acls);
  const found: AclFacts[] = [];
  const ages = new Map<string, number>();
  try {
    await forEachAcl(acls, deps.telemetry, FAILED, async (acl) => {
      const hasWoken = await endDue(acl, deps);
      await armComing(acl, deps);
      await keepReading(acl, ages, deps);
      const seen = await deps.states.peek(acl, deps.clock.now());
      const facts = { acl, ...seen, events: await deps.grants.events(acl) };
      found.push(facts);
      if (!hasWoken) await askForRebuild(acl, facts, deps);
      await armForRested(acl, facts, deps);
    });
  } finally {
    reportZoneHealth(found, found.length === acls.length, deps);
    if (deps.lists) reportListAges(ages, { ...deps, records: deps.lists.records });
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
    else await deps.grants.wake.ask(acl, 'timer');
  });
}

/** @returns whether something was due, and so a rebuild was asked for */
async function endDue(acl: string, deps: ExpiryDeps): Promise<boolean> {
  const now = deps.clock.now();
  // From the beginning of time: a row that makes no sense must go, too. The table's stream tells of each that is gone.
  const ended = await deps.grants.end(await deps.grants.between(acl, Number.MIN_SAFE_INTEGER, now), now);
  // A function that dies before this is made up for by the tick, which knows the next expiry in the lists.
  if (ended > 0) await deps.grants.wake.expired(acl);
  return ended > 0;
}

/** What this process has armed is not armed again. Another one knows nothing of that, and arms all. */
async function armComing(acl: string, deps: ExpiryDeps): Promise<void> {
  const now = deps.clock.now();
  const known = deps.armed.get(acl);
  const ends = await deps.grants.ends(acl, now, now + TICKS_APART_MS);
  const seconds = new Set(ends.map((at) => Math.ceil(at / 1000) * 1000));
  const timers = [...seconds].flatMap((at) => (known?.has(at) ? [] : [{ kind: 'expiry', acl, at } as const]));
  await armTimers(deps.timers, timers, now);
  deps.armed.set(acl, seconds);
}

async function keepReading(acl: string, ages: Map<string, number>, deps: ExpiryDeps): Promise<void> {
  const list = aclConfig(deps.config, acl)?.allowlist;
  if (!list || !deps.lists) return;
  const { reads, armed, records } = deps.lists;
  await armReads(acl, list, reads, armed, deps.clock.now());
  ages.set(acl, await ageOfList(acl, { ...deps, records }));
}

/** Now, or by a timer for when the lease is over or Okta takes calls again: the next tick may be two minutes away. */
async function askForRebuild(
  acl: string,
  { state, lease, wasLeft, events }: AclFacts,
  deps: ExpiryDeps,
): Promise<void> {
  const now = deps.clock.now();
  const settings = aclConfig(deps.config, acl);
  if (!settings) return;
  const died = lease || wasLeft ? 'a rebuild did not finish' : undefined;
  const reason = died ?? whyRebuild(state, settings, deps.config, events?.position, now);
  if (!reason) return;
  const rest = await deps.states.rest.until(now);
  const at = Math.max(lease?.until ?? 0, pacedUntil(state, now), rest);
  if (at > now) await armTimers(deps.timers, [{ kind: 'rebuild', acl, at }], now);
  else if (reason === READING_IS_DUE) await deps.grants.wake.ask(acl, reason);
  else await deps.grants.wake.changed(acl, reason);
}

/** Arms a timer for zones that a rebuild would leave alone now, since they were read a moment ago. */
async function armForRested(acl: string, { state }: AclFacts, deps: ExpiryDeps): Promise<void> {
  const now = deps.clock.now();
  const zoneIds = aclConfig(deps.config, acl)?.zoneIds ?? [];
  const at = restIsOverAt(
    zoneIds.map((zoneId) => state.zones[zoneId] ?? {}),
    now,
  );
  if (at !== undefined) await armTimers(deps.timers, [{ kind: 'rebuild', acl, at }], now);
}
