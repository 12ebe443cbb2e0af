import { aclConfig, type Config } from '../config.ts';
import type { AclEvents } from '../grants/wake-item.ts';
import { HEALTH_LIMITS, METRICS, verificationLimitSeconds } from '../names.ts';
import type { Clock, Telemetry } from '../ports.ts';
import type { Lease, ZoneState } from '../zones/zone-state.ts';
import { verifiedAt } from '../zones/zone-state.ts';

/** What the tick found of one ACL. */
export interface AclFacts {
  readonly acl: string;
  readonly state: ZoneState;
  /** Somebody rebuilds its zones; or has died while doing so. */
  readonly lease?: Lease;
  readonly wasLeft: boolean;
  /** Undefined until the ACL has seen an event: nobody counts on its zones before. */
  readonly events: Pick<AclEvents, 'position' | 'since'> | undefined;
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
 * @param complete whether the facts are of all ACLs. If not, the age is left out, since the worst may be among the
 * others: its alarm takes silence for trouble.
 */
export function reportZoneHealth(acls: readonly AclFacts[], complete: boolean, deps: HealthDeps): void {
  const { config, telemetry } = deps;
  const healths = acls.map((facts) => ({ acl: facts.acl, ...zoneHealth(facts, config, deps.clock.now()) }));
  for (const { acl, verificationAge, expiredInZone, capacityUsed } of healths) {
    if (verificationAge >= verificationLimitSeconds(config.verifyMinutes)) {
      telemetry.warn('the zones of an ACL were not verified for too long', { acl, verificationAge });
    }
    if (expiredInZone >= HEALTH_LIMITS.expiredInZoneSeconds) {
      telemetry.warn('a grant has expired, and no rebuild was confirmed since', { acl, expiredInZone });
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
  // Sent only above the limit: a metric costs by the hours in which it is sent. For its alarm, missing data is fine.
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
export function zoneHealth({ acl, state, events }: AclFacts, config: Config, now: number): ZoneHealth {
  const { zoneIds = [] } = aclConfig(config, acl) ?? {};
  const room = zoneIds.length * config.gatewayLimit;
  return {
    verificationAge: events ? secondsBetween(verifiedAt(state, zoneIds) ?? events.since ?? now, now) : 0,
    expiredInZone: state.nextExpiry ? secondsBetween(state.nextExpiry, now) : 0,
    capacityUsed: room === 0 ? 0 : (100 * (state.gateways ?? 0)) / room,
  };
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.round((to - from) / 1000));
}
