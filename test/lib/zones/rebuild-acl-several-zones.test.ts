import { beforeEach, describe, expect, it } from 'vitest';
import { blockOf, covers } from '../../../lib/addresses/address-block.ts';
import type { ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
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

describe('an ACL with several zones', () => {
  it('fills the first, overflows into the next, and leaves nobody twice', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(1), cidr(2)], [cidr(3)]]);
  });

  it('leaves people where they are when others go', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    await world.apply(revoked(ip(1), 10));
    await again();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(2)], [cidr(3)]]);
    expect(world.okta.requests().filter(({ method, zoneId }) => method === 'PUT' && zoneId === 'nzo2')).toHaveLength(1);
  });

  it('is not said to be changed by somebody else where one of them can’t be read', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo2', fault: { status: 404 } });
    for (let i = 0; i < 6; i += 1) await world.minute();
    expect(world.codes()).toEqual(['ZONE001', 'ZONE005']);
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(1), cidr(2)], [cidr(3)]]);
  });

  it('costs a read and a write for a change, of the zone that it concerns', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    world.okta.clearRequests();
    await come(4);
    await again();
    expect(world.callList()).toEqual(['GET nzo2', 'PUT nzo2']);
  });

  it('is checked in one rebuild, where the zones are due one after the other', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    await world.clock.advance(100_000);
    await come(4);
    await world.rebuild();
    await world.clock.advance(190_000);
    world.okta.clearRequests();
    await world.rebuild();
    expect(world.callList()).toEqual(['GET nzo1', 'GET nzo2']);
    await world.clock.advance(260_000);
    await world.rebuild();
    expect(world.calls()).toBe(2);
  });

  it('writes first where somebody gets their place whom an admin had put elsewhere', async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: ['198.51.100.0/24'] } };
    world = new ZoneWorld({ config: configOf({ gatewayLimit: 2, acls }) });
    world.okta.editZone('nzo1', { addGateways: [ip(1), ip(2), '198.51.100.8'] });
    await come(1, 2);
    const seen: boolean[] = [];
    world.onAnswer = () =>
      void seen.push(['nzo1', 'nzo2'].some((id) => world.gateways(id).some((one) => one.startsWith(ip(2)))));
    await world.rebuild();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([['198.51.100.0/24', cidr(1)], [cidr(2)]]);
    expect(seen).not.toContain(false);
  });

  it('writes where somebody moves to before where they leave', async () => {
    await come(1, 2, 3);
    await world.rebuild();
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: ['198.51.100.0/24'] } };
    world.okta.clearRequests();
    world.deploy({ gatewayLimit: 2, acls });
    await again();
    expect(world.callList()).toEqual(['GET nzo2', 'PUT nzo2', 'GET nzo1', 'PUT nzo1']);
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      ['198.51.100.0/24', cidr(1)],
      [cidr(2), cidr(3)],
    ]);
  });
});

describe('a zone that comes back from another ACL', () => {
  it('is read before anybody has to leave another: it could not be used before, and has room now', async () => {
    const settings = (own: readonly string[], others: readonly string[], alwaysAllow: readonly string[] = []) => ({
      ...{ gatewayLimit: 2, acls: { [ACL]: { zoneIds: own, alwaysAllow }, other: { zoneIds: others } } },
    });
    world = new ZoneWorld({ config: configOf(settings(['nzo1', 'nzo2'], ['nzo3'])) });
    world.okta.editZone('nzo2', { status: 'INACTIVE' });
    await come(1, 2);
    await world.rebuild();
    world.deploy(settings(['nzo1'], ['nzo3', 'nzo2']));
    await again();
    world.okta.editZone('nzo2', { status: 'ACTIVE' });
    world.deploy(settings(['nzo1', 'nzo2'], ['nzo3'], ['198.51.100.0/24']));
    const seen: boolean[] = [];
    world.onAnswer = () => void seen.push(['nzo1', 'nzo2'].some((id) => world.gateways(id).includes(cidr(2))));
    world.okta.clearRequests();
    await again();
    expect(world.callList()).toEqual(['GET nzo2', 'PUT nzo2', 'GET nzo1', 'PUT nzo1']);
    expect(seen).not.toContain(false);
    expect(world.codes()).toEqual(['ZONE004']);
  });
});

