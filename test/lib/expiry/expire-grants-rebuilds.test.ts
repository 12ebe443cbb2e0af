import { beforeEach, describe, expect, it } from 'vitest';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const MINUTE = 60_000;
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  await world.apply(granted(ALICE, 0, { expiresAt: NOW + 24 * 60 * MINUTE }));
});

describe('the tick asks for a rebuild', () => {
  it('not where all is well', async () => {
    await world.rebuild();
    expect(await world.tickAsks()).toBe(false);
    await world.clock.advance(MINUTE);
    expect(await world.tickAsks()).toBe(false);
  });

  it('of an ACL whose zones were never looked at, before its first event too', async () => {
    expect(await world.tickAsks()).toBe(true);
    expect(await new ZoneWorld().tickAsks()).toBe(true);
  });

  it('not of an ACL without an event whose zones are known to be good', async () => {
    world = new ZoneWorld();
    await world.rebuild();
    expect(await world.tickAsks()).toBe(false);
  });

  it('where the last one failed', async () => {
    world.okta.addFault({ count: 1, fault: { status: 403 } });
    await world.rebuild();
    await world.clock.advance(MINUTE);
    expect(await world.tickAsks()).toBe(true);
  });

  it('where the last one did not come to its end', async () => {
    await world.clock.finish(rebuildAcl(ACL, world.deps, NOW + 10_000));
    await world.clock.advance(MINUTE);
    expect(await world.tickAsks()).toBe(true);
  });

  it('where one died with its lease, though all else is well', async () => {
    await world.rebuild();
    await world.deps.states.take(ACL, 'dead', world.clock.now(), NOW + 35_000);
    await world.clock.advance(MINUTE);
    expect(await world.tickAsks()).toBe(true);
  });

  it('where events are not in the zone yet: a lost stream record', async () => {
    await world.rebuild();
    await world.apply(granted(BOB, 1));
    expect(await world.minute()).toBe(true);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(await world.tickAsks()).toBe(false);
  });

  it('where a grant in the zone has expired, also when its item is gone', async () => {
    await world.apply(granted(BOB, 1, { expiresAt: NOW + MINUTE }));
    await world.rebuild();
    const [bob] = await world.deps.grants.between(ACL, 0, NOW + MINUTE);
    if (!bob) throw new Error('no such grant');
    await world.deps.grants.end([bob], world.clock.now());
    await world.clock.advance(NOW + MINUTE - 1 - world.clock.now());
    expect(await world.tickAsks()).toBe(false);
    await world.clock.advance(1);
    expect(await world.tickAsks()).toBe(true);
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it.each([
    ['what is always allowed', { acls: { [ACL]: { zoneIds: ['nzo1'], alwaysAllow: ['198.51.100.0/24'] } } }],
    ['the zones', { acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } }],
    ['the order of the zones', { acls: { [ACL]: { zoneIds: ['nzo2', 'nzo1'] } } }],
    ['the sentinel', { sentinel: '192.0.2.9/32' }],
    ['the limit', { gatewayLimit: 100 }],
    ['the IPv6 networks', { ipv6PrefixLength: 64 }],
    ['the org', { okta: { domain: 'other.okta.com' } }],
  ])('where the configuration changed %s', async (_, settings) => {
    await world.rebuild();
    await world.clock.advance(2_000);
    world.deploy(settings);
    expect(await world.tickAsks()).toBe(true);
  });

  it.each([
    ['how long grants last', { acls: { [ACL]: { zoneIds: ['nzo1'], defaultGrantMinutes: 5 } } }],
    ['another ACL', { acls: { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } } }],
    ['the name of the stack', { stackName: 'Other' }],
  ])('not where the configuration changed only %s', async (_, settings) => {
    await world.rebuild();
    await world.clock.advance(2_000);
    world.deploy(settings);
    expect(await world.tickAsks()).toBe(false);
  });

  it('where a verification is due, or would be before the next tick', async () => {
    await world.rebuild();
    const writtenAt = world.clock.now();
    await world.clock.advance(4.5 * MINUTE - 1);
    expect(await world.tickAsks()).toBe(false);
    await world.clock.advance(writtenAt + 4.5 * MINUTE - world.clock.now());
    expect(await world.tickAsks()).toBe(true);
  });

  it('each minute where an update without an answer may still come late, and then no more', async () => {
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 503 } });
    await world.rebuild();
    await world.clock.advance(2_000);
    await world.rebuild();
    const asks: boolean[] = [];
    for (let i = 0; i < 4; i += 1) asks.push(await world.minute());
    expect(asks).toEqual([true, true, false, false]);
    expect(world.codes()).toEqual(['ZONE003']);
  });

  it('every minute, where that is how often to verify', async () => {
    world = new ZoneWorld({ config: configOf({ verifyMinutes: 1 }) });
    await world.rebuild();
    for (let i = 0; i < 3; i += 1) expect(await world.minute()).toBe(true);
    expect(world.calls('GET')).toBe(4);
  });
});

describe('the tick leaves alone', () => {
  it('an ACL whose rebuild is under way, until its lease is over', async () => {
    await world.deps.states.take(ACL, 'another', NOW, NOW + RUN_MS);
    expect(await world.tickAsks()).toBe(false);
    // The next tick can be two minutes away.
    expect(world.armed()).toEqual([['rebuild', RUN_MS, RUN_MS / 1000]]);
    await world.clock.advance(RUN_MS + 1);
    expect(await world.tickAsks()).toBe(true);
  });

  it('an ACL in its pause', async () => {
    world.okta.setRateLimit({ limit: 100, remaining: 14, resetInSeconds: 30 });
    await world.rebuild();
    await world.apply(granted(BOB, 1));
    expect(await world.tickAsks()).toBe(false);
    const pause = world.nextTimer() ?? 0;
    expect(pause).toBeGreaterThan(3_000);
    await world.clock.advance(pause);
    expect(await world.tickAsks()).toBe(true);
  });

  it('every ACL while Okta wants rest', async () => {
    await world.deps.states.rest.refused(30_000, NOW, NOW);
    expect(await world.tickAsks()).toBe(false);
    expect(world.armed()).toEqual([['rebuild', 30_000, 30]]);
    await world.clock.advance(30_000);
    expect(await world.tickAsks()).toBe(true);
  });

  it('an ACL that is not configured', async () => {
    await world.apply(granted('203.0.113.9', 0, { acl: 'gone' }));
    expect(await world.tickAsks('gone')).toBe(false);
  });
});
