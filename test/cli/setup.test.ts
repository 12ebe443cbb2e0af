import { describe, expect, it } from 'vitest';
import type { TargetOptions } from '../../cli/find-target.ts';
import { ACL, ALICE, CliWorld, SENTINEL, TOKEN, ZONE } from './cli-world.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { type Ran, typed } from './typed.ts';

const EVERYTHING = ['stack', 'stack', 'credentials', 'zones', 'policies', 'test', 'person', 'sender'];
const OTHER = 'nzo1otherZONEofOrg0h';
const CLIENT = '0oa1abcdefGHIJKLM0h7';

interface Setup {
  readonly exitCode: number;
  readonly findings: readonly {
    readonly link: string;
    readonly level: string;
    readonly detail: string;
    readonly mend?: string;
  }[];
  readonly zones?: readonly { readonly id: string; readonly name: string; readonly acl?: string }[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** A system as a first deploy leaves it: without credentials, and before any event. */
async function deployed(config: Readonly<Record<string, unknown>> = {}): Promise<CliWorld> {
  const world = await CliWorld.start(config);
  world.system.oktaCredentialsSecret.text = undefined;
  return world;
}

function read({ out }: Pick<Ran, 'out'>): Setup {
  return JSON.parse(out);
}

type Answer = string | ((jwk: PublicKey, world: CliWorld) => string | Promise<string>);
type PublicKey = Readonly<Record<string, string>> & { readonly kid: string };

/** Whoever answers at a terminal; with the key at hand that they were shown last. */
function administrator(world: CliWorld, answers: Answer[]): Partial<FakeTerminal> {
  let shown: PublicKey = { kid: 'none' };
  const person = new FakeTerminal();
  person.canAsk = true;
  return Object.assign(person, {
    note: (text: string) => {
      person.noted.push(text);
      if (text.startsWith('{')) shown = JSON.parse(text);
    },
    ask: async (question: string) => {
      person.noted.push(question);
      const answer = answers.shift();
      if (answer === undefined) throw new Error(`nobody expected the question: ${question}`);
      return typeof answer === 'string' ? answer : answer(shown, world);
    },
  });
}

/** Makes the app at Okta, or adds the key to it. @returns what is typed then */
async function register(jwk: PublicKey, { system }: CliWorld): Promise<string> {
  await system.simulator.setApp(CLIENT, { keys: [{ kid: jwk.kid, jwk }] });
  return CLIENT;
}

function levels({ findings }: Setup): string[] {
  return findings.map(({ link, level }) => `${link} ${level}`);
}

describe.concurrent('setup', () => {
  it('leads from a deploy to a person in the zone, by the credentials alone, and does nothing twice', async () => {
    const world = await deployed();
    const accepted = async () => (await world.system.logs()).filter(({ action }) => action === 'event-accepted').length;
    const { code, out, notes } = await world.run(`setup --json --ip ${ALICE} --user alice@example.com`, {
      input: TOKEN,
    });
    expect(levels(read({ out }))).toEqual(EVERYTHING.map((link) => `${link} ok`));
    expect(code).toBe(0);
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.system.oktaCredentialsSecret.text).toBe(TOKEN);
    expect(out + notes).not.toContain(TOKEN);
    expect(out + notes).not.toContain(world.system.webhookSecret);
    const events = await accepted();
    const again = read(await world.run('setup --json'));
    expect(levels(again)).toEqual(EVERYTHING.map((link) => `${link} ok`));
    const details = again.findings.map(({ detail }) => detail).join('\n');
    expect(details).toContain('is one that Okta takes');
    expect(details).toContain('events have come through');
    expect(details).toContain('1 in');
    expect(await accepted()).toBe(events);
  });

  it('asks a person for what is missing, and shows what the sender needs at the end', async () => {
    const world = await deployed();
    const { out, notes } = await world.run('setup', { canAsk: true, answers: ['token', 'not-a-token', TOKEN, ALICE] });
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    expect(notes).toContain('OKTA001');
    expect(notes).toContain('[the local run (embedded stand-ins); org http://127.0.0.1');
    expect(out).toContain(`export KNOCKNOC_OKTA_URL='${world.system.webhookUrl}'`);
    expect(out).toContain(`export WEBHOOK_SECRET='${world.system.webhookSecret}'`);
    expect(notes).toContain('show it to nobody');
  });

  it('makes a service app’s key itself, waits for the person who makes the app at Okta, and tells what is wrong there', async () => {
    const world = await deployed();
    const person = administrator(world, ['app', () => CLIENT, register, ALICE]);
    const { code, out, notes } = await world.run('setup', person);
    expect(code).toBe(0);
    expect(notes).toMatch(/"kid"[\s\S]*Create App Integration > API Services[\s\S]*Client ID of the app, once/);
    expect(notes).toMatch(
      /OKTA001[\s\S]*the key waits\. Look in the app[\s\S]*Client ID of the app, once[\s\S]*is in use/,
    );
    expect(notes).not.toContain('oauth-key --finish');
    expect(out).toContain('✔ credentials       the service app is stored, and Okta takes it');
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
    const { clientId, privateKey } = JSON.parse(world.system.oktaCredentialsSecret.text ?? '');
    expect(clientId).toBe(CLIENT);
    const [, secretLine = 'none'] = privateKey.split('\n');
    expect(out + notes).not.toContain(secretLine);
    expect(world.system.oktaCredentialsSecret.next).toBeUndefined();
  });

  it('lets the key of the service app wait until the app is there, and goes on with the same key', async () => {
    const world = await deployed();
    const later = await world.run('setup', administrator(world, ['app', () => '']));
    expect(later.code).toBe(2);
    expect(later.out).toContain('✘ credentials       the key waits for its service app at Okta');
    expect(later.out).toContain('oauth-key --finish --client-id 0oa…');
    const waiting = world.system.oktaCredentialsSecret.next ?? '';
    expect(world.system.oktaCredentialsSecret.text).toBeUndefined();
    const { code, notes } = await world.run('setup --step credentials', administrator(world, ['app', register]));
    expect(code).toBe(0);
    expect(notes).toContain('a key waits already');
    expect(JSON.parse(world.system.oktaCredentialsSecret.text ?? '')).toEqual({
      clientId: CLIENT,
      ...JSON.parse(waiting),
    });
  });

  it('keeps what it says to a person out of the JSON', async () => {
    const world = await deployed();
    const { out } = await world.run('setup --json --step credentials', administrator(world, ['app', register]));
    expect(levels(read({ out }))).toEqual(['credentials ok']);
  });

  it('says why Okta does not take the service app that is stored', async () => {
    const world = await deployed();
    await world.run('setup --step credentials', administrator(world, ['app', register]));
    await world.system.simulator.setApp(CLIENT, { keys: [] });
    const { notes, code } = await world.run('setup --step credentials', administrator(world, ['app', register]));
    expect(notes).toContain('Okta does not take the service app that is stored (OKTA001');
    expect(notes).toContain(`the app with the Client ID ${CLIENT}`);
    expect(code).toBe(0);
  });

  it('stops at what is broken, says what to do, and goes on there the next time', async () => {
    const world = await deployed();
    const stopped = await world.run('setup', { input: '' });
    expect(stopped.code).toBe(2);
    expect(stopped.out).toContain('✘ credentials');
    expect(stopped.out).toContain('oauth-key');
    expect(stopped.out).toContain('· zones             waits for what is broken above');
    expect(stopped.out).toContain('run `npm run zone -- setup` again');
    expect(await world.gateways()).toEqual([SENTINEL]);
    const { findings } = read(await world.run('setup --json --step credentials', { input: TOKEN }));
    expect(findings).toMatchObject([{ level: 'ok', detail: 'the API token is stored, and Okta takes it' }]);
  });

  it('stores nothing that Okta refuses', async () => {
    const world = await deployed();
    const told = read(await world.run('setup --json', { input: 'unknown-token' }));
    expect(told.findings.find(({ link }) => link === 'credentials')?.detail).toContain('OKTA001');
    expect(world.system.oktaCredentialsSecret.text).toBeUndefined();
  });

  it('lists the zones of the org where the configured one is not there, and changes no configuration', async () => {
    const world = await deployed({ acls: { [ACL]: { zoneIds: ['nzo1nobodyHasThis000'] } } });
    await world.system.simulator.seedZone(OTHER, { name: 'VPN' });
    const program = read(await world.run('setup --json', { input: TOKEN }));
    expect(program.exitCode).toBe(2);
    expect(program.zones?.map(({ id, name }) => [id, name])).toEqual(
      expect.arrayContaining([
        [ZONE, 'Knocknoc users'],
        [OTHER, 'VPN'],
      ]),
    );
    const person = await world.run('setup', { canAsk: true, answers: [ZONE] });
    expect(person.code).toBe(2);
    expect(person.notes).toContain('Which zone is okta-prod to write?');
    expect(person.out).toContain(
      `Put "${ZONE}" into acls.${ACL}.zoneIds of the configuration file, in the place of "nzo1nobodyHasThis000"`,
    );
    expect(person.out).toContain('npm run cdk -- deploy');
  });

  it.each([
    ['its name', 'Knocknoc', 'zones ok'],
    ['its id', ZONE, 'zones ok'],
    ['that of another zone', OTHER, 'zones failure'],
    ['one that nobody has', 'Lost', 'zones failure'],
  ])('compares the zone that is meant, by %s, with what is deployed', async (_, named, level) => {
    const world = await CliWorld.start({}, { name: 'Knocknoc' });
    await world.system.simulator.seedZone(OTHER, { name: 'VPN' });
    expect(levels(read(await world.run(`setup --json --step zones --zone ${named}`)))).toEqual([level]);
  });

  it('does not blame the configuration for a zone that nobody has', async () => {
    const world = await CliWorld.start();
    const { findings, zones } = read(await world.run('setup --json --step zones --zone Lost'));
    expect(findings).toEqual([
      {
        ...{ link: 'zones', level: 'failure', detail: `the org has no zone Lost that ${ACL} could write` },
        mend: 'Choose one of those listed, by its name or its id.',
      },
    ]);
    expect(zones).toEqual([{ id: ZONE, name: 'Knocknoc users', acl: ACL }]);
    await world.system.simulator.editZone(ZONE, { status: 'INACTIVE' });
    await world.system.simulator.seedZone(OTHER, { name: 'VPN' });
    const [both] = read(await world.run('setup --json --step zones --zone Lost')).findings;
    expect(both?.detail).toContain(
      `${ACL} is configured with ${ZONE}, which the org does not have, or not as an active`,
    );
    expect(both?.detail).toContain('; the org has no zone Lost that');
  });

  it('lets nobody’s entries go without being asked, and asks a person', async () => {
    const FOREIGN = '8.8.8.8/32';
    const world = await CliWorld.start({}, { gateways: [FOREIGN] });
    const told = read(await world.run('setup --json'));
    expect(told.findings.find(({ link }) => link === 'zones')).toMatchObject({
      ...{ level: 'failure', mend: expect.stringContaining('adopt --acl okta-prod') },
    });
    expect(await world.gateways()).toEqual([FOREIGN]);
    const { out, notes } = await world.run(`setup --ip ${ALICE}`, { canAsk: true, answers: ['y'] });
    expect(notes).toContain(`- ${FOREIGN}`);
    expect(out).toContain('✔ person');
    expect(await world.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('lets nobody in again who is in, however the IP is written', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const posted = async () => (await world.system.logs()).filter(({ action }) => action === 'event-accepted').length;
    const before = await posted();
    for (const ip of [ALICE, `${ALICE}/32`, `::ffff:${ALICE}`]) {
      const { findings } = read(await world.run(`setup --json --step person --ip ${ip}`));
      expect(findings).toEqual([{ link: 'person', level: 'ok', detail: `${ip} is in` }]);
    }
    expect(await posted()).toBe(before);
    const { findings } = read(await world.run('setup --json --step person --ip nonsense'));
    expect(findings).toMatchObject([{ level: 'failure', detail: expect.stringContaining('--ip nonsense') }]);
  });

  it('does one step alone, and again', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    expect(levels(read(await world.run('setup --json --step test')))).toEqual(['test ok']);
    const again = read(await world.run('setup --json --step test --step stack'));
    expect(levels(again)).toEqual(['stack ok', 'stack ok', 'test failure']);
    expect(again.findings.at(-1)?.detail).toContain('less than a minute ago');
    const { variables } = read(await world.run('setup --json --step sender'));
    expect(variables).toMatchObject({ WEBHOOK_SECRET: world.system.webhookSecret });
    expect(await world.run('setup --step sleep')).toMatchObject({ code: 64 });
  });

  it('says where the list of an ACL goes that follows one', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } });
    world.system.allowlistSecret.text = '{}';
    const { findings } = read(await world.run('setup --json --step sender'));
    expect(findings[0]).toMatchObject({
      level: 'warning',
      mend: expect.stringContaining('set-allowlist --acl okta-prod'),
    });
  });

  it('wants to know which ACL, where there are several', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE] }, lab: { zoneIds: [OTHER] } } });
    expect(await world.run('setup --json')).toMatchObject({
      code: 64,
      notes: expect.stringContaining('okta-prod, lab'),
    });
    const { notes } = await world.run('setup --step stack', { canAsk: true, answers: ['lab'] });
    expect(notes).toContain('Which ACL?');
  });
});

