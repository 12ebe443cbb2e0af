import { beforeEach, describe, expect, it } from 'vitest';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import { ACL, configOf, granted, NOW, positionAt } from '../../helpers/events.ts';
import { RUN_MS, ZoneWorld } from '../../helpers/zone-world.ts';

// Every second address: no two are neighbours.
const ip = (n: number) => `203.0.113.${2 * n}`;
const cidr = (n: number) => `${ip(n)}/32`;
const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `nzo${i}`);
let world: ZoneWorld;
/** An ACL with so many zones, each for one person. */
const aWorldWith = (zones: number, more = {}) => {
  world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds: idsOf(zones) } }, gatewayLimit: 1, ...more }) });
};
const come = (from: number, to: number) =>
  world.apply(...Array.from({ length: to - from }, (_, i) => granted(ip(from + i), from + i)));
const everybodyIsIn = (people: number) =>
  expect(idsOf(people).map((id) => world.gateways(id))).toEqual(Array.from({ length: people }, (_, n) => [cidr(n)]));
const begin = () => void rebuildAcl(ACL, world.deps, world.clock.now() + RUN_MS).catch(() => {});

describe('a refusal in the middle of a rebuild', () => {
  const PEOPLE = 5;

  it.each(Array.from({ length: 2 * PEOPLE }, (_, n) => n))(
    'throws away nothing of what was read and written: after %i calls',
    async (skip) => {
      aWorldWith(PEOPLE);
      await come(0, PEOPLE);
      world.okta.addFault({ count: 1, skip, fault: { rateLimit: { resetInSeconds: 20 } } });
      await world.rebuild();
      expect(world.calls()).toBe(skip + 1);
      expect(world.codes()).toEqual(['OKTA005']);
      await world.timersGoOff();
      everybodyIsIn(PEOPLE);
      expect(world.confirmed()).toEqual([positionAt(PEOPLE)]);
      // One read and one write for each; and of the call that was refused, once more the read before it.
      const refused = skip % 2 === 0 ? 1 : 2;
      expect(world.calls()).toBe(2 * PEOPLE + refused);
    },
  );

  it('keeps what was read of zones that need no write', async () => {
    aWorldWith(10);
    await come(0, 1);
    world.okta.addFault({ count: 1, skip: 7, fault: { rateLimit: { resetInSeconds: 20 } } });
    await world.rebuild();
    await world.timersGoOff();
    const all = world.callList();
    expect([...new Set(all)].sort()).toEqual([...idsOf(10).map((id) => `GET ${id}`), 'PUT nzo0'].sort());
    expect(all).toHaveLength(10 + 1 + 1);
  });
});

describe('work that is larger than the quota', () => {
  it('is done at the quota’s pace, with a tenth left to others, and is never begun anew', async () => {
    aWorldWith(30);
    await come(0, 30);
    world.okta.setRateLimit({ limit: 20 });
    await world.rebuild();
    await world.timersGoOff();
    everybodyIsIn(30);
    expect(world.codes()).toEqual([]);
    expect(world.calls()).toBe(60);
    // Eighteen calls a minute.
    expect(world.clock.now() - NOW).toBeLessThan(4.5 * 60_000);
  });

  it('of several ACLs is done at that pace too, with a refusal or two, and each gets on in every minute', async () => {
    const names = ['one', 'two', 'three'];
    const acls = Object.fromEntries(names.map((acl) => [acl, { zoneIds: idsOf(10).map((id) => `${acl}-${id}`) }]));
    world = new ZoneWorld({ config: configOf({ acls, gatewayLimit: 1 }) });
    for (const acl of names) await world.apply(...idsOf(10).map((_, n) => granted(ip(n), n, { acl })));
    world.okta.setRateLimit({ limit: 20 });
    for (const acl of names) await world.rebuild(acl);
    const written = () => names.map((acl) => world.callList().filter((call) => call.startsWith(`PUT ${acl}-`)).length);
    await world.timersGoOff();
    expect(written()).toEqual([10, 10, 10]);
    expect(world.calls('GET')).toBeLessThan(30 + 5);
    expect(world.clock.now() - NOW).toBeLessThan(5 * 60_000);
    expect(new Set(world.codes())).toEqual(new Set(['OKTA005']));
    expect(world.codes().length).toBeLessThan(5);
  });
});

