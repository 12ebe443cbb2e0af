import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../cli/target.ts';
import { fetchHttp } from '../../lib/adapters/fetch-http.ts';
import type { HttpClient } from '../../lib/ports.ts';
import { ALICE, BOB, CliWorld, TOKEN } from './cli-world.ts';
import { typed } from './typed.ts';

const CLIENT = '0oa1abcdefGHIJKLM0h7';
const KMS = { okta: { clientKey: 'kms' } };

type PublicKey = JsonWebKey & { readonly kid: string };

/** What was printed is a key that can be pasted into Okta. */
function printed(out: string): PublicKey {
  const jwk = JSON.parse(out);
  expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  return jwk;
}

/** An administrator registers these keys, and no others. */
function register(world: CliWorld, ...keys: readonly PublicKey[]) {
  return world.system.simulator.setApp(CLIENT, { keys: keys.map((jwk) => ({ kid: jwk.kid, jwk })) });
}

/** Functions that have just been deployed have read no secret yet. */
async function letsIn(world: CliWorld, ip: string): Promise<void> {
  await world.system.redeploy({});
  expect(await world.run(`grant --ip ${ip} --for 1h --wait`)).toMatchObject({ code: 0 });
  expect(await world.gateways()).toContain(`${ip}/32`);
}

/** Made once: it takes a tenth of a second. */
function keyOf(kid: string): { readonly public: PublicKey; readonly waiting: { kid: string; privateKey: string } } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { public: { ...publicKey.export({ format: 'jwk' }), kid }, waiting: { kid, privateKey: pem } };
}
const FIRST = keyOf('first');
const SECOND = keyOf('second');

/** A service app is in use, with the first key. */
async function withApp(): Promise<{ world: CliWorld; first: PublicKey }> {
  const world = await CliWorld.start();
  await register(world, FIRST.public);
  world.system.oktaCredentialsSecret.text = JSON.stringify({ clientId: CLIENT, ...FIRST.waiting });
  return { world, first: FIRST.public };
}

/** The same with a key in KMS. */
async function withKms(): Promise<{ world: CliWorld; first: PublicKey }> {
  const world = await CliWorld.start(KMS);
  const first = printed((await world.run('oauth-key')).out);
  await register(world, first);
  expect(await world.run(`oauth-key --finish --client-id ${CLIENT}`)).toMatchObject({ code: 0 });
  return { world, first };
}

function letWait({ system }: CliWorld, { waiting }: typeof SECOND): void {
  system.oktaCredentialsSecret.next = JSON.stringify(waiting);
}

const stored = (world: CliWorld) => JSON.parse(world.system.oktaCredentialsSecret.text ?? '');