describe('a zone that is not relied on before it is read', () => {
  const settings = (own: readonly string[], others: readonly string[]) => ({
    ...{ gatewayLimit: 5, acls: { [ACL]: { zoneIds: own }, other: { zoneIds: others } } },
  });
  /** Whether the first is in one of the zones after each call of the next rebuild. */
  async function rebuiltWatched() {
    const seen: boolean[] = [];
    const isIn = (id: string) => world.okta.zone(id).status === 'ACTIVE' && world.gateways(id).includes(cidr(1));
    world.onAnswer = () => void seen.push(['nzo1', 'nzo2'].some(isIn));
    await world.clock.advance(60_000);
    await world.rebuild();
    expect(seen.length).toBeGreaterThan(0);
    return seen;
  }

  it('is one that was away, whatever became of its last write', async () => {
    world = new ZoneWorld({ config: configOf(settings(['nzo1', 'nzo2'], ['nzo3'])) });
    await come(1);
    await world.rebuild();
    await come(2);
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo1', fault: { status: 503 } });
    await again();
    world.deploy(settings(['nzo2'], ['nzo3']));
    for (let i = 0; i < 2; i += 1) await world.clock.advance(90_000).then(() => world.rebuild());
    expect(world.gateways('nzo2')).toEqual([cidr(1), cidr(2)]);
    world.okta.editZone('nzo1', { gateways: ['192.0.2.0/32'] });
    world.deploy(settings(['nzo1', 'nzo2'], ['nzo3']));
    expect(await rebuiltWatched()).not.toContain(false);
  });

  it.each<[string, ZoneEdit]>([
    ['was shown that it can’t be used', { status: 'INACTIVE' }],
    ['was shown another list', { gateways: ['192.0.2.0/32'] }],
  ])('is one whose ACL before %s', async (_, edit) => {
    world = new ZoneWorld({ config: configOf(settings(['nzo2'], ['nzo1', 'nzo3'])) });
    await come(1, 2);
    await world.apply(granted(ip(1), 3, { acl: 'other' }));
    await world.rebuild();
    await world.rebuild('other');
    const { items } = world.deps.states;
    const lists = { before: [cidr(1)], after: [cidr(1)] };
    await items.announce('nzo1', 'other', await items.get('nzo1'), lists, world.clock.now());
    world.okta.editZone('nzo1', edit);
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo1', fault: { status: 503 } });
    await world.clock.advance(300_000);
    await world.rebuild('other');
    world.deploy(settings(['nzo1', 'nzo2'], ['nzo3']));
    expect(await rebuiltWatched()).not.toContain(false);
  });
});

/** Until 40 and 60 come, nobody need be merged; then .4 must join .5 in the second zone, and .8 join .9 in the first. */
async function twoPairsApart() {
  const come = (byte: number, since: number) => world.apply(granted(`203.0.113.${byte}`, since));
  for (const [since, byte] of [20, 30, 5, 8].entries()) await come(byte, since);
  await world.rebuild();
  for (const byte of [20, 30]) await world.apply(revoked(`203.0.113.${byte}`, 10));
  await come(4, 11);
  await come(9, 1); // An event that was long on its way.
  await again();
  expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
    ['203.0.113.4/32', '203.0.113.9/32'],
    ['203.0.113.5/32', '203.0.113.8/32'],
  ]);
  await come(40, 14);
  await come(60, 15);
}

describe('people who move from zone to zone, since neighbours must be merged', () => {
  const everybody = [4, 5, 8, 9].map((byte) => `203.0.113.${byte}`);
  const inside = () => {
    const blocks = ['nzo1', 'nzo2'].flatMap((id) => world.gateways(id).map(blockOf));
    return everybody.filter((one) => blocks.some((block) => covers(block, blockOf(one))));
  };

  it('are in a zone at every moment', async () => {
    await twoPairsApart();
    const seen: string[][] = [];
    world.onAnswer = () => void seen.push(inside());
    await again();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      ['203.0.113.40/32', '203.0.113.8/31'],
      ['203.0.113.4/31', '203.0.113.60/32'],
    ]);
    expect(seen.length).toBeGreaterThan(3);
    for (const each of seen) expect(each).toEqual(everybody);
  });

  it.each(['nzo1', 'nzo2'])('stay where they are while %s can’t be written', async (zoneId) => {
    await twoPairsApart();
    world.okta.addFault({ count: 1, method: 'PUT', zoneId, fault: { status: 400 } });
    await again();
    expect(world.codes()).toEqual(['ZONE002']);
    expect(inside()).toEqual(everybody);
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')].sort()).toEqual([
      ...['203.0.113.4/31', '203.0.113.40/32', '203.0.113.60/32', '203.0.113.8/31'],
    ]);
  });
});