describe('checks', () => {
  beforeEach(async () => {
    aWorldWith(34, { gatewayLimit: 2 });
    await come(0, 1);
    await world.rebuild();
    await world.timersGoOff();
    await world.clock.advance(600_000);
    world.okta.clearRequests();
    world.latencyMs = 600;
  });

  it.each([0, 1, 300, 599, 600, 601, 3_000, 5_999])(
    'give way to a change: the call that is under way is the last before it, %i ms after they began',
    async (ms) => {
      begin();
      await world.clock.advance(ms);
      await come(1, 2);
      const cameAt = world.clock.now();
      await world.clock.advance(30_000);
      const later = world.okta.requests().filter(({ at }) => at > cameAt);
      expect(later.slice(0, 2).map(({ method, zoneId }) => `${method} ${zoneId}`)).toContain('PUT nzo0');
      const all = world.callList();
      expect(all[all.indexOf('PUT nzo0') - 1]).toBe('GET nzo0');
      expect(world.gateways('nzo0')).toEqual([cidr(0), cidr(1)]);
      expect(world.confirmed()).toEqual([positionAt(1), positionAt(2)]);
    },
  );

  it('stop at half of the quota, and go on when it is there again', async () => {
    world.okta.setRateLimit({ limit: 20, remaining: 20, resetInSeconds: 60 });
    const left: number[] = [];
    world.onAnswer = () => void left.push(world.okta.rateLimit().remaining);
    await world.rebuild();
    expect(world.callList()).toEqual(Array(10).fill(expect.stringMatching(/^GET/)));
    expect(world.nextTimer()).toBeGreaterThan(50_000);
    await world.timersGoOff();
    expect(world.callList().sort()).toEqual(
      idsOf(34)
        .map((id) => `GET ${id}`)
        .sort(),
    );
    expect(Math.min(...left)).toBe(10);
  });

  it('are not begun again before that by a rebuild that does not know how much is left', async () => {
    world.okta.setRateLimit({ limit: 20, remaining: 20, resetInSeconds: 60 });
    await world.rebuild();
    const armed = world.timers.length;
    await world.clock.advance(20_000);
    await world.rebuild();
    expect([world.calls(), world.timers.length]).toEqual([10, armed]);
    await world.timersGoOff();
    expect(world.calls()).toBe(34);
  });

  it('leave the other half to a change, which need not wait for them', async () => {
    world.okta.setRateLimit({ limit: 20, remaining: 20, resetInSeconds: 60 });
    await world.rebuild();
    await come(1, 2);
    const cameAt = world.clock.now();
    await world.rebuild();
    expect(world.callList().slice(10)).toEqual(['GET nzo0', 'PUT nzo0']);
    expect(world.clock.now() - cameAt).toBe(1_200);
  });

  it('are over for the minute once each zone was read', async () => {
    await world.rebuild();
    await world.timersGoOff();
    expect(world.callList().sort()).toEqual(
      idsOf(34)
        .map((id) => `GET ${id}`)
        .sort(),
    );
    expect(await world.minute()).toBe(false);
  });
});

describe('the first reading of many zones', () => {
  it.each([0, 700, 1_900, 2_600, 5_000, 8_000])('is interrupted for whoever comes %i ms after it began', async (ms) => {
    aWorldWith(34, { gatewayLimit: 2 });
    world.latencyMs = 600;
    await come(0, 1);
    begin();
    await world.clock.advance(ms);
    await come(1, 2);
    const cameAt = world.clock.now();
    await world.clock.advance(9_000);
    expect(world.gateways('nzo0')).toEqual([cidr(0), cidr(1)]);
    const put = world.okta.requests().findLast(({ method }) => method === 'PUT');
    // Within the first two seconds of a rebuild, its grants count as new.
    expect((put?.at ?? 0) - Math.max(cameAt, NOW + 2_000)).toBeLessThanOrEqual(2 * 600);
  });
});

describe('a slow Okta', () => {
  it('lets the first person in within ten seconds, though nothing is known of 34 zones', async () => {
    aWorldWith(34);
    world.latencyMs = 2_400;
    await come(0, 1);
    await world.rebuild();
    expect(world.okta.requests().find(({ method }) => method === 'PUT')?.at).toBeLessThan(NOW + 10_000);
    expect(world.gateways('nzo0')).toEqual([cidr(0)]);
    await world.timersGoOff();
    expect(world.calls()).toBe(35);
    expect(world.confirmed()).toEqual([positionAt(1)]);
  });

  it('holds up one ACL for ten seconds and a step at most, before others get their turn', async () => {
    aWorldWith(34);
    world.latencyMs = 7_900;
    await come(0, 34);
    await world.rebuild();
    expect(world.clock.now() - NOW).toBeLessThanOrEqual(10_000 + 2 * 7_900);
    expect(world.nextTimer()).toBe(0);
  });
});

describe('a run that dies', () => {
  it.each([
    ['before it has announced its write', 'GET nzo0', 'onAnswer', ['GET nzo0', 'PUT nzo0']],
    ['between the announcement and the write', 'PUT nzo0', 'onCall', ['GET nzo0', 'PUT nzo0']],
    ['between the write and the saving of it', 'PUT nzo0', 'onAnswer', ['GET nzo0']],
  ] as const)('%s is made good: nobody is blamed, and nothing is done twice', async (_, call, when, calls) => {
    aWorldWith(1);
    await come(0, 1);
    world.holdUp(call, when);
    begin();
    await world.clock.advance(1_000);
    const before = world.calls();
    expect(await world.minute()).toBe(true);
    expect(world.callList().slice(before)).toEqual(calls);
    everybodyIsIn(1);
    expect(world.codes()).toEqual([]);
    expect(world.confirmed()).toEqual([positionAt(1)]);
  });

  it('leaves a zone that is read again when its write can’t come late any more', async () => {
    aWorldWith(1);
    await come(0, 1);
    const arrives = world.holdUp('PUT nzo0', 'onCall');
    begin();
    await world.clock.advance(1_000);
    await come(1, 2);
    await world.apply({ ...granted(ip(0), 5), type: 'access.revoked' });
    await world.clock.advance(36_000);
    await world.rebuild();
    expect(world.gateways('nzo0')).toEqual([cidr(1)]);
    // Only now the old write takes effect.
    arrives();
    await world.clock.advance(10);
    expect(world.gateways('nzo0')).toEqual([cidr(0)]);
    await world.minute();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways('nzo0')).toEqual([cidr(1)]);
  });
});
