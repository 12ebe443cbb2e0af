import { beforeEach, describe, expect, it } from 'vitest';
import type { Fault, ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
import { ACL, configOf, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

// Every second address: no two are neighbours.
const ip = (n: number) => `203.0.113.${2 * n}`;
const cidr = (n: number) => `${ip(n)}/32`;
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld({ config: configOf({ gatewayLimit: 2, acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } }) });
});
const come = (...who: readonly number[]) => world.apply(...who.map((n) => granted(ip(n), n)));
const again = async () => {
  await world.clock.advance(5_000);
  await world.rebuild();
};
const edit = (id: string, change: ZoneEdit) => void world.okta.editZone(id, change);
const fail = (id: string, fault: Fault) => void world.okta.addFault({ count: 1, method: 'PUT', zoneId: id, fault });

const UNUSABLE: readonly (readonly [string, string, (id: string) => void])[] = [
  ['it is gone', 'ZONE001', (id) => world.okta.removeZone(id)],
  ['it is inactive', 'ZONE004', (id) => edit(id, { status: 'INACTIVE' })],
  ['it is a blocklist', 'ZONE004', (id) => edit(id, { usage: 'BLOCKLIST' })],
  ['it is a system zone', 'ZONE004', (id) => void world.okta.seedZone(id, { system: true })],
  ['it is dynamic', 'ZONE004', (id) => void world.okta.seedZone(id, { type: 'DYNAMIC', details: { asns: ['1'] } })],
  ['it holds others’ entries', 'ZONE008', (id) => edit(id, { addGateways: ['198.18.0.1'] })],
];

describe.each([
  ['nzo1', 'nzo2'],
  ['nzo2', 'nzo1'],
])('where %s can’t be used', (broken, other) => {
  it.each(UNUSABLE)('the other takes whoever fits, and that is confirmed: %s', async (_, code, breakIt) => {
    await come(1, 2);
    breakIt(broken);
    await world.rebuild();
    expect(world.codes()).toEqual([code]);
    expect(world.lines.find((line) => line.code === code)).toMatchObject({ acl: ACL, zoneId: broken });
    expect(world.gateways(other)).toEqual([cidr(1), cidr(2)]);
    expect(world.calls('PUT', broken)).toBe(0);
    expect(world.confirmed()).toEqual([positionAt(2)]);
  });

  it.each(UNUSABLE)('who does not fit into the other waits, with ZONE005: %s', async (_, code, breakIt) => {
    await come(1, 2, 3);
    breakIt(broken);
    await world.rebuild();
    expect(world.codes()).toEqual([code, 'ZONE005']);
    expect(world.lines.find((line) => line.code === 'ZONE005')).toMatchObject({ waiting: 1, first: [ip(3)] });
    expect(world.gateways(other)).toEqual([cidr(1), cidr(2)]);
  });

  it.each(UNUSABLE)(
    'it is read once a minute, however much happens, and used again once it may be: %s',
    async (...row) => {
      const [, code, breakIt] = row;
      await come(1, 2, 3);
      breakIt(broken);
      await world.rebuild();
      for (let n = 4; n < 7; n += 1) {
        await come(n);
        await again();
      }
      expect(world.calls('GET', broken)).toBe(1);
      await world.minute();
      expect(world.calls('GET', broken)).toBe(2);
      expect(world.codes().filter((each) => each === code)).toHaveLength(2);
      world.okta.seedZone(broken, { gateways: ['192.0.2.0/32'] });
      await world.minute();
      expect([world.gateways(other), world.gateways(broken)]).toEqual([
        [cidr(1), cidr(2)],
        [cidr(3), cidr(4)],
      ]);
    },
  );
});

describe('a list that Okta refuses', () => {
  it.each(['nzo1', 'nzo2'])(
    'does not keep the other zone from being right, and is not confirmed: %s',
    async (zoneId) => {
      await come(1, 2, 3);
      fail(zoneId, { status: 400 });
      await world.rebuild();
      expect(world.codes()).toEqual(['ZONE002']);
      expect(world.lines.find(({ code }) => code === 'ZONE002')).toMatchObject({ acl: ACL, zoneId });
      const right = { nzo1: [cidr(1), cidr(2)], nzo2: [cidr(3)] };
      for (const [id, list] of Object.entries(right)) {
        expect([id, world.gateways(id)]).toEqual([id, id === zoneId ? ['192.0.2.0/32'] : list]);
      }
      expect(world.confirmed()).toEqual([]);
      await world.minute();
      expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual(Object.values(right));
      expect(world.confirmed()).toEqual([positionAt(3)]);
    },
  );

  it('is sent once in a rebuild, and again each minute', async () => {
    await come(1);
    world.okta.addFault({ count: 9, method: 'PUT', fault: { status: 400 } });
    await world.rebuild();
    expect(world.calls('PUT')).toBe(1);
    await world.minute();
    expect(world.calls('PUT')).toBe(2);
    expect(world.codes()).toEqual(['ZONE002', 'ZONE002']);
  });
});

