import { describe, expect, it } from 'vitest';
import { ACL, configOf, flushed, granted, NOW, revoked } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const OWN = ['198.51.100.77', '198.51.100.78-198.51.100.99'];

function aWorldWithGateways(settings = {}) {
  const world = new ZoneWorld({ config: configOf(settings) });
  world.okta.seedZone('nzo1', { gateways: OWN, proxies: ['192.0.2.200'], name: 'Theirs' });
  return world;
}

describe('a zone whose ACL has not seen an event', () => {
  it('is read, and not written, whatever it holds', async () => {
    const world = aWorldWithGateways({ acls: { [ACL]: { zoneIds: ['nzo1'], alwaysAllow: ['198.51.100.0/24'] } } });
    await world.rebuild();
    for (let i = 0; i < 15; i += 1) await world.minute();
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([4, 0]);
    expect(world.gateways()).toHaveLength(2);
    expect(world.codes()).toEqual([]);
  });

  it.each([
    ['a token that is refused', 'OKTA001', (world: ZoneWorld) => void world.okta.revokeToken(TOKEN)],
    ['a zone that is gone', 'ZONE001', (world: ZoneWorld) => world.okta.removeZone('nzo1')],
    [
      'a zone that can’t be used',
      'ZONE004',
      (world: ZoneWorld) => void world.okta.editZone('nzo1', { usage: 'BLOCKLIST' }),
    ],
    ['a token that is not set', 'ZONE006', (world: ZoneWorld) => void Object.assign(world.token, { text: undefined })],
  ])('tells already of %s', async (_, code, breakIt) => {
    const world = aWorldWithGateways();
    breakIt(world);
    await world.rebuild();
    expect(world.codes()).toEqual([code]);
    expect(await world.minute()).toBe(true);
    expect(world.codes()).toEqual([code, code]);
    expect(world.calls('PUT')).toBe(0);
  });

  it('is not blamed on anybody when it changes', async () => {
    const world = aWorldWithGateways();
    await world.rebuild();
    world.okta.editZone('nzo1', { gateways: ['192.0.2.9'] });
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.calls('GET')).toBe(2);
    expect(world.codes()).toEqual([]);
  });
});

describe('a zone that was allowed to be replaced, and whose first write Okta refused', () => {
  const allowed = { acls: { [ACL]: { zoneIds: ['nzo1'], replaceExisting: true } } };
  const THEIRS = ['198.18.0.1/32', '198.18.7.0/24'];
  const refused = async () => {
    const world = aWorldWithGateways(allowed);
    world.okta.editZone('nzo1', { gateways: THEIRS });
    world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 403 } });
    await world.apply(granted(ALICE, 0));
    await world.rebuild();
    expect(world.codes()).toEqual(['OKTA002']);
    await world.clock.advance(120_000);
    return world;
  };

  it('is as foreign as it was once that is allowed no more', async () => {
    const world = await refused();
    world.deploy({ acls: { [ACL]: { zoneIds: ['nzo1'] } } });
    for (let i = 0; i < 3; i += 1) await world.minute();
    expect(world.gateways()).toEqual(THEIRS);
    expect(world.codes().at(-1)).toBe('ZONE008');
    expect(world.calls('PUT')).toBe(1);
  });

  const removals = (world: ZoneWorld) =>
    world.lines.flatMap(({ message, removed }) =>
      message === 'the first update of a zone removes what was in it' ? [removed] : [],
    );

  it('is taken over with the next write while it is still allowed, and what goes is said once', async () => {
    const world = await refused();
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(removals(world)).toEqual([THEIRS]);
  });

  it('has what goes said again where that is another list by then', async () => {
    const world = await refused();
    world.okta.editZone('nzo1', { gateways: ['198.18.9.9'] });
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(removals(world)).toEqual([THEIRS, ['198.18.9.9/32']]);
  });
});

