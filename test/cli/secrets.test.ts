import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sendEvent } from '../../cli/webhook-client.ts';
import { decodeWebhookKey } from '../../lib/webhook/webhook-signature.ts';
import { until } from '../e2e/world.ts';
import { ACL, ALICE, BOB, CliWorld, TOKEN, ZONE } from './cli-world.ts';

const NEW_TOKEN = 'another-okta-token';

describe.concurrent('set-credentials', () => {
  it('asks a person, without showing what is typed, and stores what Okta accepts', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    const { code, out, notes } = await world.run('set-credentials', { canAsk: true, answers: [`  ${NEW_TOKEN} `] });
    expect(code).toBe(0);
    expect(world.system.oktaTokenSecret.text).toBe(NEW_TOKEN);
    expect(out + notes).not.toContain(NEW_TOKEN);
  });

  it('says where it sends them, which is not the org where a test server stands in its place', async () => {
    const world = await CliWorld.start();
    const { notes } = await world.run('set-credentials', { input: TOKEN });
    const { baseUrl } = (await world.target()).config.okta;
    expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(notes).toContain(`reading zone ${ZONE} from ${baseUrl} (okta.baseUrl, in place of local.okta.com) …`);
  });

  it('reads a pipe, and takes the word SSWS off', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    expect((await world.run('set-credentials', { input: `SSWS ${NEW_TOKEN}\n` })).code).toBe(0);
    expect(world.system.oktaTokenSecret.text).toBe(NEW_TOKEN);
  });

  it.each([
    ['Okta does not know', () => {}, 'OKTA001'],
    ['has no fitting role', (world: CliWorld) => world.system.simulator.setToken(NEW_TOKEN, 'NONE'), 'OKTA002'],
    [
      'Okta cannot be asked about',
      (world: CliWorld) => world.system.simulator.addFault({ count: 1, fault: { status: 503 } }),
      'ZONE003',
    ],
  ])('does not store a token that %s', async (_, prepare, code) => {
    const world = await CliWorld.start();
    await prepare(world);
    const ran = await world.run('set-credentials', { input: NEW_TOKEN });
    expect(ran.code).toBe(2);
    expect(ran.notes).toContain(code);
    expect(world.system.oktaTokenSecret.text).toBe(TOKEN);
  });

  it('stores a token that could not be tried, when told to', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.addFault({ count: 1, fault: { status: 503 } });
    expect((await world.run('set-credentials --unchecked', { input: NEW_TOKEN })).code).toBe(1);
    expect(world.system.oktaTokenSecret.text).toBe(NEW_TOKEN);
  });

  it('does not store a token that is refused, whatever it was told', async () => {
    const world = await CliWorld.start();
    expect((await world.run('set-credentials --unchecked', { input: NEW_TOKEN })).code).toBe(2);
    expect(world.system.oktaTokenSecret.text).toBe(TOKEN);
  });

  it('stores a good token although a zone is wrong, and says what is wrong', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    await world.system.simulator.removeZone(ZONE);
    const { code, out } = await world.run('set-credentials', { input: NEW_TOKEN });
    expect(code).toBe(1);
    expect(out).toContain('ZONE001');
    expect(world.system.oktaTokenSecret.text).toBe(NEW_TOKEN);
  });

  it('lets the zones that waited for a token be updated at once', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    await world.system.simulator.revokeToken(TOKEN);
    expect((await world.run(`grant --ip ${BOB} --wait`)).code).toBe(2);
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    // A function asks for a secret that it has just read only after some seconds; a new one has read none.
    await world.system.redeploy({});
    const { out } = await world.run('set-credentials', { input: NEW_TOKEN });
    expect(out).toContain(`asked for a rebuild of ${ACL}`);
    const both = [`${BOB}/32`, `${ALICE}/32`].sort().join();
    await until(
      'both are in',
      () => world.gateways(),
      (shown) => shown.join() === both,
    );
  });

  it.each(['', '  \n', 'two words'])('refuses %j as a mistake', async (input) => {
    const world = await CliWorld.start();
    expect((await world.run('set-credentials', { input })).code).toBe(64);
    expect(world.system.oktaTokenSecret.text).toBe(TOKEN);
  });
});