describe.concurrent('oauth-key', () => {
  it('leads from an API token to a service app, which is in use only once Okta takes it', async () => {
    const world = await CliWorld.start();
    const made = await world.run('oauth-key');
    expect(made.code).toBe(0);
    const jwk = printed(made.out);
    expect(made.notes).toMatch(/Create App Integration > API Services[\s\S]*oauth-key --finish --client-id/);
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
    await letsIn(world, ALICE);
    await register(world, jwk);
    const { code, out, notes } = await world.run(`oauth-key --finish --client-id ${CLIENT}`);
    expect(code).toBe(0);
    expect(notes).toMatch(/is in use[\s\S]*revoke the token/);
    expect(stored(world)).toMatchObject({ clientId: CLIENT, kid: jwk.kid });
    expect(world.system.oktaCredentialsSecret.next).toBeUndefined();
    await world.system.simulator.revokeToken(TOKEN);
    await letsIn(world, BOB);
    const [, secretLine = 'none'] = stored(world).privateKey.split('\n');
    for (const said of [made.out, made.notes, out, notes]) expect(said).not.toContain(secretLine);
  });

  it('says which zones the org has, where the one of the configuration is not there: then nobody needs a token', async () => {
    const world = await CliWorld.start({ acls: { 'okta-prod': { zoneIds: ['nzo1unknownGHIJKLM0h7'] } } });
    await register(world, printed((await world.run('oauth-key')).out));
    const { code, out } = await world.run(`oauth-key --finish --client-id ${CLIENT}`);
    expect(code).toBe(1);
    expect(out).toMatch(/ZONE001[\s\S]*IP zones of this org are:\n +nzo1abcdefGHIJKLM0h7 +Knocknoc users$/);
  });

  it('exchanges a key without a gap, while both are good at Okta', async () => {
    const { world, first } = await withApp();
    const next = await world.run('oauth-key --next');
    const second = printed(next.out);
    expect(next.notes).toMatch(new RegExp(`${CLIENT}[\\s\\S]*stays there, active[\\s\\S]*oauth-key --finish`));
    expect(stored(world).kid).toBe(first.kid);
    await register(world, first, second);
    await letsIn(world, ALICE);
    const finished = await world.run('oauth-key --finish');
    expect(finished.code).toBe(0);
    expect(finished.notes).toMatch(new RegExp(`The old key ${first.kid} stays good[\\s\\S]*an hour and five minutes`));
    expect(stored(world)).toMatchObject({ clientId: CLIENT, kid: second.kid });
    await register(world, second);
    await letsIn(world, BOB);
  });

  it('has another key made only if that is said, where one is in use', async () => {
    const { world } = await withApp();
    const { code, notes, out } = await world.run('oauth-key');
    expect([code, out]).toEqual([64, '']);
    expect(notes).toContain('--next');
    expect(world.system.oktaCredentialsSecret.next).toBeUndefined();
  });

  it('shows the key that waits again, and makes no other', async () => {
    const world = await CliWorld.start();
    const first = await world.run('oauth-key');
    const again = await world.run('oauth-key');
    expect(again.out).toBe(first.out);
    expect(again.notes).toContain('waits already');
  });

  it('loses no key whose public part could not be written out: it waits, and is shown again', async () => {
    const world = await CliWorld.start();
    const lost = await world.run('oauth-key', { isRead: async () => false });
    expect(lost.code).toBe(2);
    expect(lost.notes).toMatch(/could not be written out[\s\S]*Run the command again/);
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
    expect((await world.run('oauth-key')).out).toBe(lost.out);
  });

  it('gives two people who ask at once the same key', async () => {
    const world = await CliWorld.start();
    const [one, other] = await Promise.all([world.run('oauth-key'), world.run('oauth-key')]);
    expect(one.code + other.code).toBe(0);
    expect(printed(one.out).kid).toBe(printed(other.out).kid);
    expect(JSON.parse(world.system.oktaCredentialsSecret.next ?? '').kid).toBe(printed(one.out).kid);
  });

  it.each<[string, (world: CliWorld, next: PublicKey) => unknown, string]>([
    ['is not registered yet', () => {}, 'kid'],
    [
      'is registered, without the scopes',
      ({ system }, jwk) => system.simulator.setApp(CLIENT, { keys: [{ kid: jwk.kid, jwk }], scopes: [] }),
      'OKTA002',
    ],
    [
      'cannot be tried, since Okta is down',
      async (world, jwk) => {
        await register(world, jwk);
        await world.system.simulator.addFault({ count: 9, fault: { status: 503 } });
      },
      'ZONE003',
    ],
  ])('changes nothing where the key that waits %s, and lets it wait', async (_, prepare, said) => {
    const { world, first } = await withApp();
    letWait(world, SECOND);
    await prepare(world, SECOND.public);
    const { code, notes } = await world.run('oauth-key --finish');
    expect(code).toBe(2);
    expect(notes).toContain(said);
    expect(stored(world).kid).toBe(first.kid);
    expect(JSON.parse(world.system.oktaCredentialsSecret.next ?? '').kid).toBe('second');
  });

  it('does not overwrite credentials that somebody else has stored meanwhile', async () => {
    const world = await CliWorld.start();
    letWait(world, FIRST);
    await register(world, FIRST.public);
    const target = await world.target();
    const { version } = target.oktaCredentials;
    const late: Target = {
      ...target,
      oktaCredentials: {
        ...target.oktaCredentials,
        version: async (which) => {
          const seen = await version(which);
          world.system.oktaCredentialsSecret.text = 'a-token-of-somebody-else';
          return seen;
        },
      },
    };
    const { code, notes } = await typed(`oauth-key --finish --client-id ${CLIENT}`, async () => late);
    expect(code).toBe(2);
    expect(notes).toContain('somebody else');
    expect(world.system.oktaCredentialsSecret.text).toBe('a-token-of-somebody-else');
    expect(world.system.oktaCredentialsSecret.next).toContain('first');
  });

  it('ends what an earlier run was cut off in, when the key was in use already', async () => {
    const { world } = await withApp();
    letWait(world, FIRST);
    const { code, notes } = await world.run('oauth-key --finish');
    expect([code, notes]).toEqual([0, expect.stringContaining('in use already')]);
    expect(world.system.oktaCredentialsSecret.next).toBeUndefined();
    expect(stored(world)).toEqual({ clientId: CLIENT, ...FIRST.waiting });
  });

  it('drops a key that waits, if a person says so', async () => {
    const world = await CliWorld.start();
    letWait(world, FIRST);
    expect((await world.run('oauth-key --drop-next', { canAsk: true, answers: ['n'] })).code).toBe(2);
    expect(world.system.oktaCredentialsSecret.next).toBeDefined();
    expect((await world.run('oauth-key --drop-next --yes')).code).toBe(0);
    expect(world.system.oktaCredentialsSecret.next).toBeUndefined();
  });

  it.each([
    ['oauth-key --finish --client-id 0oa1abcdefGHIJKLM0h7', 2, 'no key waits'],
    ['oauth-key --client-id 0oa1abcdefGHIJKLM0h7', 64, '--finish'],
    ['oauth-key --finish --next', 64, 'cannot be used with'],
    ['oauth-key --finish --drop-next', 64, 'cannot be used with'],
    ['oauth-key --drop-next', 0, 'no key waits'],
  ])('says what cannot be: %s', async (line, code, said) => {
    const world = await CliWorld.start();
    expect(await world.run(line)).toMatchObject({ code, notes: expect.stringContaining(said) });
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
  });

  it.each([
    ['oauth-key --finish', '--client-id is missing'],
    ['oauth-key --finish --client-id not-an-id', 'clientId'],
  ])('wants to know whose key it is: %s', async (line, said) => {
    const world = await CliWorld.start();
    letWait(world, FIRST);
    expect(await world.run(line)).toMatchObject({ code: 64, notes: expect.stringContaining(said) });
  });

  it.each(['no JSON', '{"kid":"k","privateKey":"MARKED-secret"}'])(
    'shows nothing of a text that waits and is no key: %s',
    async (text) => {
      const world = await CliWorld.start();
      world.system.oktaCredentialsSecret.next = text;
      const { code, notes } = await world.run('oauth-key');
      expect([code, notes]).toEqual([2, expect.stringContaining('--drop-next')]);
      expect(notes).not.toContain('MARKED');
      expect((await world.run('oauth-key --drop-next --yes')).code).toBe(0);
    },
  );
});

