import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { ITEM, ZONE_ITEM, ZONE_PARTITION } from '../../../lib/names.ts';
import { ACL, configOf, granted, positionAt, revoked } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.9'];
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  await world.apply(granted(ALICE, 0));
  await world.rebuild();
  await world.clock.advance(5_000);
});
const change = async (...events: readonly QueuedEvent[]) => {
  await world.apply(...events);
  await world.rebuild();
  await world.clock.advance(5_000);
};

/** With the next write of the first zone the token is replaced, and something happens before Okta is asked again. */
function anotherToken(happens: () => void): void {
  world.onCall = (call) => {
    if (call !== 'PUT nzo1') return;
    world.onCall = () => {};
    world.token.text = 'another-token';
    world.okta.setToken('another-token', 'ORG_ADMIN');
    world.okta.revokeToken(TOKEN);
    happens();
  };
}

describe('an old answer to a read', () => {
  const stale = () => world.okta.addFault({ count: 1, method: 'GET', fault: { stale: { changes: 1 } } });

  it('that equals what the zone must have is not believed: the zone is written all the same', async () => {
    await change(granted(BOB, 1));
    stale();
    await change(revoked(BOB, 2));
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.calls('PUT')).toBe(3);
    expect(world.confirmed()).toEqual([positionAt(1), positionAt(2), positionAt(3)]);
  });

  it('to a check puts nobody out: the zone is written as it was, and read again a minute later', async () => {
    await change(granted(BOB, 1));
    await world.clock.advance(300_000);
    stale();
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    const reads: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      world.okta.clearRequests();
      await world.minute();
      reads.push(world.calls('GET'));
    }
    expect(reads).toEqual([1, 1, 0]);
    expect(world.codes()).toEqual(['ZONE007']);
  });

  it('puts out nothing that the zone was written for just before', async () => {
    const settings = (alwaysAllow: readonly string[]) => ({
      acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow } },
      gatewayLimit: 2,
    });
    world = new ZoneWorld({ config: configOf(settings([])) });
    await change(...['203.0.113.22', '203.0.113.20', '203.0.113.2', ALICE].map((ip, n) => granted(ip, n)));
    const NETWORK = '203.0.113.0/30';
    const key = { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list };
    await world.table.write([{ update: key, set: { write: 'x' } }]);
    world.deploy(settings([NETWORK]));
    let isStale = false;
    const isIn: boolean[] = [];
    world.onAnswer = (call) => {
      if (!call.startsWith('PUT')) return;
      isIn.push([...world.gateways('nzo1'), ...world.gateways('nzo2')].includes(NETWORK));
      if (isStale) return;
      isStale = true;
      world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo2', fault: { stale: { changes: 1 } } });
    };
    await world.rebuild();
    expect(world.codes()).toEqual(['STORE002', 'ZONE007']);
    expect(isIn.slice(isIn.indexOf(true))).not.toContain(false);
  });
});

