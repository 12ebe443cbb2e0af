import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedSystem, startEmbeddedSystem } from '../../local/embedded.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { AclUnderTest, CONFIGURATION, OKTA_TOKEN, seedZones } from '../e2e/world.ts';
import { answers, refuses, startRecordingServer } from './recording-server.ts';
import { canRun, type Environment, oneLine, runScript } from './script.ts';

describe.runIf(canRun)('the script with --check', () => {
  let system: EmbeddedSystem;
  let under: AclUnderTest;
  beforeAll(async () => {
    system = await startEmbeddedSystem({
      config: CONFIGURATION,
      credentials: apiToken(OKTA_TOKEN),
      progress: { step: () => {}, line: () => {} },
    });
    await seedZones(system);
    under = await AclUnderTest.make(system);
    await under.grant('203.0.113.1', {}, { wait: 15 });
  });
  afterAll(() => system?.close());

  const check = (args: readonly string[], environment: Environment = {}) =>
    runScript(['--check', ...args], {
      KNOCKNOC_OKTA_URL: system.webhookUrl,
      KNOCKNOC_OKTA_SECRET: system.webhookSecret,
      KNOCKNOC_OKTA_PATIENCE: '0',
      ...environment,
    });

  it('says what is right, and changes nothing', async () => {
    const before = [await under.gateways(), await under.puts()];
    const events = async () => (await system.logs()).filter(({ message }) => message === 'event accepted').length;
    const accepted = await events();
    expect(await check([])).toEqual({
      ...{ code: 0, stdout: 'The webhook answers, and the secret is right.\n', stderr: '' },
    });
    expect(await check([under.acl])).toEqual({
      code: 0,
      stdout: `The webhook answers, the secret is right, and nothing is known to be wrong with the zones of ${under.acl}.\n`,
      stderr: '',
    });
    expect(await events()).toBe(accepted);
    expect([await under.gateways(), await under.puts()]).toEqual(before);
  });

  it('tells what is known to be wrong with the zones', async () => {
    const ill = await AclUnderTest.make(system);
    await system.simulator.editZone(ill.zoneId, { status: 'INACTIVE' });
    await ill.grant('203.0.113.2');
    await ill.reports('ZONE004');
    const said = `not in order: the webhook answers and the secret is right, but something is wrong with the zones of ${ill.acl}: ZONE004`;
    expect(await check([ill.acl])).toEqual({ code: 4, stdout: '', stderr: oneLine(said) });
  });

  it('tells an unknown ACL', async () => {
    const said = 'not in order: the webhook answers and the secret is right, but it knows no ACL no-such-acl';
    expect(await check(['no-such-acl'])).toEqual({ code: 3, stdout: '', stderr: oneLine(said) });
  });

  it('wakes nobody, on however many machines: what it asks counts as no error', async () => {
    const before = (await system.logs()).length;
    await check([]);
    await check(['no-such-acl']);
    const lines = (await system.logs()).slice(before);
    expect(lines.filter(({ code, _aws }) => code !== undefined || _aws !== undefined)).toEqual([]);
    expect(lines.filter(({ message }) => message === 'ping refused')).toHaveLength(2);
  });

  it.each([
    ['behind', 600],
    ['ahead of', 301],
  ])('says by how much the clock of this machine is %s the receiver’s', async (way, seconds) => {
    const detail = `webhook-timestamp is ${seconds} s ${way} the receiver’s clock, and 300 s are allowed: look at the sender’s clock`;
    const { url } = await startRecordingServer(refuses(401, 'HOOK002', detail));
    const ran = await check([under.acl], { KNOCKNOC_OKTA_URL: url });
    const said = `not in order: HOOK002: this machine is ${seconds} s ${way} the receiver's clock, and 300 s are allowed`;
    expect(ran).toEqual({ code: 3, stdout: '', stderr: oneLine(said) });
  });

  it('tells a wrong secret', async () => {
    const run = await check([under.acl], { KNOCKNOC_OKTA_SECRET: Buffer.alloc(32, 7).toString('base64') });
    expect(run).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('HOOK001: ') });
  });

  it('says that a key may be one ACL’s own, where it was asked about none', async () => {
    const { url } = await startRecordingServer(refuses(401, 'HOOK001', 'the key does not speak for this ACL'));
    const said =
      "not in order: HOOK001: the key does not speak for this ACL (if the key is one ACL's own: --check ACL)";
    expect(await check([], { KNOCKNOC_OKTA_URL: url })).toEqual({ code: 3, stdout: '', stderr: oneLine(said) });
  });

  it('tells another path, and a place where nobody answers', async () => {
    const path = await check([], { KNOCKNOC_OKTA_URL: `${system.webhookUrl}/other` });
    expect(path).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('check KNOCKNOC_OKTA_URL') });
    const nobody = await check([], { KNOCKNOC_OKTA_URL: 'http://127.0.0.1:1/webhook' });
    expect(nobody).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/: not in order: .*curl: \(7\)/),
    });
  });

  it.each([
    ['a page', answers(200, '<html>Welcome</html>', { 'content-type': 'text/html' })],
    ['another service that accepts everything', answers(202, { status: 'accepted' })],
  ])('takes %s for no webhook', async (_, behaviour) => {
    const { url } = await startRecordingServer(behaviour);
    expect(await check([], { KNOCKNOC_OKTA_URL: url })).toMatchObject({ code: 3, stdout: '' });
  });
});
