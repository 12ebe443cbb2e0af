import { beforeEach, describe, expect, it } from 'vitest';
import { blockOf, covers } from '../../../lib/addresses/address-block.ts';
import type { Fault, ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
import { ACL, configOf, granted, NOW, revoked } from '../../helpers/events.ts';
import { SyncWorld } from '../../helpers/sync-world.ts';

// Every second address: no two are neighbours.
const ip = (n: number) => `203.0.113.${2 * n}`;
const cidr = (n: number) => `${ip(n)}/32`;
let world: SyncWorld;
beforeEach(() => {
  world = new SyncWorld({ config: configOf({ gatewayLimit: 2, acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } }) });
});
const come = (...who: readonly number[]) => world.apply(...who.map((n) => granted(ip(n), n)));
const again = async () => {
  await world.clock.advance(5_000);
  await world.sync();
};

describe('an ACL with several zones', () => {
  it('fills the first, overflows into the next, and leaves nobody twice', async () => {
    await come(1, 2, 3);
    await world.sync();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(1), cidr(2)], [cidr(3)]]);
  });

  it('leaves people where they are when others go', async () => {
    await come(1, 2, 3);
    await world.sync();
    await world.apply(revoked(ip(1), 10));
    await again();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([[cidr(2)], [cidr(3)]]);
    expect(world.okta.requests().filter(({ method, zoneId }) => method === 'PUT' && zoneId === 'nzo2')).toHaveLength(1);
  });

  it('is not said to be changed by somebody else where one of them can’t be read', async () => {
    await come(1, 2, 3);
    await world.sync();
    world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo2', fault: { status: 404 } });
    await again();
    expect(world.codes()).toEqual(['ZONE001']);
    expect(await world.state()).toMatchObject({ zones: { nzo2: { written: [cidr(3)] } } });
  });

  it('writes first where somebody gets their place whom an admin had put elsewhere', async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: ['198.51.100.0/24'] } };
    world = new SyncWorld({ config: configOf({ gatewayLimit: 2, acls }) });
    world.okta.editZone('nzo1', { addGateways: [ip(1), ip(2), '198.51.100.8'] });
    await come(1, 2);
    const seen: boolean[] = [];
    world.onAnswer = () =>
      void seen.push(['nzo1', 'nzo2'].some((id) => world.gateways(id).some((one) => one.startsWith(ip(2)))));
    await world.sync();
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([['198.51.100.0/24', cidr(1)], [cidr(2)]]);
    expect(seen).not.toContain(false);
  });

  it('writes where somebody moves to before where they leave', async () => {
    await come(1, 2, 3);
    await world.sync();
    const acls = { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: ['198.51.100.0/24'] } };
    world.okta.clearRequests();
    await world.clock.advance(5_000);
    await world.sync(ACL, { config: configOf({ gatewayLimit: 2, acls }) });
    const written = world.okta.requests().filter(({ method }) => method === 'PUT');
    expect(written.map(({ zoneId }) => zoneId)).toEqual(['nzo2', 'nzo1']);
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      ['198.51.100.0/24', cidr(1)],
      [cidr(2), cidr(3)],
    ]);
  });
});

/** Until 40 and 60 come, nobody need be merged; then .4 must join .5 in the second zone, and .8 join .9 in the first. */
async function twoPairsApart() {
  const come = (byte: number, since: number) => world.apply(granted(`203.0.113.${byte}`, since));
  for (const [since, byte] of [20, 30, 5, 8].entries()) await come(byte, since);
  await world.sync();
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
    await world.sync();
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
    expect(await world.state()).toMatchObject({
      ...{
        waiting: [ip(5), ip(6)],
        needsSync: true,
        lastError: { code: 'ZONE005' },
        confirmedPosition: expect.any(String),
      },
    });
  });

  it('it is said each time, for as long as somebody waits', async () => {
    await come(1, 2, 3, 4, 5);
    for (let i = 0; i < 3; i += 1) await again();
    expect(world.codes()).toEqual(Array(3).fill('ZONE005'));
    expect(world.calls('PUT')).toBe(2);
  });

  it('who waits longest comes in first as soon as there is room, and then all is well', async () => {
    await come(1, 2, 3, 4, 5, 6);
    await world.sync();
    await world.apply(revoked(ip(3), 10));
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(cidr(5));
    expect(await world.state()).toMatchObject({ waiting: [ip(6)] });
    await world.apply(revoked(ip(1), 11));
    await again();
    const state = await world.state();
    expect(state).not.toHaveProperty('waiting');
    expect(state).not.toHaveProperty('waitingCount');
    expect(state).not.toHaveProperty('lastError');
    expect(state.needsSync).toBe(false);
  });

  it('a grant that expires makes room as well', async () => {
    await world.apply(granted(ip(1), 1, { expiresAt: NOW + 4_000 }));
    await come(2, 3, 4, 5);
    await world.sync();
    await again();
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')]).toContain(cidr(5));
  });
});

