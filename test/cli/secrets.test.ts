import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { post, sendEvent } from '../../cli/webhook-client.ts';
import { decodeWebhookKey } from '../../lib/webhook/webhook-signature.ts';
import { until } from '../e2e/world.ts';
import { ACL, ALICE, BOB, CliWorld, TOKEN, ZONE } from './cli-world.ts';
import { typed } from './typed.ts';

const NEW_TOKEN = 'another-okta-token';

describe.concurrent('set-credentials', () => {
  it('asks a person, without showing what is typed, and stores what Okta accepts', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    const { code, out, notes } = await world.run('set-credentials', { canAsk: true, answers: [`  ${NEW_TOKEN} `] });
    expect(code).toBe(0);
    expect(world.system.oktaCredentialsSecret.text).toBe(NEW_TOKEN);
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
    expect(world.system.oktaCredentialsSecret.text).toBe(NEW_TOKEN);
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
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
  });

  it('stores a token that could not be tried, when told to', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.addFault({ count: 1, fault: { status: 503 } });
    expect((await world.run('set-credentials --unchecked', { input: NEW_TOKEN })).code).toBe(1);
    expect(world.system.oktaCredentialsSecret.text).toBe(NEW_TOKEN);
  });

  it('does not store a token that is refused, whatever it was told', async () => {
    const world = await CliWorld.start();
    expect((await world.run('set-credentials --unchecked', { input: NEW_TOKEN })).code).toBe(2);
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
  });

  it('stores a good token although a zone is wrong, and says what is wrong', async () => {
    const world = await CliWorld.start();
    await world.system.simulator.setToken(NEW_TOKEN, 'ORG_ADMIN');
    await world.system.simulator.removeZone(ZONE);
    const { code, out } = await world.run('set-credentials', { input: NEW_TOKEN });
    expect(code).toBe(1);
    expect(out).toContain('ZONE001');
    expect(world.system.oktaCredentialsSecret.text).toBe(NEW_TOKEN);
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
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
  });
});

describe.concurrent('set-credentials, for a service app', () => {
  const CLIENT = '0oa1abcdefGHIJKLM0h7';
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const keyFile = async (text: string) => {
    const path = join(await mkdtemp(join(inject('temporaryFolder'), 'key-')), 'key.pem');
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
    expect(JSON.parse(world.system.oktaCredentialsSecret.text ?? '')).toMatchObject({ clientId: CLIENT, kid: 'k1' });
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
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
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
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
  });
});

const stored = (world: CliWorld) => JSON.parse(world.system.webhookSecretStore.text ?? '{}');
const LAB = 'lab';
const acls = { [ACL]: { zoneIds: [ZONE] }, [LAB]: { zoneIds: ['nzoLab'], allowBearer: true } };