describe.concurrent('set-credentials, for a service app', () => {
  const CLIENT = '0oa1abcdefGHIJKLM0h7';
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const keyFile = async (text: string) => {
    const path = join(await mkdtemp(join(tmpdir(), 'knocknoc-key-')), 'key.pem');
    await writeFile(path, text);
    return path;
  };

  it('stores what Okta accepts, and the zone is updated with it', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk }] });
    const key = await keyFile(pem);
    const { code, out, notes } = await world.run(`set-credentials --client-id ${CLIENT} --kid k1 --key ${key}`);
    expect([code, out]).toEqual([0, expect.stringContaining('the service app is stored')]);
    expect(out + notes).not.toContain(pem.split('\n')[1]);
    expect(JSON.parse(world.system.oktaTokenSecret.text ?? '')).toMatchObject({ clientId: CLIENT, kid: 'k1' });
    await world.system.simulator.revokeToken(TOKEN);
    await world.system.redeploy({});
    expect((await world.run(`grant --ip ${BOB} --wait`)).code).toBe(0);
    expect(await world.gateways()).toEqual([`${BOB}/32`]);
  });

  it('reads the whole of it as JSON from a pipe', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk }] });
    const input = JSON.stringify({
      clientId: CLIENT,
      kid: 'k1',
      privateKey: pair.privateKey.export({ format: 'jwk' }),
    });
    expect((await world.run('set-credentials', { input })).code).toBe(0);
  });

  it.each([
    ['has not been granted the scope', { scopes: ['okta.networkZones.read'] }, 'OKTA002'],
    [
      'has another key under this name',
      {
        keys: [
          { kid: 'k1', jwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) },
        ],
      },
      'OKTA001',
    ],
  ])('does not store an app that %s', async (_, change, code) => {
    const world = await CliWorld.start();
    await world.system.simulator.setApp(CLIENT, { keys: [{ kid: 'k1', jwk }], ...change });
    const ran = await world.run(`set-credentials --client-id ${CLIENT} --kid k1 --key ${await keyFile(pem)}`);
    expect(ran.code).toBe(2);
    expect(ran.notes).toContain(code);
    expect(world.system.oktaTokenSecret.text).toBe(TOKEN);
  });

  it.each([
    ['half of what is needed', '--client-id 0oa1abcdefGHIJKLM0h7', 'together'],
    ['a file that is not there', '--client-id 0oa1abcdefGHIJKLM0h7 --kid k1 --key nowhere.pem', 'ENOENT'],
    ['a client id that is none', '--client-id a/b --kid k1 --key KEY', 'clientId'],
    ['a file that holds no key', '--client-id 0oa1abcdefGHIJKLM0h7 --kid k1 --key NONE', 'neither a PEM nor a JWK'],
  ])('refuses %s as a mistake', async (_, args, text) => {
    const world = await CliWorld.start();
    const filled = args.replace('KEY', await keyFile(pem)).replace('NONE', await keyFile('MARKED-no-key'));
    const { code, notes } = await world.run(`set-credentials ${filled}`);
    expect([code, notes]).toEqual([64, expect.stringContaining(text)]);
    expect(notes).not.toContain('MARKED');
    expect(world.system.oktaTokenSecret.text).toBe(TOKEN);
  });
});

describe.concurrent('rotate-webhook-secret', () => {
  const stored = (world: CliWorld) => JSON.parse(world.system.webhookSecretStore.text ?? '{}');
  const accepts = async (world: CliWorld, key: string) => {
    const { webhookUrl } = world.system;
    const event = { type: 'access.flushed', timestamp: new Date().toISOString(), data: { acl: ACL } };
    const options = { id: `${Math.random()}`.slice(2), now: Date.now() };
    return (await sendEvent({ webhookUrl, webhookSecret: key }, event, options)).status === 202;
  };

  it('makes a new key, prints it alone, and keeps the one before it good', async () => {
    const world = await CliWorld.start();
    const old = world.system.webhookSecret;
    const { code, out } = await world.run('rotate-webhook-secret');
    expect(code).toBe(0);
    expect(stored(world)).toEqual({ current: out, previous: old });
    expect(decodeWebhookKey(out)).toHaveLength(48);
    expect([await accepts(world, out), await accepts(world, old)]).toEqual([true, true]);
  });

  it('ends the previous key when told to, and makes no new one', async () => {
    const world = await CliWorld.start();
    const { out: key } = await world.run('rotate-webhook-secret');
    const { code, out } = await world.run('rotate-webhook-secret --drop-previous --yes');
    expect(code).toBe(0);
    expect(out).toBe('');
    expect(stored(world)).toEqual({ current: key });
  });

  it('asks before it ends a key', async () => {
    const world = await CliWorld.start();
    await world.run('rotate-webhook-secret');
    const before = stored(world);
    for (const args of ['rotate-webhook-secret', 'rotate-webhook-secret --drop-previous']) {
      expect((await world.run(args, { canAsk: true, answers: ['n'] })).code).toBe(2);
      expect((await world.run(args)).code).toBe(64);
      expect(stored(world)).toEqual(before);
    }
    await world.run('rotate-webhook-secret', { canAsk: true, answers: ['y'] });
    expect(stored(world).previous).toBe(before.current);
  });

  it('has nothing to end where there is no previous key', async () => {
    const world = await CliWorld.start();
    const before = stored(world);
    expect((await world.run('rotate-webhook-secret --drop-previous')).code).toBe(0);
    expect(stored(world)).toEqual(before);
  });

  it('mends a secret that holds no usable key', async () => {
    const world = await CliWorld.start();
    world.system.webhookSecretStore.text = 'not json';
    const { out } = await world.run('rotate-webhook-secret');
    expect(stored(world)).toEqual({ current: out });
    expect(await accepts(world, out)).toBe(true);
  });
});
