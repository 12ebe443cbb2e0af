import { describe, expect, it } from 'vitest';
import { chosenBy } from '../../cli/grant-choice.ts';
import { ACL, ALICE, BOB, CliWorld } from './cli-world.ts';
import { typed } from './typed.ts';

const LAB = 'lab';
const TWO_ACLS = { acls: { [ACL]: { zoneIds: ['nzo1abcdefGHIJKLM0h7'] }, [LAB]: { zoneIds: ['nzoLab'] } } };
const THIRD = '203.0.113.8';

/** Alice has a grant with an id, and one without on an IP that Bob shares; in the lab she has another. */
async function peopled(): Promise<CliWorld> {
  const world = await CliWorld.start(TWO_ACLS);
  await world.system.simulator.seedZone('nzoLab', { gateways: ['192.0.2.0/32'] });
  await world.grant(ALICE, '--user alice@example.com --grant-id session-42');
  await world.grant(BOB, '--user alice@example.com');
  await world.grant(BOB, '--user bob@example.com --grant-id session-43');
  await world.run(`grant --acl ${LAB} --ip ${THIRD} --for 1h --user Alice@Example.com --grant-id x --wait`);
  return world;
}

async function grantsOf(world: CliWorld): Promise<string[]> {
  const { acls } = await world.json('status');
  const all = acls as readonly { readonly acl: string; readonly grants: readonly { ip: string; grantId?: string }[] }[];
  return all.flatMap(({ acl, grants }) => grants.map(({ ip, grantId = '-' }) => `${acl} ${ip} ${grantId}`)).sort();
}

describe('the grants that are meant', () => {
  const grants = [{ ip: ALICE, user: 'alice@example.com' }, { ip: BOB, user: 'Zoe\u0308@example.com' }, { ip: THIRD }];
  it.each([
    [{ user: 'ALICE@example.com' }, [ALICE]],
    [{ user: ' alice@example.com ' }, [ALICE]],
    [{ user: 'alice' }, []],
    [{ user: 'Zo\u00eb@example.com' }, [BOB]],
    [{ ip: `${THIRD}/32` }, [THIRD]],
    [{ ip: ALICE, user: 'bob@example.com' }, []],
  ])('%j', (choice, ips) => {
    expect(grants.filter(chosenBy(choice) ?? (() => true)).map(({ ip }) => ip)).toEqual(ips);
  });

  it('are all where nothing is asked for, and none where the IP is none', () => {
    expect(chosenBy({})).toBeUndefined();
    expect(() => chosenBy({ ip: '203.0.113.0/24' })).toThrow('--ip 203.0.113.0/24: ');
  });
});

describe.concurrent('people', () => {
  it('are counted in the first line of status', async () => {
    const world = await CliWorld.start({ gatewayLimit: 1 });
    expect((await world.run('status')).out).toMatch(/^0 in {2}the local run/);
    await world.grant(ALICE);
    await world.run(`grant --ip ${BOB} --for 1h --wait`);
    expect((await world.run('status')).out).toMatch(/^1 in, 1 waiting {2}the local run/);
    expect((await world.json('status')).counts).toEqual({ in: 1, waiting: 1, notYet: 0 });
  });

  it('are found by name and by IP, with the ACLs that they are in', async () => {
    const world = await peopled();
    const alice = await world.run('status --user alice@example.com');
    expect(alice.out).toMatch(/^3 in /);
    for (const text of [ALICE, THIRD, `${LAB}  `]) expect(alice.out).toContain(text);
    expect(alice.out).not.toContain('bob@example.com');
    const shared = await world.run(`status --ip ${BOB}`);
    expect(shared.out).toMatch(/^2 in /);
    expect(shared.out).not.toContain(`${LAB}  `);
    expect((await world.run('status --user nobody')).out).toMatch(/^0 in .*\nevents [^\n]*$/);
    expect(await world.run('status --ip nonsense')).toMatchObject({ code: 64, out: '' });
  });

  it('lose all that they have, in every ACL, once somebody has seen whom else it concerns', async () => {
    const world = await peopled();
    const before = await grantsOf(world);
    const no = await world.run('revoke --user alice@example.com', { canAsk: true, answers: ['n'] });
    expect(no.code).toBe(2);
    expect(no.notes).toContain(`  ${ACL}  ${ALICE}  session-42\n`);
    expect(no.notes).toMatch(new RegExp(`${BOB}\\n {2}! it ends those of others on this IP too: bob@example\\.com`));
    expect(no.notes).toContain('End these 3 of alice@example.com?');
    expect(await grantsOf(world)).toEqual(before);
    expect((await world.run('revoke --user alice@example.com')).code).toBe(64);

    const yes = await world.run('revoke --user alice@example.com --yes --wait');
    expect(yes.code).toBe(0);
    expect(yes.out.match(/✔ applied/g)).toHaveLength(3);
    expect(await grantsOf(world)).toEqual([]);
    expect(await world.run('revoke --user alice@example.com --yes')).toMatchObject({ code: 1, out: '' });
  });

  it('lose them in one ACL alone where it is named, and programs are told of each', async () => {
    const world = await peopled();
    const { code, user, revokes } = await world.json(`revoke --user alice@example.com --acl ${LAB} --yes --wait`);
    expect({ code, user }).toEqual({ code: 0, user: 'alice@example.com' });
    const body = expect.objectContaining({ status: 'applied', ended: 1 });
    expect(revokes).toEqual([{ acl: LAB, ip: THIRD, grantId: 'x', status: 200, body }]);
    expect(await grantsOf(world)).toHaveLength(3);
  });

  it('keep what was not ended yet when Ctrl-C came', async () => {
    const world = await peopled();
    const stop = new AbortController();
    const out = () => void stop.abort();
    const { code, notes } = await world.run(`revoke --user alice@example.com --yes`, { out }, { stop: stop.signal });
    expect(code).toBe(130);
    expect(notes).toContain(`✘ ${ACL}  ${BOB}: not sent\n✘ ${LAB}  ${THIRD}: not sent`);
    expect(await grantsOf(world)).toContain(`${LAB} ${THIRD} x`);
  });

  it('lose what they have elsewhere, too, where one ACL has no key that can be used', async () => {
    const world = await peopled();
    const target = await world.target();
    const secret = JSON.stringify({
      ...JSON.parse((await target.webhookSecret.read()) ?? ''),
      acls: { [ACL]: { current: '' } },
    });
    const version = async () => ({ id: '1', text: secret });
    const webhookSecret = { read: async () => secret, version, replace: async () => false };
    const broken = { ...target, webhookSecret };
    const { code, out, notes } = await typed('revoke --user alice@example.com --yes --wait --json', async () => broken);
    expect(code).toBe(2);
    expect(notes).toContain(`✘ ${ACL}  ${ALICE}: the webhook secret holds no usable key for ${ACL}`);
    const error = expect.objectContaining({ message: expect.stringContaining('no usable key') });
    expect(JSON.parse(out).revokes).toEqual([
      { acl: ACL, ip: ALICE, grantId: 'session-42', error },
      { acl: ACL, ip: BOB, error },
      expect.objectContaining({ acl: LAB, ip: THIRD, status: 200 }),
    ]);
    expect(await grantsOf(world)).not.toContain(`${LAB} ${THIRD} x`);
  });

  it.each(['revoke', `revoke --user a --ip ${ALICE}`, 'revoke --user a --grant-id b'])(
    'are not guessed: %s',
    async (args) => {
      const world = await CliWorld.start();
      expect(await world.run(args)).toMatchObject({ code: 64, out: '' });
    },
  );
});