/** The status that a flush of an ACL gets, signed with a key or showing a token. */
async function statusOf(world: CliWorld, how: { readonly key: string } | { readonly token: string }, acl = ACL) {
  const { webhookUrl } = world.system;
  const event = { type: 'access.flushed', timestamp: new Date().toISOString(), data: { acl } };
  const options = { id: `${Math.random()}`.slice(2), now: Date.now() };
  if ('key' in how) return (await sendEvent({ webhookUrl, webhookSecret: how.key }, event, options)).status;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${how.token}` };
  return (await post(webhookUrl, headers, JSON.stringify(event))).status;
}
const accepts = async (world: CliWorld, key: string, acl = ACL) => (await statusOf(world, { key }, acl)) === 202;

describe.concurrent('rotate-webhook-secret', () => {
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
    const { out, notes } = await world.run('rotate-webhook-secret');
    expect(stored(world)).toEqual({ current: out });
    expect(await accepts(world, out)).toBe(true);
    expect(notes).toContain('all that it held is replaced');
  });

  it('keeps the good one of two keys, and what it does not know', async () => {
    const world = await CliWorld.start();
    const before = { current: 'broken', previous: world.system.webhookSecret, note: 'mine', acls: { odd: 5 } };
    world.system.webhookSecretStore.text = JSON.stringify(before);
    const { code, out } = await world.run('rotate-webhook-secret');
    expect(code).toBe(0);
    expect(stored(world)).toEqual({ ...before, current: out });
  });

  it.each([
    ['"acls":[]', 'no object'],
    ['"acls":null', 'no object'],
    ['"acls":{"lab":{},"lab":{"current":"x"}}', 'twice'],
    ['"acls":{},"acls":{}', 'twice'],
  ])('writes nothing over %s, which could be meant in two ways', async (part, said) => {
    const world = await CliWorld.start({ acls });
    const text = `{"current":"${world.system.webhookSecret}",${part}}`;
    world.system.webhookSecretStore.text = text;
    for (const args of ['', ' --acl lab', ' --drop-previous', ' --acl lab --remove', ' --show']) {
      const { code, out, notes } = await world.run(`rotate-webhook-secret${args} --yes`);
      expect({ code, out, notes }).toEqual({ code: 2, out: '', notes: expect.stringContaining(said) });
      expect(world.system.webhookSecretStore.text).toBe(text);
    }
  });

  it('shows the current key again, and changes nothing', async () => {
    const world = await CliWorld.start({ acls });
    const { out: key } = await world.run('rotate-webhook-secret');
    const before = world.system.webhookSecretStore.text;
    expect((await world.run('rotate-webhook-secret --show')).out).toBe(key);
    expect(await world.run('rotate-webhook-secret --acl lab --show')).toMatchObject({ code: 2, out: '' });
    expect(world.system.webhookSecretStore.text).toBe(before);
  });
});

describe.concurrent('a key of an ACL’s own', () => {
  it('is made beside the key of all, which its senders use until then', async () => {
    const world = await CliWorld.start({ acls });
    const all = world.system.webhookSecret;
    const { code, out: key, notes } = await world.run('rotate-webhook-secret --acl lab');
    expect(code).toBe(0);
    expect(stored(world)).toEqual({ current: all, acls: { lab: { current: key, previous: all } } });
    expect(notes).toContain('rotate-webhook-secret --acl lab --drop-previous');
    expect([await accepts(world, key, LAB), await accepts(world, all, LAB)]).toEqual([true, true]);
    expect(await accepts(world, key, ACL)).toBe(false);
    await world.run('rotate-webhook-secret --acl lab --drop-previous --yes');
    expect(stored(world)).toEqual({ current: all, acls: { lab: { current: key } } });
  });

  it('signs the events of the command line', async () => {
    const world = await CliWorld.start({ acls });
    await world.run('rotate-webhook-secret --acl lab');
    await world.run('rotate-webhook-secret --acl lab --drop-previous --yes');
    // A function knows the keys that it has read for minutes; a new one has read none.
    await world.system.redeploy({});
    expect(await accepts(world, world.system.webhookSecret, LAB)).toBe(false);
    expect((await world.run('flush --acl lab --yes')).code).toBe(0);
    expect((await world.run(`flush --acl ${ACL} --yes`)).code).toBe(0);
  });

  it('is exchanged without the keys of others', async () => {
    const world = await CliWorld.start({ acls });
    await world.run('rotate-webhook-secret --acl lab');
    const { out: token } = await world.run('bearer-token --acl lab');
    const before = stored(world);
    const { out: key } = await world.run('rotate-webhook-secret --acl lab --yes');
    const { current: previous } = before.acls.lab;
    expect(stored(world)).toEqual({
      ...before,
      acls: { lab: { current: key, previous, bearer: { current: token } } },
    });
  });

  it('is removed when told to, also of an ACL that is no longer configured', async () => {
    const world = await CliWorld.start({ acls });
    const { webhookSecretStore: secret, webhookSecret: current } = world.system;
    await world.run('rotate-webhook-secret --acl lab');
    expect((await world.run('rotate-webhook-secret --acl lab --remove')).code).toBe(64);
    expect((await world.run('rotate-webhook-secret --acl lab --remove --yes')).code).toBe(0);
    expect(stored(world)).toEqual({ current });
    secret.text = JSON.stringify({ current, acls: { gone: { current: 'x' }, lab: 5 } });
    expect((await world.run('rotate-webhook-secret --acl gone --remove --yes')).code).toBe(0);
    expect(stored(world)).toEqual({ current, acls: { lab: 5 } });
    expect((await world.run('rotate-webhook-secret --acl gone --remove --yes')).notes).toContain('there is no');
    expect((await world.run('rotate-webhook-secret --remove --yes')).code).toBe(64);
  });

  it('takes the place of an entry that nobody can use, and opens nothing on the way', async () => {
    const world = await CliWorld.start({ acls });
    world.system.webhookSecretStore.text = JSON.stringify({ current: world.system.webhookSecret, acls: { lab: 5 } });
    expect((await world.run('bearer-token --acl lab')).code).toBe(2);
    expect(stored(world).acls).toEqual({ lab: 5 });
    const { out: key } = await world.run('rotate-webhook-secret --acl lab');
    expect(stored(world).acls).toEqual({ lab: { current: key } });
  });

  it('is only made for an ACL that there is', async () => {
    const world = await CliWorld.start({ acls });
    for (const name of ['other', 'constructor', '__proto__']) {
      expect((await world.run(`rotate-webhook-secret --acl ${name}`)).code).toBe(64);
      expect((await world.run(`bearer-token --acl ${name}`)).code).toBe(64);
    }
    expect((await world.run('bearer-token')).code).toBe(64);
  });

  it.each(['--show --drop-previous', '--show --remove', '--drop-previous --remove'])(
    'cannot be asked for two things at once: %s',
    async (options) => {
      const world = await CliWorld.start({ acls });
      const before = world.system.webhookSecretStore.text;
      for (const command of ['rotate-webhook-secret', 'bearer-token']) {
        expect((await world.run(`${command} --acl lab ${options} --yes`)).code).toBe(64);
      }
      expect(world.system.webhookSecretStore.text).toBe(before);
    },
  );
});

describe.concurrent('bearer-token', () => {
  it('makes a token that is taken for its ACL alone, and signs nothing', async () => {
    const world = await CliWorld.start({ acls });
    const { code, out: token } = await world.run('bearer-token --acl lab');
    expect(code).toBe(0);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(stored(world)).toEqual({
      current: world.system.webhookSecret,
      acls: { lab: { bearer: { current: token } } },
    });
    expect([await statusOf(world, { token }, LAB), await statusOf(world, { token })]).toEqual([202, 401]);
    expect(await accepts(world, world.system.webhookSecret, LAB)).toBe(true);
  });

  it('is exchanged and removed like a key', async () => {
    const world = await CliWorld.start({ acls });
    const { out: old } = await world.run('bearer-token --acl lab');
    const { out: token, notes } = await world.run('bearer-token --acl lab');
    expect(stored(world).acls.lab.bearer).toEqual({ current: token, previous: old });
    expect(notes).toContain('bearer-token --acl lab --drop-previous');
    expect((await world.run('bearer-token --acl lab')).code).toBe(64);
    expect((await world.run('bearer-token --acl lab --show')).out).toBe(token);
    await world.run('bearer-token --acl lab --drop-previous --yes');
    expect(stored(world).acls.lab.bearer).toEqual({ current: token });
    await world.run('bearer-token --acl lab --remove --yes');
    expect(stored(world)).toEqual({ current: world.system.webhookSecret });
    expect((await world.run('bearer-token --acl lab --remove --yes')).code).toBe(0);
  });

  it('says that the ACL takes none, where it is so', async () => {
    const world = await CliWorld.start();
    const { code, out, notes } = await world.run('bearer-token');
    expect(code).toBe(1);
    expect(stored(world).acls[ACL].bearer.current).toBe(out);
    expect(notes).toContain('allowBearer');
  });
});

describe.concurrent('what was made', () => {
  it('is not stored where it could not be written out', async () => {
    const world = await CliWorld.start({ acls });
    const before = world.system.webhookSecretStore.text;
    for (const command of ['rotate-webhook-secret', 'rotate-webhook-secret --acl lab', 'bearer-token --acl lab']) {
      const { code, notes } = await world.run(command, { isRead: async () => false });
      expect({ code, notes }).toEqual({ code: 2, notes: expect.stringContaining('nothing was changed') });
      expect(world.system.webhookSecretStore.text).toBe(before);
    }
  });

  it('by two people at once is stored by one of them, and the other is told', async () => {
    const world = await CliWorld.start({ acls });
    let other = '';
    const isRead = async () => {
      other ||= (await world.run('rotate-webhook-secret --acl lab')).out;
      return true;
    };
    const { code, out, notes } = await world.run('rotate-webhook-secret', { isRead });
    expect({ code, notes }).toEqual({ code: 2, notes: expect.stringContaining('somebody else has changed') });
    expect(notes).toContain('what was printed is not valid');
    expect(stored(world).acls.lab.current).toBe(other);
    expect(stored(world).current).toBe(world.system.webhookSecret);
    expect(await accepts(world, out)).toBe(false);
  });

  it('may be valid or not where storing it fails: the command says how to find out', async () => {
    const world = await CliWorld.start();
    const target = await world.target();
    const replace = async () => {
      throw new Error('the line was cut');
    };
    const cut = { ...target, webhookSecret: { ...target.webhookSecret, replace } };
    const { code, notes } = await typed('rotate-webhook-secret', async () => cut);
    expect(code).toBe(2);
    expect(notes).toMatch(/the line was cut; it is not known whether it was stored[\s\S]*rotate-webhook-secret --show/);
  });
});
