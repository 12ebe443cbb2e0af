import { beforeEach, describe, expect, it } from 'vitest';
import { ACL, SECOND_ZONE, SENTINEL, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const OWN = '198.51.100.77/32';
let system: VirtualSystem;
const minutes = (n: number) => system.clock.advance(n * 60_000);
beforeEach(() => {
  system = new VirtualSystem({}, { gateways: [{ type: 'CIDR', value: OWN }] });
});

describe('adoption', () => {
  it('reads a zone before its first event, and does not write it: not at start, by time, nor by a deploy', async () => {
    await minutes(30);
    system.redeploy({ sentinel: '192.0.2.9/32' });
    await minutes(30);
    expect(system.puts()).toBe(0);
    expect(system.okta.requests(0).some(({ method }) => method === 'GET')).toBe(true);
    expect(system.gateways()).toEqual([OWN]);
  });

  it('says what is wrong with a zone before anybody needs it', async () => {
    system.okta.editZone(ZONE, { usage: 'BLOCKLIST' });
    await minutes(2);
    expect(system.codes()).toContain('ZONE004');
  });

  it('writes it with the first event, also where that is a revoke', async () => {
    await system.revoke(ALICE);
    await system.clock.advance(2_000);
    expect(system.gateways()).toEqual([SENTINEL]);
  });
});

describe('the list', () => {
  it('holds who is in, with what is always allowed, and the sentinel only when nothing else is there', async () => {
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE], alwaysAllow: ['198.51.100.0/24', '192.0.2.5-192.0.2.6'] } } });
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    expect(system.gateways()).toEqual(['192.0.2.5-192.0.2.6', '198.51.100.0/24', `${ALICE}/32`]);
    await system.revoke(ALICE);
    await system.clock.advance(2_000);
    expect(system.gateways()).toEqual(['192.0.2.5-192.0.2.6', '198.51.100.0/24']);
  });

  it('goes back with everything else of the zone as it was', async () => {
    system.okta.editZone(ZONE, { name: 'Renamed', proxies: [{ type: 'CIDR', value: '192.0.2.44/32' }] });
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    expect(system.okta.zone(ZONE)).toMatchObject({
      ...{ name: 'Renamed', proxies: [{ type: 'CIDR', value: '192.0.2.44/32' }], usage: 'POLICY', status: 'ACTIVE' },
    });
  });

  it('is not written where Okta only spells it otherwise', async () => {
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    system.okta.editZone(ZONE, { gateways: [{ type: 'RANGE', value: `${ALICE}-${ALICE}` }] });
    await minutes(11);
    expect(system.puts()).toBe(1);
    expect(system.codes()).toEqual([]);
  });

  it('costs two updates for a hundred grants at once, the first of them at once', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => system.grant(`203.0.113.${i + 1}`)));
    await system.clock.advance(600);
    expect(system.puts()).toBe(1);
    await system.clock.advance(5_000);
    expect(system.gateways()).toHaveLength(100);
    expect(system.puts()).toBeLessThanOrEqual(2);
  });
});