describe('trouble', () => {
  it('of a kind that is about all of Okta ends the rebuild, and is said once', async () => {
    await come(1, 2, 3);
    world.okta.revokeToken(TOKEN);
    await world.rebuild();
    expect(world.calls()).toBe(1);
    expect(world.codes()).toEqual(['OKTA001']);
  });

  it('is said for each zone that has some', async () => {
    await come(1, 2, 3);
    world.okta.removeZone('nzo1');
    edit('nzo2', { status: 'INACTIVE' });
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE001', 'ZONE004']);
    expect(world.calls('PUT')).toBe(0);
  });

  it('is told with how many wait, and who came first of them', async () => {
    await come(...Array.from({ length: 16 }, (_, i) => i + 1));
    await world.rebuild();
    expect(world.lines.find(({ code }) => code === 'ZONE005')).toMatchObject({
      detail: expect.stringMatching(/^12 IPs/),
      waiting: 12,
      first: Array.from({ length: 10 }, (_, i) => ip(i + 5)),
    });
  });
});

describe('somebody who is in a zone that can’t be used any more', () => {
  it.each(UNUSABLE.slice(0, 5))('is placed in another at once, when a read shows it: %s', async (_, code, breakIt) => {
    await come(1, 2, 3);
    await world.rebuild();
    await world.apply(revoked(ip(2), 9));
    breakIt('nzo1');
    await again();
    expect(world.codes()).toEqual([code]);
    expect(world.gateways('nzo2')).toEqual([cidr(1), cidr(3)]);
    expect(world.confirmed()).toEqual([positionAt(3), positionAt(4)]);
  });

  it.each<[string, ZoneEdit]>([
    ['deactivates it', { status: 'INACTIVE' }],
    ['makes it a blocklist', { usage: 'BLOCKLIST' }],
  ])(
    'is placed in another, where an administrator %s between the read and the answer to the write',
    async (_, change) => {
      const grant = granted(ip(1), 1);
      await world.apply(grant);
      fail('nzo1', { edit: change, when: 'within' });
      await world.rebuild();
      expect(world.codes()).toEqual(['ZONE004']);
      expect(world.gateways('nzo2')).toEqual([cidr(1)]);
      expect(world.confirmed()).toEqual([positionAt(1)]);
      expect(await world.outcome(grant)).toMatchObject({ status: 'applied' });
      edit('nzo1', { status: 'ACTIVE', usage: 'POLICY' });
      await world.minute();
      // Okta had taken the write: once the zone may be used again, one place is enough.
      expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(1)], ['192.0.2.0/32']]);
    },
  );

  it('comes back in its own zone as soon as that may be used, where there is room nowhere else', async () => {
    await come(1, 2, 3, 4);
    await world.rebuild();
    edit('nzo1', { status: 'INACTIVE' });
    for (let i = 0; i < 5; i += 1) await world.minute();
    expect(new Set(world.codes())).toEqual(new Set(['ZONE004', 'ZONE005']));
    edit('nzo1', { status: 'ACTIVE' });
    await world.minute();
    const said = world.codes().length;
    await world.minute();
    expect(world.codes()).toHaveLength(said);
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      [cidr(1), cidr(2)],
      [cidr(3), cidr(4)],
    ]);
  });
});

describe('a grant that is over', () => {
  it('counts as out where only a zone that lets nobody in still has it', async () => {
    await world.apply(granted(ip(1), 1, { expiresAt: NOW + 60_000 }));
    await come(2, 3);
    await world.rebuild();
    edit('nzo1', { status: 'INACTIVE' });
    await world.clock.advance(60_000);
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE004']);
    expect(world.gateways('nzo2')).toEqual([cidr(2), cidr(3)]);
  });
});
