import { aclConfig, type Config } from '../config.ts';
import { HEALTH_LIMITS, METRICS, verificationLimitSeconds } from '../names.ts';
import type { Clock, Telemetry } from '../ports.ts';
import type { ZoneState } from '../zones/zone-state.ts';

/** What the tick saw of one ACL. */
export interface AclLook {
  readonly acl: string;
  readonly state: ZoneState;
  /** Undefined until the ACL has seen an event: nobody counts on its zones before. */
  readonly events: { readonly since?: number } | undefined;
}

export interface HealthDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How an ACL's zones are, in the units of the metrics. */
export interface ZoneHealth {
  /** Seconds since the zones were last seen to be right; 0 for an ACL without events. */
  readonly verificationAge: number;
  /** Seconds since the soonest expiry in the lists that were last confirmed; 0 where none has passed. */
  readonly expiredInZone: number;
  /** Entries of all lists in percent of what the zones hold. */
  readonly capacityUsed: number;
}

/**
 * Tells how the zones are: for each measure one metric, the worst of all ACLs, so that the number of metrics does not
 * grow; and a log line that names each ACL where a measure is over its limit.
 * @param complete whether all ACLs were looked at. If not, the age is left out, since the worst may be among the
 * others: its alarm takes silence for trouble.
 */
export function reportZoneHealth(looks: readonly AclLook[], complete: boolean, deps: HealthDeps): void {
  const { config, telemetry } = deps;
  const healths = looks.map((look) => ({ acl: look.acl, ...zoneHealth(look, config, deps.clock.now()) }));
  for (const { acl, verificationAge, expiredInZone, capacityUsed } of healths) {
    if (verificationAge >= verificationLimitSeconds(config.verifyMinutes)) {
      telemetry.warn('the zones of an ACL were not verified for too long', { acl, verificationAge });
    }
    if (expiredInZone >= HEALTH_LIMITS.expiredInZoneSeconds) {
      telemetry.warn('a grant has expired, and no update of the zones was confirmed since', { acl, expiredInZone });
    }
    if (capacityUsed > HEALTH_LIMITS.capacityPercent) {
      telemetry.warn('the zones of an ACL are nearly full', { acl, capacityUsed });
    }
  }
  const worst = (of: (health: ZoneHealth) => number) => Math.max(0, ...healths.map(of));
  telemetry.metric(
    METRICS.expiredInZone,
    'Seconds',
    worst(({ expiredInZone }) => expiredInZone),
  );
  // Said only while it matters: a metric costs by the hours in which it is said, and silence is no trouble here.
  const fullest = worst(({ capacityUsed }) => capacityUsed);
  if (fullest > HEALTH_LIMITS.capacityPercent) telemetry.metric(METRICS.capacityUsed, 'Percent', fullest);
  if (complete)
    telemetry.metric(
      METRICS.verificationAge,
      'Seconds',
      worst(({ verificationAge }) => verificationAge),
    );
}

/** @param now milliseconds since the epoch */
export function zoneHealth({ acl, state, events }: AclLook, config: Config, now: number): ZoneHealth {
  const { zoneIds = [] } = aclConfig(config, acl) ?? {};
  const room = zoneIds.length * config.gatewayLimit;
  return {
    verificationAge: events ? secondsBetween(state.verifiedAt ?? events.since ?? now, now) : 0,
    expiredInZone: state.nextExpiry ? secondsBetween(state.nextExpiry, now) : 0,
    capacityUsed: room === 0 ? 0 : (100 * (state.gateways ?? 0)) / room,
  };
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.round((to - from) / 1000));
}