describe('a change by somebody else', () => {
  it.each<[string, readonly string[]]>([
    ['somebody added', ['198.18.0.1', ALICE]],
    ['somebody taken out', ['198.18.0.1']],
    ['everybody taken out', []],
  ])('is said once each time it is found, and put right: %s', async (_, gateways) => {
    for (const times of [1, 2]) {
      world.okta.editZone('nzo1', { gateways });
      for (let i = 0; i < 6; i += 1) await world.minute();
      expect(world.gateways()).toEqual([`${ALICE}/32`]);
      expect(world.codes()).toEqual(Array(times).fill('ZONE007'));
    }
  });

  it('is found with the next write too, and named', async () => {
    world.okta.editZone('nzo1', { gateways: ['198.18.0.1', ALICE] });
    await change(granted(BOB, 1));
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(world.lines.filter(({ code }) => code === 'ZONE007')).toMatchObject([
      { acl: ACL, zoneId: 'nzo1', added: ['198.18.0.1/32'], removed: [] },
    ]);
  });

  it('while Okta wants another token for the write is no failure: the zone is read again at once, and put right', async () => {
    await world.clock.advance(11_000);
    await world.apply(granted(BOB, 1));
    anotherToken(() => world.okta.editZone('nzo1', { addGateways: ['198.18.0.1'] }));
    world.okta.clearRequests();
    await world.rebuild();
    expect(world.callList()).toEqual(['GET nzo1', 'PUT nzo1', 'GET nzo1', 'GET nzo1', 'PUT nzo1']);
    expect(world.codes()).toEqual(['ZONE007']);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(world.confirmed()).toEqual([positionAt(1), positionAt(2)]);
  });

  it('while Okta wants another token for the write is not forgotten: no other zone counts on what was there', async () => {
    const NETWORK = '198.51.100.0/24';
    const settings = { acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'], alwaysAllow: [NETWORK] } } };
    world = new ZoneWorld({ config: configOf(settings) });
    await change(granted(ALICE, 0));
    await world.clock.advance(11_000);
    await world.apply(granted(BOB, 1));
    const isIn: boolean[] = [];
    anotherToken(() => {
      world.okta.editZone('nzo1', { gateways: [] });
      world.onAnswer = () => isIn.push([...world.gateways('nzo1'), ...world.gateways('nzo2')].includes(NETWORK));
    });
    await world.rebuild();
    await world.timersGoOff();
    expect(isIn.slice(isIn.indexOf(true))).not.toContain(false);
    expect([world.gateways('nzo1'), world.gateways('nzo2')]).toEqual([
      [NETWORK, `${ALICE}/32`, `${BOB}/32`],
      ['192.0.2.0/32'],
    ]);
  });

  it('while Okta wants another token for the first write of a zone leaves it to others, whoever is in it beside them', async () => {
    const settings = { acls: { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo9'] } } };
    world = new ZoneWorld({ config: configOf(settings) });
    await world.apply(granted(ALICE, 0), granted(ALICE, 0, { acl: 'other' }));
    await world.rebuild('other');
    await world.clock.advance(11_000);
    anotherToken(() => world.okta.editZone('nzo1', { gateways: [`${ALICE}/32`, '8.8.8.8/32'] }));
    await world.rebuild();
    await world.timersGoOff();
    expect(world.gateways()).toEqual([`${ALICE}/32`, '8.8.8.8/32']);
    expect(world.codes()).toContain('ZONE008');
  });

  it('puts nobody out who is in what the zone shows and in what it was known to have', async () => {
    const [ANN, CID, DAN, GONE] = ['203.0.113.2', '203.0.113.6', '203.0.113.8', '203.0.113.4'] as const;
    const settings = { acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } }, gatewayLimit: 2 };
    world = new ZoneWorld({ config: configOf(settings) });
    await change(...[ANN, GONE, CID, DAN].map((ip, n) => granted(ip, n)));
    await world.clock.advance(11_000);
    await change(revoked(GONE, 5));
    await world.clock.advance(11_000);
    await change(granted(BOB, 6));
    world.okta.editZone('nzo1', { gateways: [BOB, CID] });
    const out: string[] = [];
    world.onAnswer = (call) => {
      const all = new Set([...world.gateways('nzo1'), ...world.gateways('nzo2')]);
      if (call.startsWith('PUT')) out.push(...[BOB, CID, DAN].filter((ip) => !all.has(`${ip}/32`)));
    };
    await world.clock.advance(600_000);
    await world.rebuild();
    await world.timersGoOff();
    expect(out).toEqual([]);
    expect([...world.gateways('nzo1'), ...world.gateways('nzo2')].sort()).toEqual(
      [ANN, BOB, CID, DAN].map((ip) => `${ip}/32`).sort(),
    );
  });

  it('while Okta wants another token is none of the list, where only another field has changed and the item can’t be read', async () => {
    await world.clock.advance(11_000);
    await world.apply(granted(BOB, 1));
    world.okta.editZone('nzo1', { gateways: [ALICE, '198.18.0.1'] });
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 500 } });
    await world.rebuild();
    await world.clock.advance(11_000);
    await world.table.write([{ update: { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list }, set: { write: 'x' } }]);
    anotherToken(() => world.okta.editZone('nzo1', { name: 'renamed' }));
    const said = world.codes().length;
    await world.rebuild();
    await world.timersGoOff();
    expect(world.codes().slice(said)).toEqual(['STORE002']);
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });

  it('between the read and the answer to the write is not confirmed', async () => {
    const edit = { addGateways: ['198.18.0.1'] };
    world.okta.addFault({ count: 1, method: 'PUT', fault: { edit, when: 'within' } });
    await world.apply(granted(BOB, 1));
    await world.rebuild();
    expect(world.confirmed()).toEqual([positionAt(1)]);
    await world.timersGoOff();
    expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(world.confirmed()).toEqual([positionAt(1), positionAt(2)]);
  });
});

describe('what is stored and can’t be read', () => {
  const zoneItem = { acl: `${ZONE_PARTITION}nzo1`, item: ZONE_ITEM.list };
  const ANOTHER_VERSION = { of: 'another version' };

  it.each([
    ['of the zone', zoneItem],
    ['of the ACL', { acl: ACL, item: ITEM.state }],
  ])('is STORE002 and found out anew, whichever attribute it is: %s', async (_, key) => {
    // Who saved it last is only compared.
    const isRead = (name: string) => !(name in key) && name !== 'savedBy';
    const attributes = Object.keys((await world.table.get(key)) ?? {}).filter(isRead);
    expect(attributes.length).toBeGreaterThan(3);
    for (const [n, attribute] of [...attributes, undefined].entries()) {
      const item = (await world.table.get(key)) ?? key;
      const all = Object.fromEntries(attributes.map((name) => [name, ANOTHER_VERSION]));
      await world.table.write([{ put: { ...item, ...(attribute ? { [attribute]: ANOTHER_VERSION } : all) } }]);
      world.deploy({});
      world.okta.editZone('nzo1', { gateways: ['198.18.0.1', ALICE] });
      const said = world.codes().length;
      await change(granted(BOB, 2 * n + 1));
      expect(world.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
      await change(revoked(BOB, 2 * n + 2));
      expect(world.gateways()).toEqual([`${ALICE}/32`]);
      const stored = world
        .codes()
        .slice(said)
        .filter((code) => code === 'STORE002');
      expect([attribute, ...stored]).toEqual([attribute, 'STORE002']);
    }
    expect(world.confirmed().at(-1)).toBe(positionAt(2 * attributes.length + 3));
  });

  it('of a zone that this process knows is found out when its write is refused', async () => {
    await world.table.write([{ put: { ...zoneItem, owner: 7 } }]);
    await change(granted(BOB, 1));
    expect([world.gateways(), world.codes()]).toEqual([[`${ALICE}/32`], []]);
    await world.timersGoOff();
    expect([world.gateways(), world.codes()]).toEqual([[`${ALICE}/32`, `${BOB}/32`], ['STORE002']]);
  });

  it('of one ACL is no trouble of another', async () => {
    world = new ZoneWorld({
      config: configOf({ acls: { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } } }),
    });
    await world.table.write([{ put: { ...zoneItem, version: 9 } }]);
    await world.apply(granted(ALICE, 0, { acl: 'other' }));
    await world.rebuild('other');
    expect([world.codes(), world.gateways('nzo2')]).toEqual([[], [`${ALICE}/32`]]);
  });
});