describe.concurrent('oauth-key, with keys in KMS', () => {
  it('shows the key that the stack has, and has KMS sign with it from then on', async () => {
    const { world, first } = await withKms();
    expect(stored(world)).toEqual({ clientId: CLIENT, kid: first.kid });
    await world.system.simulator.revokeToken(TOKEN);
    await letsIn(world, ALICE);
    expect((await world.run('verify --dry-run')).code).toBe(0);
  });

  it('exchanges it for a second one of the stack, and never goes back by itself', async () => {
    const { world, first } = await withKms();
    const none = await world.run('oauth-key --next');
    expect([none.code, none.notes]).toEqual([2, expect.stringContaining('okta.clientKeyNames')]);
    await world.system.redeploy({ okta: { clientKeyNames: ['1', '2'] } });
    const second = printed((await world.run('oauth-key --next')).out);
    expect(second.kid).not.toBe(first.kid);
    await register(world, first, second);
    expect((await world.run('oauth-key --finish')).code).toBe(0);
    expect(stored(world)).toEqual({ clientId: CLIENT, kid: second.kid });
    expect(await world.run('oauth-key --finish')).toMatchObject({ code: 2, notes: expect.stringContaining('no key') });
    await register(world, second);
    await world.system.redeploy({ okta: { clientKeyNames: ['2'] } });
    await letsIn(world, BOB);
  });

  it('takes the place of a key in the secret', async () => {
    const { world, first } = await withApp();
    await world.system.redeploy(KMS);
    await letsIn(world, ALICE);
    const second = printed((await world.run('oauth-key --next')).out);
    await register(world, first, second);
    expect((await world.run('oauth-key --finish')).code).toBe(0);
    expect(stored(world)).toEqual({ clientId: CLIENT, kid: second.kid });
    await letsIn(world, BOB);
  });

  it('says where a key goes that is not wanted', async () => {
    const world = await CliWorld.start(KMS);
    const { code, notes } = await world.run('oauth-key --drop-next --yes');
    expect([code, notes]).toEqual([64, expect.stringContaining('clientKeyNames')]);
  });

  it('is named to set-credentials by its id alone', async () => {
    const { world, first } = await withKms();
    await world.run('set-credentials', { input: TOKEN });
    expect((await world.run(`set-credentials --client-id ${CLIENT} --kid ${first.kid}`)).code).toBe(0);
    expect(stored(world)).toEqual({ clientId: CLIENT, kid: first.kid });
    const wrong = await world.run(`set-credentials --client-id ${CLIENT} --kid another`);
    expect([wrong.code, wrong.notes]).toEqual([2, expect.stringContaining('ZONE006')]);
    expect(stored(world).kid).toBe(first.kid);
  });
});