describe('the stack that setup is about', () => {
  const where = 'eu-west-1, account 111122223333';
  const asked = async (args: string, names: readonly string[], wanted?: string, person: object = {}) => {
    const meant: (string | undefined)[] = [];
    const find = async ({ stack }: TargetOptions) => {
      meant.push(stack);
      throw new Error('far enough');
    };
    const ran = await typed(args, find, person, {}, { where, names, ...(wanted !== undefined && { wanted }) });
    return { ...ran, meant };
  };

  it.each([
    ['the only one', 'setup', ['Mine'], undefined, ['Mine']],
    ['that of the configuration', 'setup', ['Mine', 'Other'], 'Other', [undefined]],
    ['the one that is named', 'setup --stack Third', ['Mine'], undefined, ['Third']],
    ['for other commands what it always was', 'status', ['Mine'], undefined, [undefined]],
  ])('is %s', async (_, args, names, wanted, meant) => {
    expect((await asked(args, names, wanted)).meant).toEqual(meant);
  });

  it('is asked for where there are several, and every next step names it then', async () => {
    const { meant, notes } = await asked('setup', ['A', 'B'], undefined, { canAsk: true, answers: ['B'] });
    expect(meant).toEqual(['B']);
    expect(notes).toContain(`[${where}]\nWhich stack?`);
    expect(await asked('setup', ['A', 'B'])).toMatchObject({
      code: 64,
      meant: [],
      notes: expect.stringContaining('A, B'),
    });
  });

  it('is none where none is deployed: then it says how to', async () => {
    const none = await asked('setup', []);
    expect(none).toMatchObject({ code: 2, meant: [] });
    expect(none.notes).toContain(where);
    expect(none.notes).toContain('npm run cdk -- deploy');
    const other = await asked('setup', ['Mine'], 'Other');
    expect(other).toMatchObject({ code: 2, meant: [], notes: expect.stringContaining('the stack Other of the') });
  });
});
