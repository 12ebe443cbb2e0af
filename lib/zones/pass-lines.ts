import { positionOf, timeOf } from '../grants/event-order.ts';
import { idsAfter } from '../grants/recent-events.ts';
import { AUDIT } from '../names.ts';
import type { Fields } from '../ports.ts';
import type { Pass } from './pass.ts';
import type { RebuildDeps, Run } from './rebuild-acl.ts';
import { waitingDetail } from './state-after.ts';
import { reportChange, type ZoneChange } from './zone-lines.ts';
import type { ZoneState } from './zone-state.ts';
import { isUsable } from './zone-view.ts';

/** What brought a rebuild about, for the audit lines of what it changes. */
export function auditOf(pass: Pass, { state, configHash }: Run, { clock }: RebuildDeps): Fields {
  const { events } = pass;
  const isNews = events !== undefined && events.position !== state.confirmedPosition;
  const isExpiry = state.nextExpiry !== undefined && state.nextExpiry > 0 && state.nextExpiry <= clock.now();
  const isConfig = state.configHash !== undefined && state.configHash !== configHash;
  const causes = [
    ...(isNews ? ['events'] : []),
    ...(isExpiry ? ['expiry'] : []),
    ...(isConfig ? ['configuration'] : []),
  ];
  const ids = isNews ? idsAfter(events.recent, state.confirmedPosition) : [];
  return {
    position: events?.position,
    // Each id stands between spaces, so that a query can look for it as a whole.
    ...(ids.length > 0 && { webhookIds: ` ${ids.join(' ')} ` }),
    cause: causes.join(', ') || 'repair',
  };
}

/** Says what is wrong, with its code, where that was not said yet. */
export function reportFailures(pass: Pass, run: Run, deps: RebuildDeps): void {
  const { acl } = run;
  const audit = auditOf(pass, run, deps);
  for (const { code, message, fields } of pass.takeUnsaidFailures())
    deps.telemetry.error(code, message, { acl, ...audit, ...fields });
}

/** Says who has no place, and how the zones are, for the dashboard. */
export function reportPass(pass: Pass, run: Run, deps: RebuildDeps): void {
  const { acl, state } = run;
  const { clock, config, telemetry } = deps;
  const { events, failures, plan, views } = pass;
  const audit = auditOf(pass, run, deps);
  const planned = pass.result(undefined).plan;
  if (plan && planned && planned.waiting > 0) {
    const first = plan.waiting.slice(0, 10);
    telemetry.error('ZONE005', waitingDetail(planned.waiting), { acl, waiting: planned.waiting, first });
  }
  if (!events) return;
  const { grants = 0, gateways = 0, waiting = 0 } = planned ?? state;
  const capacity = views.filter(isUsable).length * config.gatewayLimit;
  const isNews = planned?.isComplete && events.position !== state.confirmedPosition;
  telemetry.info('zones compared', {
    ...(isNews && { action: AUDIT.zoneConfirmed }),
    ...{ acl, ...(isNews && audit), grants, gateways, waiting, capacity, failures: failures.length },
    ...(planned?.isComplete && eventToZone(pass, state, clock.now())),
  });
}

/** Of grants alone: a revoke leaves nothing whose age could be asked for, and goes the same way. */
function eventToZone({ grants = [] }: Pass, { confirmedPosition = '' }: ZoneState, now: number): Fields {
  const orders = grants.map(({ since }) => since).filter((since) => positionOf(since) > confirmedPosition);
  const [oldest] = orders.sort();
  return oldest === undefined ? {} : { eventToZoneMs: Math.max(0, now - timeOf(oldest)) };
}

/** Of a write that an earlier run has made, or another ACL's: nothing is known of what brought it about. */
export const REPAIR: Fields = { cause: 'repair' };

/** Says which changes Okta has confirmed. @param zoneId of this zone alone; of all where left out */
export function sayChanges(pass: Pass, run: Run, deps: RebuildDeps, zoneId?: string): void {
  const own = auditOf(pass, run, deps);
  for (const change of pass.takeUnsaid(zoneId)) say(change, change.acl === run.acl ? own : REPAIR, deps);
}

export function say(
  change: ZoneChange,
  audit: Fields,
  { config, states, telemetry }: Pick<RebuildDeps, 'config' | 'states' | 'telemetry'>,
): void {
  reportChange(change, audit, telemetry, config.alarmOnChangesPerHour !== undefined);
  states.items.isTold(change.zoneId, change.write);
}
