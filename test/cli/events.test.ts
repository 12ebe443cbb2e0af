import { describe, expect, it } from 'vitest';
import { ACL, ALICE, BOB, CliWorld, SENTINEL, TOKEN, ZONE } from './cli-world.ts';

describe.concurrent('grant', () => {
  it('lets an IP in through the front door, and says so once Okta has confirmed it', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run(`grant --acl ${ACL} --ip ${ALICE} --for 15m --user alice@example.com --wait`);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect(code).toBe(0);
    expect(out).toContain('applied');
    const accepted = (await world.system.logs()).find(({ message }) => message === 'event accepted');
    expect(accepted).toMatchObject({ acl: ACL, ip: ALICE, user: 'alice@example.com' });
  });

  it('needs no ACL where there is only one, and asks which where there are several', async () => {
    const one = await CliWorld.start();
    expect((await one.run(`grant --ip ${ALICE}`)).code).toBe(0);
    const two = await CliWorld.start({ acls: { a: { zoneIds: ['nzoA'] }, b: { zoneIds: ['nzoB'] } } });
    const { code, notes } = await two.run(`grant --ip ${ALICE}`);
    expect(code).toBe(64);
    expect(notes).toContain('a, b');
  });

  it('says that it ends sooner than was asked for, where no grant may be so long', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE], maxGrantMinutes: 600 } } });
    const { code, notes } = await world.run(`grant --ip ${ALICE} --for 11h`);
    expect({ code, notes }).toEqual({ code: 0, notes: expect.stringContaining('It ends after 600 minutes') });
    expect((await world.run(`grant --ip ${ALICE} --for 10h`)).notes).not.toContain('600');
  });

  it('shows why an event is refused', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run('grant --ip 10.0.0.1');
    expect(code).toBe(2);
    expect(out).toContain('422 HOOK005');
    expect(out).toContain('docs/errors.md#hook005');
  });

  it('sends nothing where what is typed is no address', async () => {
    const world = await CliWorld.start();
    expect(await world.run('grant --ip bogus')).toMatchObject({ code: 64, out: '' });
    expect((await world.json('status')).events).toMatchObject({ accepted: 0, refused: [] });
  });

  it('shows why the zone could not be updated', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.revokeToken(TOKEN);
    const { code, out } = await world.run(`grant --ip ${ALICE} --wait`);
    expect(code).toBe(2);
    expect(out).toContain('502 OKTA001');
  });

  it('is a warning when the zone does not show it in time', async () => {
    const world = await CliWorld.start();
    world.system.functions.stream.losesEverything = true;
    const { code, status, body } = await world.json(`grant --ip ${ALICE} --wait 1`);
    expect([code, status, body]).toEqual([1, 202, expect.objectContaining({ status: 'pending' })]);
  });

  it.each([
    'grant',
    `grant --ip ${ALICE} --for 8`,
    `grant --ip ${ALICE} --for 8d`,
    `grant --ip ${ALICE} --wait 21`,
    `grant --ip ${ALICE} --wait 0`,
    `grant --ip ${ALICE} --acl nope`,
    `grant --ip ${ALICE} --unknown`,
    `grant --ip ${ALICE} extra`,
    'grants',
    '',
  ])('refuses "%s" as a mistake, and sends nothing', async (args) => {
    const world = await CliWorld.start();
    const { code, notes, out } = await world.run(args);
    expect(code).toBe(64);
    expect(notes).not.toBe('');
    expect(out).toBe('');
    expect(await world.system.logs()).toEqual([]);
  });

  it('says that a key that was changed just now takes some seconds', async () => {
    const world = await CliWorld.start();
    await world.run(`grant --ip ${ALICE}`);
    await world.run('rotate-webhook-secret');
    const { code, out } = await world.run(`grant --ip ${BOB}`);
    expect(code).toBe(2);
    expect(out).toMatch(/401 HOOK001.*\n.*within ten seconds: try again/);
  });

  it('says what to do when the webhook secret holds no key', async () => {
    const world = await CliWorld.start();
    world.system.webhookSecretStore.text = '{}';
    const { code, notes } = await world.run(`grant --ip ${ALICE}`);
    expect(code).toBe(2);
    expect(notes).toContain('rotate-webhook-secret');
  });
});

describe.concurrent('revoke', () => {
  it('ends one grant, or all on an IP', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE, '--grant-id one');
    await world.grant(ALICE, '--grant-id two');
    await world.grant(ALICE, '--grant-id three');
    expect((await world.run(`revoke --ip ${ALICE} --grant-id one --wait`)).code).toBe(0);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect((await world.run(`revoke --ip ${ALICE} --wait`)).code).toBe(0);
    expect(await world.gateways()).toEqual([SENTINEL]);
  });
});

describe.concurrent('flush', () => {
  it('asks first, naming the ACL and how many it puts out, and does nothing without a yes', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    await world.grant(BOB);
    const refused = await world.run('flush', { canAsk: true, answers: [''] });
    expect(refused.notes).toContain(`${ACL} (2 now)`);
    expect(refused.code).toBe(2);
    expect(await world.gateways()).toHaveLength(2);
    expect((await world.run('flush --wait', { canAsk: true, answers: ['yes'] })).code).toBe(0);
    expect(await world.gateways()).toEqual([SENTINEL]);
  });

  it('refuses where nobody can be asked, unless it is told yes', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { code, notes } = await world.run('flush');
    expect(code).toBe(64);
    expect(notes).toContain('--yes');
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect((await world.run('flush --yes --wait')).code).toBe(0);
    expect(await world.gateways()).toEqual([SENTINEL]);
  });
});