describe('an ACL with forty zones', () => {
  const zoneIds = Array.from({ length: 40 }, (_, i) => `nzo${i}`);
  beforeEach(() => {
    world = new SyncWorld({ config: configOf({ acls: { [ACL]: { zoneIds } } }) });
    world.latencyMs = 900;
  });

  it('is brought up to date in one run, also where Okta takes a second for a call', async () => {
    await come(1);
    await world.sync();
    expect(world.gateways('nzo0')).toEqual([cidr(1)]);
    expect(new Set(world.okta.requests().map(({ zoneId }) => zoneId)).size).toBe(zoneIds.length);
    expect(world.codes()).toEqual([]);
  });

  it('asks for few of them at once, and for no more where the first shows that Okta refuses', async () => {
    await come(1);
    await world.sync();
    const moments = world.okta.requests().map(({ at }) => at);
    expect(Math.max(...moments.map((at) => moments.filter((other) => other === at).length))).toBe(5);
    world.okta.clearRequests();
    world.okta.revokeToken('sync-okta-token');
    await again();
    expect(world.calls()).toBe(1);
  });
});

describe('trouble with one of several zones', () => {
  const BROKEN: readonly (readonly [string, string, (id: string) => unknown])[] = [
    ['it is gone', 'ZONE001', (id) => world.okta.removeZone(id)],
    ['it is inactive', 'ZONE004', (id) => edit(id, { status: 'INACTIVE' })],
    ['it is a blocklist', 'ZONE004', (id) => edit(id, { usage: 'BLOCKLIST' })],
    ['it is a system zone', 'ZONE004', (id) => world.okta.seedZone(id, { system: true })],
    ['it is dynamic', 'ZONE004', (id) => world.okta.seedZone(id, { type: 'DYNAMIC', details: { asns: ['1'] } })],
    ['Okta refuses its list', 'ZONE002', (id) => fail(id, { status: 400 })],
  ];
  const edit = (id: string, change: ZoneEdit) => world.okta.editZone(id, change);
  const fail = (id: string, fault: Fault) => world.okta.addFault({ count: 1, method: 'PUT', zoneId: id, fault });

  it.each(BROKEN)('%s: said with its code, and the other zone is right all the same', async (_, code, breakIt) => {
    await come(1, 2, 3);
    breakIt('nzo1');
    await world.sync();
    expect(world.codes()).toEqual([code]);
    expect(world.lines.find((line) => line.code === code)).toMatchObject({ acl: ACL, zoneId: 'nzo1' });
    expect(world.gateways('nzo2')).toEqual([cidr(3)]);
    const state = await world.state();
    expect(state).toMatchObject({ needsSync: true, lastError: { code } });
    expect(state).not.toHaveProperty('confirmedPosition');
    expect(world.okta.requests().filter(({ zoneId, applied }) => zoneId === 'nzo1' && applied)).toEqual(
      world.okta.requests().filter(({ zoneId, method, applied }) => zoneId === 'nzo1' && applied && method === 'GET'),
    );
  });

  it.each(BROKEN)('%s, the second one: the first zone is right all the same', async (_, code, breakIt) => {
    await come(1, 2, 3);
    breakIt('nzo2');
    await world.sync();
    expect(world.codes()).toEqual([code]);
    expect(world.gateways('nzo1')).toEqual([cidr(1), cidr(2)]);
  });

  it('says in the log which zone, or how many wait', async () => {
    await come(...Array.from({ length: 16 }, (_, i) => i + 1));
    await world.sync();
    expect(world.lines.find(({ code }) => code === 'ZONE005')).toMatchObject({
      detail: expect.stringMatching(/^12 IPs/),
      waiting: 12,
      first: Array.from({ length: 10 }, (_, i) => ip(i + 5)),
    });
    edit('nzo1', { status: 'INACTIVE' });
    await again();
    expect(world.lines.findLast(({ code }) => code === 'ZONE004')).toMatchObject({
      detail: expect.stringContaining('nzo1'),
    });
  });

  it('of a kind that is about all of Okta ends the pass, and is said once', async () => {
    await come(1, 2, 3);
    world.okta.revokeToken('sync-okta-token');
    await world.sync();
    expect(world.calls()).toBe(1);
    expect(world.codes()).toEqual(['OKTA001']);
  });

  it('is said for each zone that has some', async () => {
    await come(1, 2, 3);
    world.okta.removeZone('nzo1');
    edit('nzo2', { status: 'INACTIVE' });
    await world.sync();
    expect([...world.codes()].sort()).toEqual(['ZONE001', 'ZONE004']);
    expect(world.calls('PUT')).toBe(0);
  });

  it.each([
    ['it is inactive', () => edit('nzo2', { status: 'INACTIVE' }), false],
    ['Okta refuses the list of who expired', () => fail('nzo1', { status: 400 }), true],
  ])('%s: that somebody who expired may still be in is said only where it is so', async (_, breakIt, mayBeIn) => {
    await world.apply(granted(ip(1), 1, { expiresAt: NOW + 60_000 }));
    await come(2, 3);
    await world.sync();
    await world.clock.advance(61_000);
    breakIt();
    await world.sync();
    expect(((await world.state()).nextExpiry ?? 0) <= world.clock.now()).toBe(mayBeIn);
  });

  it('is forgotten once it is over', async () => {
    await come(1, 2, 3);
    edit('nzo1', { status: 'INACTIVE' });
    await world.sync();
    edit('nzo1', { status: 'ACTIVE' });
    await again();
    expect(world.gateways('nzo1')).toEqual([cidr(1), cidr(2)]);
    expect(await world.state()).toMatchObject({ needsSync: false, confirmedPosition: expect.any(String) });
  });

  it('does not hide that people wait because all zones are full', async () => {
    await come(1, 2, 3, 4, 5);
    edit('nzo1', { status: 'INACTIVE' });
    await world.sync();
    expect([...world.codes()].sort()).toEqual(['ZONE004', 'ZONE005']);
  });
});
