import { describe, expect, it } from 'vitest';
import { ACL, ALICE, BOB, CliWorld, TOKEN, ZONE } from './cli-world.ts';

const OTHER = 'nzo1abcdefGHIJKLM0h8';
const MALLORY = '9.9.9.9/32';
const TRENT = '8.8.8.8/32';

/** Somebody else has put addresses into the ACL's zone, and somebody has logged in. */
async function foreign(config: Readonly<Record<string, unknown>> = {}): Promise<CliWorld> {
  const world = await CliWorld.start(config, { gateways: [MALLORY, TRENT] });
  expect((await world.run(`grant --acl ${ACL} --ip ${ALICE} --for 1h --wait`)).out).toContain('502 ZONE008');
  return world;
}

/** The permissions that are stored, by zone. */
function permissions(world: CliWorld): unknown[] {
  return world.system.functions.table.items().filter(({ item }) => item === 'ADOPTION');
}

describe.concurrent('adopt', () => {
  it('shows what is in the zone and what of it goes, asks, and has the zone taken over', async () => {
    const world = await foreign({ acls: { [ACL]: { zoneIds: [ZONE], alwaysAllow: ['8.8.8.0/24'] } } });
    const { code, out, notes } = await world.run(`adopt --acl ${ACL}`, { canAsk: true, answers: ['y'] });
    expect(out).toContain(`zone ${ZONE}: 1 of 2 entries goes`);
    expect(out).toMatch(/^ {6}8\.8\.8\.8\/32$/m);
    expect(out).toMatch(/^ {4}- 9\.9\.9\.9\/32$/m);
    expect(notes).toContain(`Let ${ACL} (the local run`);
    expect(notes).toContain(`replace the list of zone ${ZONE} in http://127.0.0.1:`);
    expect(out).toContain(`✔ zone ${ZONE} is taken over`);
    expect(out).toContain(`${ACL}: the zone is right`);
    expect(code).toBe(0);
    expect(await world.gateways()).toEqual([`${ALICE}/32`, '8.8.8.0/24'].sort());
  });

  it('changes nothing without a yes', async () => {
    const world = await foreign();
    expect((await world.run('adopt', { canAsk: true, answers: ['n'] })).code).toBe(2);
    expect((await world.run('adopt')).code).toBe(64);
    expect(permissions(world)).toEqual([]);
    expect(await world.gateways()).toEqual([MALLORY, TRENT].sort());
  });

  it('says that there is nothing to adopt, and asks for nothing', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { code, out } = await world.run('adopt');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('no zone needs to be adopted') });
    expect(permissions(world)).toEqual([]);
  });

  it('allows it before the first event, which then gets in', async () => {
    const world = await CliWorld.start({}, { gateways: [MALLORY] });
    const { code, out } = await world.run('adopt --yes');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('taken over at the first event') });
    expect(await world.gateways()).toEqual([MALLORY]);
    await world.grant(ALICE);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('says how to go on when the list changes before it is taken over', async () => {
    const world = await foreign();
    const { simulator } = world.system;
    const askWhileItChanges = async () => {
      await simulator.editZone(ZONE, { addGateways: ['9.9.9.10'] });
      return 'y';
    };
    const { code, out } = await world.run('adopt', { canAsk: true, ask: askWhileItChanges });
    expect(code).toBe(2);
    expect(out).toContain(`zone ${ZONE} is not taken over: its list has changed since it was shown`);
    expect(out).toContain(`npm run zone -- adopt --acl ${ACL} --zone ${ZONE}`);
    expect(await world.gateways()).toHaveLength(3);
    expect((await world.run('adopt --yes')).code).toBe(0);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('adopts only the zone that is named; of the other it says that it still holds others’ entries', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, OTHER] } } }, { gateways: [MALLORY] });
    await world.system.simulator.seedZone(OTHER, { gateways: [TRENT] });
    await world.run(`grant --ip ${ALICE} --for 1h --wait`);
    const { code, out } = await world.run(`adopt --zone ${ZONE} --yes`);
    expect(out).toContain(`✔ zone ${ZONE} is taken over`);
    expect(out).toMatch(new RegExp(`ZONE008 .*${OTHER}`));
    expect(code).toBe(2);
    expect([await world.gateways(ZONE), await world.gateways(OTHER)]).toEqual([[`${ALICE}/32`], [TRENT]]);
  });

  it('refuses a zone of another ACL as a mistake, and names those that it has', async () => {
    const world = await CliWorld.start();
    const { code, notes } = await world.run(`adopt --zone ${OTHER}`);
    expect(code).toBe(64);
    expect(notes).toContain(`Its zones: ${ZONE}.`);
  });

  it('says why it can’t read the zones', async () => {
    const refused = await foreign();
    await refused.system.simulator.revokeToken(TOKEN);
    expect(await refused.run('adopt --yes')).toMatchObject({ code: 2, notes: expect.stringContaining('OKTA001') });
    const gone = await foreign();
    await gone.system.simulator.removeZone(ZONE);
    expect(await gone.run('adopt --yes')).toMatchObject({ code: 2, out: expect.stringContaining('ZONE001') });
    expect([permissions(refused), permissions(gone)]).toEqual([[], []]);
  });

  it('tells what else is wrong once the zone is taken over', async () => {
    const world = await foreign({ gatewayLimit: 1 });
    await world.run(`grant --ip ${BOB} --for 1h`);
    const { code, out } = await world.run('adopt --yes');
    expect(out).toContain('is taken over');
    expect(out).toContain('ZONE005');
    expect(code).toBe(1);
  });
});
