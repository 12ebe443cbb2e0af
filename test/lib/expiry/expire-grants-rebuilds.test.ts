import { beforeEach, describe, expect, it } from 'vitest';
import { queuePosition } from '../../../lib/queue-position.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { ExpiryWorld } from '../../helpers/expiry-world.ts';

const MINUTE = 60_000;
let world: ExpiryWorld;
beforeEach(async () => {
  world = new ExpiryWorld();
  await world.apply(granted('203.0.113.1', 0, { expiresAt: NOW + 24 * 60 * MINUTE }));
});
const changed = expect.any(String);

describe('the tick asks for a rebuild', () => {
  it('not where all is well', async () => {
    await world.zonesAre();
    expect(await world.reasonAfterTick()).toBeUndefined();
    await world.clock.advance(MINUTE);
    expect(await world.reasonAfterTick()).toBeUndefined();
  });

  it('of an ACL whose zones were never looked at, before its first event too', async () => {
    expect(await world.reasonAfterTick()).toEqual(changed);
    expect(await new ExpiryWorld().reasonAfterTick()).toEqual(changed);
  });

  it('not of an ACL without an event whose zones are known to be good', async () => {
    world = new ExpiryWorld();
    await world.zonesAre();
    expect(await world.reasonAfterTick()).toBeUndefined();
  });

  it('where something was left to do', async () => {
    await world.zonesAre({ needsSync: true });
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('where a rebuild left its lease behind, though all else is well', async () => {
    await world.zonesAre({ leaseUntil: NOW - 1 });
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('where events are not in the zone yet: a lost stream record', async () => {
    await world.zonesAre();
    await world.apply(granted('203.0.113.2', 1));
    expect(await world.reasonAfterTick()).toEqual(changed);
    await world.zonesAre({ confirmedPosition: queuePosition('1') });
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('where a grant in the zone has expired, also when its item is gone', async () => {
    await world.zonesAre({ nextExpiry: NOW + MINUTE });
    expect(await world.reasonAfterTick()).toBeUndefined();
    await world.clock.advance(MINUTE - 1);
    expect(await world.reasonAfterTick()).toBeUndefined();
    await world.clock.advance(1);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('where nothing in the zone expires, for no reason', async () => {
    await world.zonesAre({ nextExpiry: 0 });
    expect(await world.reasonAfterTick()).toBeUndefined();
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
    await world.zonesAre();
    const before = await world.state();
    world = new ExpiryWorld(configOf(settings));
    await world.apply(granted('203.0.113.1', 0));
    await world.zonesAre({ configHash: before.configHash ?? '' });
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it.each([
    ['how long grants last', { acls: { [ACL]: { zoneIds: ['nzo1'], defaultGrantMinutes: 5 } } }],
    ['another ACL', { acls: { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } } }],
    ['the name of the stack', { stackName: 'Other' }],
  ])('not where the configuration changed only %s', async (_, settings) => {
    await world.zonesAre();
    const { configHash = '' } = await world.state();
    world = new ExpiryWorld(configOf(settings));
    await world.apply(granted('203.0.113.1', 0));
    await world.zonesAre({ configHash });
    expect(await world.reasonAfterTick()).toBeUndefined();
  });

  it('where a verification is due, or would be before the next tick', async () => {
    await world.zonesAre();
    await world.clock.advance(4.5 * MINUTE - 1);
    expect(await world.reasonAfterTick()).toBeUndefined();
    await world.clock.advance(1);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('where a write without an answer may have come after the last reading', async () => {
    await world.zonesAre({ verifiedAt: NOW, doubtUntil: NOW + MINUTE });
    expect(await world.reasonAfterTick()).toEqual(changed);
    await world.zonesAre({ verifiedAt: NOW + MINUTE + 1, doubtUntil: NOW + MINUTE });
    await world.clock.advance(MINUTE + 2);
    expect(await world.reasonAfterTick()).toBeUndefined();
  });

  it('every minute, where that is how often to verify', async () => {
    world = new ExpiryWorld(configOf({ verifyMinutes: 1 }));
    await world.zonesAre();
    await world.clock.advance(59_000);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });
});

describe('the tick leaves alone', () => {
  it('an ACL whose rebuild is under way, until its lease is over', async () => {
    await world.zonesAre({ needsSync: true, leaseUntil: NOW + 35_000 });
    expect(await world.reasonAfterTick()).toBeUndefined();
    // The next tick can be two minutes away.
    expect(world.armed()).toEqual([['rebuild', 35_000, 35]]);
    await world.clock.advance(35_001);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('an ACL in its pause', async () => {
    await world.zonesAre({ needsSync: true, notBefore: NOW + 30_000 });
    expect(await world.reasonAfterTick()).toBeUndefined();
    expect(world.armed()).toEqual([['rebuild', 30_000, 30]]);
    await world.clock.advance(30_000);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('every ACL while Okta wants rest', async () => {
    await world.zonesAre({ needsSync: true });
    await world.deps.states.rest.refused(30_000, NOW, NOW);
    expect(await world.reasonAfterTick()).toBeUndefined();
    expect(world.armed()).toEqual([['rebuild', 30_000, 30]]);
    await world.clock.advance(30_000);
    expect(await world.reasonAfterTick()).toEqual(changed);
  });

  it('an ACL that is not configured', async () => {
    await world.apply(granted('203.0.113.9', 0, { acl: 'gone' }));
    expect(await world.reasonAfterTick('gone')).toBeUndefined();
  });
});
