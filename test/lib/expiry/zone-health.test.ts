import { describe, expect, it } from 'vitest';
import { type AclFacts, reportZoneHealth, zoneHealth } from '../../../lib/expiry/zone-health.ts';
import { HEALTH_LIMITS, METRICS, verificationLimitSeconds } from '../../../lib/names.ts';
import type { Fields } from '../../../lib/ports.ts';
import { logTelemetry } from '../../../local/stand-ins/log-telemetry.ts';
import { ACL, configOf, NOW } from '../../helpers/events.ts';

const config = configOf({
  acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] }, other: { zoneIds: ['nzo3'] } },
  gatewayLimit: 10,
});
const facts = (state: AclFacts['state'] = {}, more: Partial<AclFacts> = {}): AclFacts => ({
  acl: ACL,
  state: { verifiedAt: NOW, ...state },
  events: { since: NOW },
  ...more,
});
const health = (state?: AclFacts['state'], more?: Partial<AclFacts>) => zoneHealth(facts(state, more), config, NOW);

describe('the age of the last verification', () => {
  it('is in whole seconds, and never in the future', () => {
    expect(health({ verifiedAt: NOW - 61_400 }).verificationAge).toBe(61);
    expect(health({ verifiedAt: NOW + 5_000 }).verificationAge).toBe(0);
  });

  it('is counted from the first event where the zones were never right, and is nothing before that', () => {
    const never = { acl: ACL, state: {} };
    expect(zoneHealth({ ...never, events: { since: NOW - 30_000 } }, config, NOW).verificationAge).toBe(30);
    expect(zoneHealth({ ...never, events: {} }, config, NOW).verificationAge).toBe(0);
    expect(health({ verifiedAt: NOW - 61_000 }, { events: undefined }).verificationAge).toBe(0);
  });
});

describe('a grant that is in a zone after its time', () => {
  it('is counted from its expiry, where it has one that has passed', () => {
    expect(health({ nextExpiry: NOW - 7_000 }).expiredInZone).toBe(7);
    for (const nextExpiry of [0, NOW, NOW + 7_000]) expect(health({ nextExpiry }).expiredInZone).toBe(0);
    expect(health().expiredInZone).toBe(0);
  });
});

describe('the room that is used', () => {
  it('is that of all zones of the ACL together', () => {
    expect(health({ gateways: 13 }).capacityUsed).toBe(65);
    expect(health({ gateways: 1 }).capacityUsed).toBe(5);
    expect(health().capacityUsed).toBe(0);
  });

  it('is nothing of an ACL that is not configured any more', () => {
    expect(health({ gateways: 3 }, { acl: 'gone' }).capacityUsed).toBe(0);
  });
});

describe('the report on all ACLs', () => {
  const report = (acls: readonly AclFacts[], complete = true) => {
    const lines: Fields[] = [];
    const clock = { now: () => NOW, sleep: async () => {} };
    const telemetry = logTelemetry(
      'expiry',
      () => NOW,
      (line) => lines.push(line),
    );
    reportZoneHealth(acls, complete, { config, clock, telemetry });
    return {
      warned: lines.filter(({ level }) => level === 'WARN'),
      metrics: Object.fromEntries(
        [METRICS.expiredInZone, METRICS.capacityUsed, METRICS.verificationAge].flatMap((name) =>
          lines.filter((line) => name in line).map((line) => [name, line[name]]),
        ),
      ),
      units: lines.flatMap((line) => JSON.stringify(line).match(/"Unit":"\w+"/g) ?? []),
    };
  };
  const limitMs = 1_000 * verificationLimitSeconds(config.verifyMinutes);
  const expiredMs = 1_000 * HEALTH_LIMITS.expiredInZoneSeconds;

  it('says that all is well with two zeros', () => {
    const { warned, metrics, units } = report([facts(), facts({}, { acl: 'other' })]);
    expect(warned).toEqual([]);
    expect(metrics).toEqual({ [METRICS.expiredInZone]: 0, [METRICS.verificationAge]: 0 });
    expect(units).toEqual(['"Unit":"Seconds"', '"Unit":"Seconds"']);
    expect(report([]).metrics).toEqual(metrics);
  });

  it('gives the worst of all for each measure', () => {
    const { metrics } = report([
      facts({ verifiedAt: NOW - 20_000, nextExpiry: NOW - 3_000 }),
      facts({ verifiedAt: NOW - 10_000, nextExpiry: NOW - 9_000 }, { acl: 'other' }),
    ]);
    expect(metrics).toEqual({ [METRICS.expiredInZone]: 9, [METRICS.verificationAge]: 20 });
  });

  it('leaves the age out where not all were looked at', () => {
    expect(report([facts({ verifiedAt: NOW - 20_000 })], false).metrics).toEqual({ [METRICS.expiredInZone]: 0 });
  });

  it('warns of an ACL from the age on that is an alarm', () => {
    const ages = [limitMs - 1_000, limitMs].map((age) => report([facts({ verifiedAt: NOW - age })]).warned);
    expect(ages).toMatchObject([[], [{ acl: ACL, verificationAge: limitMs / 1_000 }]]);
    expect(ages.flat()).toHaveLength(1);
  });

  it('warns of an ACL from the time on that somebody may be in too long', () => {
    const times = [expiredMs - 1_000, expiredMs].map((ms) => report([facts({ nextExpiry: NOW - ms })]).warned);
    expect(times).toMatchObject([[], [{ acl: ACL, expiredInZone: HEALTH_LIMITS.expiredInZoneSeconds }]]);
    expect(times.flat()).toHaveLength(1);
  });

  it('warns of an ACL that is more than four fifths full, and only then says how full', () => {
    const full = (length: number) => report([facts(), facts({ gateways: length }, { acl: 'other' })]);
    expect(full(8).warned).toEqual([]);
    expect(full(8).metrics).not.toHaveProperty(METRICS.capacityUsed);
    expect(full(9).warned).toMatchObject([{ acl: 'other', capacityUsed: 90 }]);
    expect(full(9).metrics).toMatchObject({ [METRICS.capacityUsed]: 90 });
    expect(full(9).units).toContain('"Unit":"Percent"');
  });
});