describe.concurrent('doctor, of a service app', () => {
  const findings = async (world: CliWorld) => {
    const { findings: all } = await world.json('doctor');
    return all as { link: string; level: string; detail: string }[];
  };
  const detailOf = async (world: CliWorld, link: string) =>
    (await findings(world)).filter((one) => one.link === link).map(({ level, detail }) => `${level} ${detail}`);

  it('says whose key it is and where, what it opens, and which role suffices', async () => {
    const { world, first } = await withApp();
    expect(await detailOf(world, 'Okta credentials')).toEqual([
      expect.stringMatching(new RegExp(`^ok the service app ${CLIENT} .*${first.kid} in the secret, stored`)),
    ]);
    const [role = ''] = await detailOf(world, 'role');
    expect(role).toContain('Organization Administrator suffices');
    expect(role).toContain('okta.networkZones.manage, okta.networkZones.read; not okta.policies.read');
  });

  it('says how old a key in KMS is', async () => {
    const { world, first } = await withKms();
    expect(await detailOf(world, 'Okta credentials')).toEqual([
      expect.stringMatching(new RegExp(`${first.kid} in KMS, made \\d+ s ago`)),
    ]);
  });

  it('names a key in KMS that is not in use', async () => {
    const { world, first } = await withKms();
    await world.system.redeploy({ okta: { clientKeyNames: ['1', '2'] } });
    const second = printed((await world.run('oauth-key --next')).out);
    expect(await detailOf(world, 'Okta credentials')).toEqual([
      expect.stringContaining(`the key ${first.kid} in KMS`),
      expect.stringMatching(new RegExp(`^ok the key ${second.kid} in KMS, made .* is not in use`)),
    ]);
  });

  it('names a key that waits', async () => {
    const { world } = await withApp();
    letWait(world, SECOND);
    expect(await detailOf(world, 'Okta credentials')).toEqual([
      expect.anything(),
      expect.stringContaining('a next key waits'),
    ]);
  });

  it('warns of tokens that count without a proof', async () => {
    const { world, first } = await withApp();
    await world.system.simulator.setApp(CLIENT, { keys: [{ kid: first.kid, jwk: first }], dpop: false });
    // Okta binds a token to the key of any proof that comes along.
    const http: HttpClient = (request) => {
      const { dpop, ...headers } = request.headers;
      return fetchHttp(request.url.endsWith('/oauth2/v1/token') ? { ...request, headers } : request);
    };
    const { code, out } = await world.run('doctor', {}, { http });
    expect([code, out]).toEqual([1, expect.stringMatching(/! token accepted +Okta gives it bearer tokens/)]);
  });
});
