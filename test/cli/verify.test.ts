import { describe, expect, it } from 'vitest';
import { ACL, ALICE, BOB, CliWorld, SENTINEL, TOKEN, ZONE } from './cli-world.ts';

/** Somebody is in, and somebody else has put a wrong list into the zone. */
async function drifted(): Promise<CliWorld> {
  const world = await CliWorld.start();
  await world.grant(ALICE);
  await world.system.simulator.editZone(ZONE, { gateways: [`${BOB}/32`] });
  return world;
}

describe.concurrent('verify', () => {
  it('puts a wrong list right and waits until it is', async () => {
    const world = await drifted();
    const { code, out, notes } = await world.run('verify');
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect(code).toBe(0);
    expect(notes).toContain('waiting');
    expect(out).toContain(`${ACL}: the zone is right`);
  });

  it('has every zone read, although none is due', async () => {
    const other = 'nzo1abcdefGHIJKLM0h8';
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, other] } } });
    await world.system.simulator.seedZone(other, { gateways: [SENTINEL] });
    await world.grant(ALICE);
    expect((await world.run('verify')).code).toBe(0);
    await world.system.simulator.clearRequests();
    expect((await world.run('verify')).code).toBe(0);
    const read = (await world.system.simulator.requests()).map(({ method, zoneId }) => `${method} ${zoneId}`);
    expect(read.sort()).toEqual([`GET ${ZONE}`, `GET ${other}`]);
  });

  it('says what stands in the way', async () => {
    const world = await drifted();
    await world.system.simulator.revokeToken(TOKEN);
    const { code, out } = await world.run('verify');
    expect(code).toBe(2);
    expect(out).toContain('OKTA001 Okta authentication failed');
    expect(out).toContain('docs/errors.md#okta001');
  });

  it('says that IPs wait outside while the rest is right', async () => {
    const world = await CliWorld.start({ gatewayLimit: 1 });
    await world.grant(ALICE);
    await world.run(`grant --ip ${BOB} --wait`);
    const { code, acls } = await world.json('verify');
    expect(code).toBe(1);
    expect(acls).toMatchObject([{ acl: ACL, outcome: 'full', code: 'ZONE005' }]);
  });

  it('gives up waiting after its time, and says that it does not know', async () => {
    const world = await drifted();
    world.system.functions.stream.losesEverything = true;
    const { code, acls } = await world.json('verify --timeout 1');
    expect(code).toBe(2);
    expect(acls).toMatchObject([{ outcome: 'unknown', detail: expect.stringContaining('within 1 s') }]);
  });

  it('reads, and does not write, the zones of an ACL without events', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run('verify');
    expect(code).toBe(0);
    expect(out).toContain('no event yet');
    expect(await world.gateways()).toEqual([SENTINEL]);
  });
});

describe.concurrent('verify --dry-run', () => {
  it('prints what would change, and changes nothing', async () => {
    const world = await drifted();
    const items = world.system.functions.table.items();
    const { code, out } = await world.run('verify --dry-run');
    expect(out).toContain(`    + ${ALICE}/32\n    - ${BOB}/32`);
    expect(code).toBe(1);
    expect(await world.gateways()).toEqual([`${BOB}/32`]);
    expect(world.system.functions.table.items()).toEqual(items);
  });

  it('says the same as JSON', async () => {
    const world = await drifted();
    const { dryRun, acls } = await world.json('verify --dry-run');
    expect(dryRun).toBe(true);
    expect(acls).toEqual([
      {
        acl: ACL,
        outcome: 'differs',
        zones: [{ zoneId: ZONE, gateways: 1, added: [`${ALICE}/32`], removed: [`${BOB}/32`] }],
      },
    ]);
  });

  it('says exactly what the update then does, over several zones', async () => {
    const acls = { many: { zoneIds: ['nzoONE', 'nzoTWO'], alwaysAllow: ['198.51.100.64/26'] } };
    const world = await CliWorld.start({ acls, gatewayLimit: 2 });
    for (const zoneId of acls.many.zoneIds) await world.system.simulator.seedZone(zoneId, { gateways: [SENTINEL] });
    for (const ip of [ALICE, BOB, '203.0.113.99']) await world.run(`grant --ip ${ip} --for 1h --wait`);
    await world.system.simulator.editZone('nzoONE', { gateways: [SENTINEL] });
    await world.system.simulator.editZone('nzoTWO', { addGateways: ['203.0.113.200/32'] });
    const { acls: rehearsed } = await world.json('verify --dry-run');
    const [{ zones }] = rehearsed as [{ zones: { zoneId: string; added: string[]; removed: string[] }[] }];
    const expected = await Promise.all(
      zones.map(async ({ zoneId, added, removed }) => {
        const before = await world.gateways(zoneId);
        return [...before.filter((entry) => !removed.includes(entry)), ...added].sort();
      }),
    );
    expect((await world.run('verify')).code).toBe(0);
    expect([await world.gateways('nzoONE'), await world.gateways('nzoTWO')]).toEqual(expected);
    expect(zones.every(({ added, removed }) => added.length + removed.length > 0)).toBe(true);
  });

  it('says that nothing would be written where all is right', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { code, out } = await world.run('verify --dry-run');
    expect(code).toBe(0);
    expect(out).toContain('nothing would be written');
  });

  it('says what it would write to one zone beside what is wrong with another', async () => {
    const other = 'nzo1abcdefGHIJKLM0h8';
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, other] } } });
    await world.system.simulator.seedZone(other, { gateways: [SENTINEL] });
    await world.grant(ALICE);
    await world.system.simulator.editZone(ZONE, { usage: 'BLOCKLIST' });
    const { code, out } = await world.run('verify --dry-run');
    expect(code).toBe(2);
    expect(out).toContain('ZONE004');
    expect(out).toContain(`zone ${other}  1 gateway now\n    + ${ALICE}/32`);
  });

  it('spares the quota, and says that it could not read all', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, 'nzo1abcdefGHIJKLM0h8'] } } });
    await world.system.simulator.seedZone('nzo1abcdefGHIJKLM0h8', { gateways: [SENTINEL] });
    await world.grant(ALICE);
    await world.system.simulator.setRateLimit({ limit: 10, remaining: 5, resetInSeconds: 50 });
    await world.system.simulator.clearRequests();
    const { code, out } = await world.run('verify --dry-run');
    expect(code).toBe(2);
    expect(out).toMatch(/1 of 2 zones were read, to spare Okta's quota; the rest can be read in \d+ s/);
    expect(await world.system.simulator.requests()).toHaveLength(1);
  });

  it('says why it cannot know', async () => {
    const world = await drifted();
    await world.system.simulator.removeZone(ZONE);
    const { code, out } = await world.run('verify --dry-run');
    expect(code).toBe(2);
    expect(out).toContain('ZONE001');
  });

  it('says what to do where the table of a local run takes no writes', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { table } = world.system;
    if (!table) throw new Error('the run has no table');
    table.takesNoWrites = true;
    const { code, notes } = await world.run('verify');
    expect([code, notes]).toEqual([2, expect.stringContaining('docs/errors.md#store001')]);
  });
});
