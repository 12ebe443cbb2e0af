import { describe, expect, it } from 'vitest';
import { emulatedKnoc, emulatedUrl } from '../../cli/emulated-url.ts';
import type { Target } from '../../cli/target.ts';
import { ACL, CliWorld } from './cli-world.ts';
import { typed } from './typed.ts';

const TOLD = { WebhookUrl: 'https://api.example.com/webhook', AlarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:x' };

/** A run with what a stack tells of itself, and more, in its place. */
async function withChanges(world: CliWorld, changes: Partial<Target>): Promise<() => Promise<Target>> {
  const target = { ...(await world.target()), ...changes };
  return async () => target;
}

describe.concurrent('outputs', () => {
  it('prints each with its name, one alone as a script wants it, and all for programs', async () => {
    const stack = await withChanges(await CliWorld.start(), { outputs: TOLD });
    const all = await typed('outputs', stack);
    expect(all).toMatchObject({ code: 0, notes: '' });
    expect(all.out.split('\n')).toEqual([`WebhookUrl     ${TOLD.WebhookUrl}`, `AlarmTopicArn  ${TOLD.AlarmTopicArn}`]);
    expect(await typed('outputs AlarmTopicArn', stack)).toEqual({ code: 0, out: TOLD.AlarmTopicArn, notes: '' });
    expect(JSON.parse((await typed('outputs --json', stack)).out)).toEqual(TOLD);
    expect(JSON.parse((await typed('outputs WebhookUrl --json', stack)).out)).toBe(TOLD.WebhookUrl);
  });

  it('says which there are where the name is none, and prints nothing for a script', async () => {
    const stack = await withChanges(await CliWorld.start(), { outputs: TOLD });
    for (const name of ['webhookurl', 'constructor', 'WebhookUrl AlarmTopicArn']) {
      const { code, out, notes } = await typed(`outputs ${name}`, stack);
      expect({ code, out }).toEqual({ code: 64, out: '' });
      expect(notes).toMatch(/Its outputs: WebhookUrl, AlarmTopicArn|too many arguments/);
    }
  });

  it('has the webhook’s URL of a local run', async () => {
    const world = await CliWorld.start();
    expect((await world.run('outputs WebhookUrl')).out).toBe(world.system.webhookUrl);
  });
});

describe.concurrent('sender-env', () => {
  it('prints what a shell takes, whatever the values hold, and warns of the key', async () => {
    const world = await CliWorld.start();
    const url = "https://api.example.com/it's $HOME";
    const { code, out, notes } = await typed('sender-env', await withChanges(world, { webhook: { url, headers: {} } }));
    expect(code).toBe(0);
    expect(notes).toContain('can let anybody in');
    const quoted = String.raw`'https://api.example.com/it'\''s $HOME'`;
    const key = `'${world.system.webhookSecret}'`;
    expect(out.split('\n')).toEqual([
      `export KNOCKNOC_OKTA_URL=${quoted}`,
      `export KNOCKNOC_OKTA_SECRET=${key}`,
      `export WEBHOOK_URL=${quoted}`,
      `export WEBHOOK_SECRET=${key}`,
    ]);
  });

  it('tells the script to find the API of an emulator by its host name', async () => {
    const world = await CliWorld.start();
    const endpoint = 'http://127.0.0.1:4566';
    const aws = 'https://abc123.execute-api.eu-west-1.amazonaws.com/webhook';
    const webhook = { url: emulatedUrl(aws, endpoint), headers: {}, knoc: emulatedKnoc(aws, endpoint) };
    const { out } = await typed('sender-env --json', await withChanges(world, { webhook }));
    expect(JSON.parse(out)).toEqual({
      KNOCKNOC_OKTA_URL: `${endpoint}/webhook`,
      KNOCKNOC_OKTA_HOST: 'abc123.execute-api.127.0.0.1',
      KNOCKNOC_OKTA_SECRET: world.system.webhookSecret,
      WEBHOOK_URL: `${endpoint}/_aws/execute-api/abc123/$default/webhook`,
      WEBHOOK_SECRET: world.system.webhookSecret,
    });
  });

  it('has the key that speaks for the ACL, and says how to get one where none does', async () => {
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: ['nzoA'] }, lab: { zoneIds: ['nzoB'] } } });
    const own = Buffer.alloc(33, 'x').toString('base64');
    world.system.webhookSecretStore.text = JSON.stringify({ acls: { lab: { current: own } } });
    const { out } = await world.run('sender-env --acl lab --json');
    expect(JSON.parse(out)).toMatchObject({ KNOCKNOC_OKTA_SECRET: own, WEBHOOK_SECRET: own });
    const none = await world.run(`sender-env --acl ${ACL}`);
    expect({ code: none.code, out: none.out }).toEqual({ code: 2, out: '' });
    expect(none.notes).toContain('rotate-webhook-secret');
    expect(await world.run('sender-env')).toMatchObject({ code: 64, notes: expect.stringContaining('Which one') });
  });
});