describe('a zone whose first write is not known to have been carried out', () => {
  const FOREIGN = ['198.18.0.1/32', '198.18.7.0/24'];
  type Trouble = (world: ZoneWorld) => void;
  const refuses: Trouble = (world) => void world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 403 } });
  const refusesTheList: Trouble = (world) =>
    void world.okta.addFault({ count: 1, method: 'PUT', fault: { status: 400 } });
  const isSilent: Trouble = (world) => void world.okta.addFault({ count: 1, method: 'PUT', fault: { hang: true } });
  const losesTheAnswer: Trouble = (world) =>
    void world.okta.addFault({ count: 1, method: 'PUT', fault: { drop: 'after' } });
  const afterTrouble = async (trouble: Trouble) => {
    const world = aWorldWithGateways();
    trouble(world);
    await world.apply(granted(ALICE, 0), granted(BOB, 0));
    await world.rebuild();
    return world;
  };

  it.each([
    ['refused the write', refuses],
    ['refused the list', refusesTheList],
    ['did not answer', isSilent],
  ])('is foreign where somebody has put another list there meanwhile: Okta %s', async (_, trouble) => {
    const world = await afterTrouble(trouble);
    // One of those whom the write was to let in stands in it, too.
    const list = [...FOREIGN, `${BOB}/32`];
    world.okta.editZone('nzo1', { gateways: list });
    for (let i = 0; i < 3; i += 1) await world.minute();
    expect(world.gateways()).toEqual(list);
    expect([world.codes().at(-1), world.codes().includes('ZONE007')]).toEqual(['ZONE008', false]);
  });

  it('is ours where it holds what the write was to put in: what somebody has added goes', async () => {
    const world = await afterTrouble(losesTheAnswer);
    world.okta.editZone('nzo1', { addGateways: FOREIGN });
    await world.minute();
    expect([world.gateways(), world.codes()]).toEqual([
      [`${ALICE}/32`, `${BOB}/32`],
      ['ZONE003', 'ZONE007'],
    ]);
  });
});

describe('the first event of an ACL', () => {
  it.each([
    ['a grant', granted(ALICE, 0), [`${ALICE}/32`]],
    ['a revoke', revoked(ALICE, 0), ['192.0.2.0/32']],
    ['a flush', flushed(0), ['192.0.2.0/32']],
    ['a grant that is over by now', granted(ALICE, 0, { expiresAt: NOW }), ['192.0.2.0/32']],
  ])('makes the zone ours: %s', async (_, event, gateways) => {
    const world = aWorldWithGateways();
    await world.apply(event);
    await world.rebuild();
    expect(world.gateways()).toEqual(gateways);
    // What the zone held belonged to somebody: taking it over is no change by someone else.
    expect(world.codes()).toEqual([]);
    expect(world.okta.zone('nzo1')).toMatchObject({
      name: 'Theirs',
      proxies: [{ value: expect.stringMatching(/^192/) }],
    });
  });

  it('writes nothing where the zone is already as it must be', async () => {
    const world = new ZoneWorld();
    await world.apply(flushed(0));
    await world.rebuild();
    expect([world.calls('GET'), world.calls('PUT')]).toEqual([1, 0]);
    // From now on it is ours: whatever else is found in it is somebody else's change.
    world.okta.editZone('nzo1', { gateways: ['198.18.0.1'] });
    await world.clock.advance(300_000);
    await world.rebuild();
    expect([world.codes(), world.gateways()]).toEqual([['ZONE007'], ['192.0.2.0/32']]);
  });

  it('of another ACL is none of this one', async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };
    const world = aWorldWithGateways({ acls });
    await world.apply(granted(ALICE, 0, { acl: 'other' }));
    await world.rebuild();
    expect(world.calls('PUT')).toBe(0);
  });
});

describe('a zone with nobody in it', () => {
  it('holds the sentinel, and only until somebody comes', async () => {
    const world = new ZoneWorld({ config: configOf({ sentinel: '198.51.100.255/32' }) });
    await world.apply(flushed(0));
    await world.rebuild();
    expect(world.gateways()).toEqual(['198.51.100.255/32']);
    await world.apply(granted(ALICE, 1));
    await world.rebuild();
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    await world.apply(revoked(ALICE, 2));
    await world.rebuild();
    expect(world.gateways()).toEqual(['198.51.100.255/32']);
  });

  it('holds what is always allowed, and then no sentinel', async () => {
    const config = configOf({ acls: { [ACL]: { zoneIds: ['nzo1'], alwaysAllow: ['198.51.100.0/24'] } } });
    const world = new ZoneWorld({ config });
    await world.apply(flushed(0));
    await world.rebuild();
    expect(world.gateways()).toEqual(['198.51.100.0/24']);
  });
});

describe('an ACL that is not configured', () => {
  it.each(['gone', 'constructor', '__proto__'])(
    '%s: nothing is read, written, leased or reported as an error',
    async (acl) => {
      const world = new ZoneWorld();
      await world.rebuild(acl);
      expect(world.calls()).toBe(0);
      expect(world.table.items()).toEqual([]);
      expect(world.codes()).toEqual([]);
      expect(world.lines).toMatchObject([{ level: 'INFO', acl, message: expect.stringContaining('no such ACL') }]);
    },
  );
});