describe('more people than all zones hold', () => {
  it('the latest wait outside with ZONE005, named in the log, and the rest of the list is right', async () => {
    await come(1, 2, 3, 4, 5, 6);
    await world.rebuild();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      [cidr(1), cidr(2)],
      [cidr(3), cidr(4)],
    ]);
    expect(world.codes()).toEqual(['ZONE005']);
    expect(world.lines.find(({ code }) => code === 'ZONE005')).toMatchObject({
      acl: ACL,
      waiting: 2,
      first: [ip(5), ip(6)],
    });
    expect(world.confirmed()).toEqual([positionAt(6)]);
  });

  it('it is said each time, for as long as somebody waits', async () => {
    await come(1, 2, 3, 4, 5);
    await world.rebuild();
    for (let i = 0; i < 2; i += 1) expect(await world.minute()).toBe(true);
    expect(world.codes()).toEqual(Array(3).fill('ZONE005'));
    expect(world.calls('PUT')).toBe(2);
  });

  it('who waits longest comes in first as soon as there is room, and then all is well', async () => {
    await come(1, 2, 3, 4, 5, 6);
    await world.rebuild();
    await world.apply(revoked(ip(3), 10));
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(cidr(5));
    expect(world.lines.findLast(({ code }) => code === 'ZONE005')).toMatchObject({ waiting: 1, first: [ip(6)] });
    await world.apply(revoked(ip(1), 11));
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(cidr(6));
    expect(world.codes()).toEqual(['ZONE005', 'ZONE005']);
    await world.clock.advance(60_000);
    expect(await world.tickAsks()).toBe(false);
  });

  it('a grant that expires makes room as well', async () => {
    await world.apply(granted(ip(1), 1, { expiresAt: NOW + 4_000 }));
    await come(2, 3, 4, 5);
    await world.rebuild();
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(cidr(5));
  });
});

describe('an ACL with forty zones', () => {
  const zoneIds = Array.from({ length: 40 }, (_, i) => `nzo${i}`);
  beforeEach(async () => {
    world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds } } }) });
    world.latencyMs = 900;
    await come(1);
  });

  it('lets whoever comes in first, and then reads each zone once, in runs of ten seconds', async () => {
    await world.rebuild();
    expect(world.callList().slice(0, 3)).toEqual(['GET nzo0', 'PUT nzo0', 'GET nzo1']);
    expect(world.clock.now() - NOW).toBeLessThan(12_000);
    expect(world.nextTimer()).toBe(0);
    await world.timersGoOff();
    expect(world.callList()).toEqual(['GET nzo0', 'PUT nzo0', ...zoneIds.slice(1).map((id) => `GET ${id}`)]);
    expect(world.codes()).toEqual([]);
    expect(world.confirmed()).toEqual([positionAt(1)]);
  });

  it('asks for one at a time, and for no more where the first shows that Okta refuses', async () => {
    await world.timersGoOff();
    await world.rebuild();
    await world.timersGoOff();
    const moments = world.okta.requests().map(({ at }) => at);
    expect(new Set(moments).size).toBe(moments.length);
    world.okta.clearRequests();
    world.okta.revokeToken(TOKEN);
    await come(2);
    await again();
    expect(world.callList()).toEqual(['GET nzo0']);
  });

  it('costs two calls for a login, also when all of them are due for checking, and then is checked', async () => {
    await world.rebuild();
    await world.timersGoOff();
    await world.clock.advance(600_000);
    world.okta.clearRequests();
    await come(2);
    await world.rebuild();
    expect(world.callList().slice(0, 2)).toEqual(['GET nzo0', 'PUT nzo0']);
    await world.timersGoOff();
    expect(world.callList().sort()).toEqual([...zoneIds.map((id) => `GET ${id}`), 'PUT nzo0'].sort());
  });
});
