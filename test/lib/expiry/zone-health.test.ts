import { beforeEach, describe, expect, it } from 'vitest';
import { tick } from '../../../lib/expiry/expire-grants.ts';
import { GrantBook } from '../../../lib/grants/grant-book.ts';
import { HEALTH_LIMITS, METRICS, verificationLimitSeconds } from '../../../lib/names.ts';
import type { Fields } from '../../../lib/ports.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const ALICE = '203.0.113.1';
const config = configOf({
  acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] }, other: { zoneIds: ['nzo3'] } },
  gatewayLimit: 10,
});
const ageLimit = verificationLimitSeconds(config.verifyMinutes);
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld({ config });
});
const allAreRight = async () => {
  for (const acl of [ACL, 'other']) await world.rebuild(acl);
};
/** What a tick says after so many seconds from NOW. */
async function saysAfter(seconds: number, ticking: () => Promise<unknown> = () => tick(world.deps)) {
  await world.clock.runUntil(NOW + seconds * 1000);
  const from = world.lines.length;
  await ticking();
  const lines: readonly Fields[] = world.lines.slice(from);
  return {
    warned: lines.filter(({ level }) => level === 'WARN'),
    metrics: Object.fromEntries(
      [METRICS.expiredInZone, METRICS.capacityUsed, METRICS.verificationAge].flatMap((name) =>
        lines.filter((line) => name in line).map((line) => [name, line[name]]),
      ),
    ),
    units: lines.flatMap((line) => JSON.stringify(line).match(/"Unit":"\w+"/g) ?? []),
  };
}

describe('a tick', () => {
  it('says that all is well with two zeros', async () => {
    await world.apply(granted(ALICE, 0));
    await allAreRight();
    const { warned, metrics, units } = await saysAfter(0);
    expect(warned).toEqual([]);
    expect(metrics).toEqual({ [METRICS.expiredInZone]: 0, [METRICS.verificationAge]: 0 });
    expect(units).toEqual(['"Unit":"Seconds"', '"Unit":"Seconds"']);
  });

  it('says as much of ACLs that nobody has used', async () => {
    expect((await saysAfter(9_000)).metrics).toEqual({ [METRICS.expiredInZone]: 0, [METRICS.verificationAge]: 0 });
  });
});

describe('the age of the last verification', () => {
  const age = async (seconds: number) => (await saysAfter(seconds)).metrics[METRICS.verificationAge];

  it('is in whole seconds, from the moment at which the zone was right that was so longest ago', async () => {
    await world.apply(granted(ALICE, 0));
    world.okta.removeZone('nzo2');
    await allAreRight();
    expect(await age(61.4)).toBe(61);
    world.okta.seedZone('nzo2', { gateways: ['192.0.2.0/32'] });
    await world.clock.runUntil(NOW + 140_000);
    await world.rebuild();
    expect(await age(270)).toBe(270);
    await world.rebuild();
    expect(await age(280)).toBe(280 - 140);
  });

  it('is never in the future', async () => {
    await world.apply(granted(ALICE, 0));
    world.latencyMs = 5_000;
    await allAreRight();
    const clock = { ...world.clock, now: () => NOW, sleep: async () => {} };
    expect((await saysAfter(0, () => tick({ ...world.deps, clock }))).metrics[METRICS.verificationAge]).toBe(0);
  });

  it('is counted from the first event where the zones were never right, and is nothing before that', async () => {
    world.okta.revokeToken(TOKEN);
    await allAreRight();
    expect(await age(100)).toBe(0);
    await world.apply(granted(ALICE, 0));
    expect(await age(130)).toBe(30);
  });

  it('is that of the ACL where it is worst', async () => {
    await world.apply(granted(ALICE, 0), granted(ALICE, 0, { acl: 'other' }));
    await world.rebuild();
    await world.clock.advance(10_000);
    await world.rebuild('other');
    expect(await age(20)).toBe(20);
  });

  it('is left out where not all were looked at', async () => {
    class HalfBroken extends GrantBook {
      override async between(acl: string, after: number, upTo: number) {
        if (acl === 'other') throw new Error('this partition does not answer');
        return super.between(acl, after, upTo);
      }
    }
    const deps = { ...world.deps, grants: new HalfBroken(world.table, world.deps.config, world.deps.telemetry) };
    const { metrics } = await saysAfter(20, () => expect(tick(deps)).rejects.toThrow());
    expect(metrics).toEqual({ [METRICS.expiredInZone]: 0 });
  });

  it('is warned of from the age on that is an alarm', async () => {
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    expect((await saysAfter(ageLimit - 1)).warned).toEqual([]);
    expect((await saysAfter(ageLimit)).warned).toMatchObject([{ acl: ACL, verificationAge: ageLimit }]);
  });
});

describe('a grant that is in a zone after its time', () => {
  const limit = HEALTH_LIMITS.expiredInZoneSeconds;

  it('is counted from its expiry, and warned of when that is an alarm', async () => {
    await world.apply(granted(ALICE, 0, { expiresAt: NOW + 60_000 }), granted('203.0.113.9', 0));
    await allAreRight();
    const seen = (seconds: number) => saysAfter(60 + seconds);
    expect((await seen(0)).metrics).toMatchObject({ [METRICS.expiredInZone]: 0 });
    expect((await seen(7)).metrics).toMatchObject({ [METRICS.expiredInZone]: 7 });
    expect((await seen(limit - 1)).warned).toEqual([]);
    expect((await seen(limit)).warned).toMatchObject([{ acl: ACL, expiredInZone: limit }]);
    await world.rebuild();
    expect((await seen(limit + 5)).metrics).toMatchObject({ [METRICS.expiredInZone]: 0 });
  });

  it('is none where the zones hold nobody who expires', async () => {
    await world.apply(granted(ALICE, 0, { expiresAt: NOW }));
    await allAreRight();
    expect((await saysAfter(200)).metrics).toMatchObject({ [METRICS.expiredInZone]: 0 });
  });
});

describe('the room that is used', () => {
  // Every second address: no two are neighbours.
  const come = (count: number, acl: string) =>
    world.apply(...Array.from({ length: count }, (_, i) => granted(`203.0.113.${2 * i}`, 0, { acl })));

  it.each([
    ['of one zone', 'other', 8, 9, 90],
    ['of two zones together', ACL, 16, 17, 85],
  ])('is said, and warned of, only where more than four fifths are: %s', async (_, acl, few, many, percent) => {
    await come(few, acl);
    await allAreRight();
    const before = await saysAfter(5);
    expect(before.warned).toEqual([]);
    expect(before.metrics).not.toHaveProperty(METRICS.capacityUsed);
    await come(many, acl);
    await allAreRight();
    const after = await saysAfter(10);
    expect(after.warned).toMatchObject([{ acl, capacityUsed: percent }]);
    expect(after.metrics).toMatchObject({ [METRICS.capacityUsed]: percent });
    expect(after.units).toContain('"Unit":"Percent"');
  });
});