describe('someone else’s changes', () => {
  it('are put right and said as ZONE007, every time', async () => {
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    for (const times of [1, 2]) {
      system.okta.editZone(ZONE, { gateways: [{ type: 'CIDR', value: OWN }] });
      await minutes(7);
      expect(system.gateways()).toEqual([`${ALICE}/32`]);
      expect(system.codes().filter((code) => code === 'ZONE007')).toHaveLength(times);
    }
  });

  it('are not suspected when the answer to an update was lost', async () => {
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    system.okta.addFault({ count: 1, method: 'PUT', fault: { drop: 'after' } });
    await system.grant(BOB);
    await system.clock.advance(20_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(system.codes()).toEqual(['ZONE003']);
  });
});

describe('more people than fit', () => {
  const two = { [ACL]: { zoneIds: [ZONE, SECOND_ZONE] } };
  beforeEach(() => {
    system = new VirtualSystem({ gatewayLimit: 3, acls: two });
    system.okta.seedZone(SECOND_ZONE, { name: 'Second', gateways: [{ type: 'CIDR', value: SENTINEL }] });
  });
  // Every second address: no two are neighbours.
  const ip = (n: number) => `203.0.113.${2 * n}`;

  it('overflow into the next zone; the last wait with ZONE005, first come first served, until there is room', async () => {
    for (let n = 1; n <= 8; n += 1) await system.grant(ip(n));
    await system.clock.advance(3_000);
    expect([...system.gateways(), ...system.gateways(SECOND_ZONE)].sort()).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `${ip(n)}/32`).sort(),
    );
    expect(system.codes()).toContain('ZONE005');
    await system.revoke(ip(2));
    await system.clock.advance(3_000);
    const inside = [...system.gateways(), ...system.gateways(SECOND_ZONE)];
    expect(inside).toContain(`${ip(7)}/32`);
    expect(inside).not.toContain(`${ip(8)}/32`);
  });

  it('come behind who has got in meanwhile if they come back before anybody has removed their grant that was over', async () => {
    await system.grant(ip(1), { durationSeconds: 30 });
    for (let n = 2; n <= 7; n += 1) await system.grant(ip(n));
    await system.clock.advance(5_000);
    // Nothing that would remove it works.
    system.functions.scheduleIsDead = true;
    system.functions.table.removeExpired = () => 0;
    system.functions.timers.messagesToLose = 1_000;
    await system.clock.advance(40_000);
    await system.grant(ip(8));
    await system.clock.advance(3_000);
    await system.grant(ip(1));
    await system.clock.advance(3_000);
    const inside = [...system.gateways(), ...system.gateways(SECOND_ZONE)];
    expect(inside).toContain(`${ip(7)}/32`);
    expect(inside).not.toContain(`${ip(1)}/32`);
  });

  it('keep the place of an IP with several grants when the first of these ends, whoever has waited meanwhile', async () => {
    const office = ip(1);
    await system.grant(office, { grantId: 'first' });
    for (let n = 2; n <= 7; n += 1) await system.grant(ip(n));
    await system.grant(office, { grantId: 'second' });
    await system.clock.advance(3_000);
    await system.revoke(office, { grantId: 'first' });
    await system.clock.advance(3_000);
    const inside = [...system.gateways(), ...system.gateways(SECOND_ZONE)];
    expect(inside).toContain(`${office}/32`);
    expect(inside).not.toContain(`${ip(7)}/32`);
  });

  it('are merged where they are neighbours, and nobody else is let in', async () => {
    for (const last of [4, 5, 6, 7]) await system.grant(`203.0.113.${last}`);
    await system.clock.advance(3_000);
    expect(system.gateways()).toEqual(['203.0.113.4/31', '203.0.113.6/32', '203.0.113.7/32']);
    expect(system.gateways(SECOND_ZONE)).toEqual([SENTINEL]);
  });

  it('trouble with one zone does not keep the other from being right', async () => {
    for (let n = 1; n <= 5; n += 1) await system.grant(ip(n));
    await system.clock.advance(3_000);
    system.okta.removeZone(ZONE);
    await system.revoke(ip(5));
    await system.clock.advance(3_000);
    expect(system.gateways(SECOND_ZONE)).toEqual([`${ip(4)}/32`]);
    // Found with the next check: whoever came first gets the room that is left.
    await minutes(6);
    expect(new Set(system.codes())).toEqual(new Set(['ZONE001', 'ZONE005']));
    expect(system.gateways(SECOND_ZONE)).toEqual([1, 2, 3].map((n) => `${ip(n)}/32`));
  });
});

describe('one writer', () => {
  it('finds the lease taken, and comes again a few seconds later', async () => {
    system.latencyMs = 4_000;
    await system.grant(ALICE);
    await system.clock.advance(1_000);
    // A second rebuild by hand, while the first waits for Okta.
    const { functions } = system;
    const second = functions.rebuild(ACL);
    await system.grant(BOB);
    await system.clock.advance(30_000);
    await second;
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(system.okta.requests(0).filter(({ overlapping }) => overlapping)).toEqual([]);
  });

  it('makes no call to Okta that could outlive its time', async () => {
    system.latencyMs = 7_900;
    for (let n = 1; n <= 20; n += 1) await system.grant(`203.0.113.${n}`);
    await minutes(5);
    expect(system.gateways()).toHaveLength(20);
    expect(system.okta.requests(0).filter(({ overlapping }) => overlapping)).toEqual([]);
  });
});

describe('a limit met by one ACL', () => {
  it('keeps the rebuild of another, which is under way, from calling too', async () => {
    system.okta.seedZone(SECOND_ZONE, { name: 'Other', gateways: [{ type: 'CIDR', value: SENTINEL }] });
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE] }, other: { zoneIds: [SECOND_ZONE] } } });
    system.okta.addFault({ count: 1, zoneId: ZONE, fault: { rateLimit: { resetInSeconds: 30 } } });
    system.okta.addFault({ count: 1, zoneId: SECOND_ZONE, fault: { delayMs: 500 } });
    await Promise.all([system.grant(ALICE), system.send('access.granted', { acl: 'other', ip: BOB })]);
    await system.clock.advance(20_000);
    expect(system.okta.requests(0).map(({ method }) => method)).toEqual(['GET', 'GET']);
    await system.clock.advance(20_000);
    expect([...system.gateways(), ...system.gateways(SECOND_ZONE)]).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });
});
