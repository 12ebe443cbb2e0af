import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startObedientServer } from './recording-server.ts';
import { aFolder, canRun, type Environment, oneLine, removeFolders, runScript } from './script.ts';
import { toolbox } from './toolbox.ts';

const SECRET = Buffer.alloc(32, 1).toString('base64');
const ADD = ['add', 'okta-prod', '203.0.113.7'];

describe.runIf(canRun)('what the script refuses before it sends', () => {
  let server: Awaited<ReturnType<typeof startObedientServer>>;
  let good: Environment;
  beforeAll(async () => {
    server = await startObedientServer();
    good = { KNOCKNOC_OKTA_URL: server.url, KNOCKNOC_OKTA_SECRET: SECRET, TMPDIR: await aFolder() };
  });
  afterAll(removeFolders);

  async function isRefused(args: readonly string[], environment: Environment, said: string | RegExp) {
    const { length } = server.received;
    const run = await runScript(args, { ...good, ...environment });
    expect(run).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^knocknoc-okta\.sh: [^\n]+\n$/) });
    expect(run.stderr).toMatch(said);
    expect(server.received.length).toBe(length);
  }

  it('sends what is right', async () => {
    const said = oneLine('stored; the zone shows 203.0.113.7');
    expect(await runScript(ADD, good)).toEqual({ code: 0, stdout: said, stderr: '' });
    expect(server.posts()).toHaveLength(1);
  });

  it.each<[string[], string | RegExp]>([
    [[], 'must be add, del or flush'],
    [['ADD', 'okta-prod', '203.0.113.7'], 'must be add, del or flush'],
    [['add'], 'add takes an ACL and an IP'],
    [['add', 'okta-prod'], 'add takes an ACL and an IP'],
    [['add', 'okta-prod', '203.0.113.7', 'more'], 'add takes an ACL and an IP'],
    [['del', 'okta-prod'], 'del takes an ACL and an IP'],
    [['flush'], 'flush takes an ACL, and no IP'],
    [['flush', 'okta-prod', '203.0.113.7'], 'flush takes an ACL, and no IP'],
    [['add', '', '203.0.113.7'], 'not the name of an ACL'],
    [['add', 'two words\u001b[2J\u202e', '203.0.113.7'], /not the name of an ACL .*: two words \[2J\?+\n$/],
    [['add', 'a"b', '203.0.113.7'], 'not the name of an ACL'],
    [['add', 'okta-prod', ''], 'not an IP address'],
    [['add', 'okta-prod', 'example.com'], 'not an IP address: example.com'],
    [['add', 'okta-prod', '203.0.113.0/24'], 'not an IP address'],
    [['add', 'okta-prod', '203.0.113.7\n'], 'not an IP address'],
    [['add', 'okta-prod', '203.0.113.7","acl":"x'], 'not an IP address'],
    [['add', 'okta-prod', 'fe80::1%eth0'], 'not an IP address'],
    [['--check', 'two words'], 'not the name of an ACL'],
    [['--check', 'a', 'b'], '--check takes one ACL'],
  ])('2 for the arguments %j', (args, said) => isRefused(args, {}, said));

  it.each<[Environment, string]>([
    [{ KNOCKNOC_OKTA_URL: '' }, 'KNOCKNOC_OKTA_URL is not set'],
    [{ KNOCKNOC_OKTA_URL: 'http://example.com/webhook' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'http://127.0.0.1.example.com/webhook' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'https://example.com/a b' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'https://example.com/"\nurl="file:///etc/passwd' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'https://example.com/\\x' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'https://example.com/\u009b2J' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_URL: 'https:///webhook' }, 'must begin with https://'],
    [{ KNOCKNOC_OKTA_SECRET: '' }, 'KNOCKNOC_OKTA_SECRET is not set'],
    [{ KNOCKNOC_OKTA_SECRET: `{"current":"${SECRET}"}` }, 'is not base64'],
    [{ KNOCKNOC_OKTA_SECRET: SECRET.slice(0, -1) }, 'is not base64'],
    [{ KNOCKNOC_OKTA_SECRET: 'c2hvcnQ=' }, 'must hold 24 to 64 bytes'],
    [{ KNOCKNOC_OKTA_SECRET: Buffer.alloc(65).toString('base64') }, 'must hold 24 to 64 bytes'],
    [{ KNOCKNOC_OKTA_WAIT: '21' }, 'KNOCKNOC_OKTA_WAIT must be a whole number from 0 to 20'],
    [{ KNOCKNOC_OKTA_WAIT: '-1' }, 'KNOCKNOC_OKTA_WAIT must be'],
    [{ KNOCKNOC_OKTA_WAIT: '1.5' }, 'KNOCKNOC_OKTA_WAIT must be'],
    [{ KNOCKNOC_OKTA_PATIENCE: '3601' }, 'KNOCKNOC_OKTA_PATIENCE must be a whole number from 0 to 3600'],
    [{ KNOCKNOC_OKTA_PATIENCE: 'a[$(id)]' }, 'KNOCKNOC_OKTA_PATIENCE must be'],
    [{ KNOCKNOC_OKTA_HOST: 'a host' }, 'KNOCKNOC_OKTA_HOST is not the name of a host'],
    [{ KNOCKNOC_OKTA_HOST: 'a"\nurl = "http://127.0.0.1:1/' }, 'KNOCKNOC_OKTA_HOST is not the name of a host'],
    [{ KNOCKNOC_OKTA_HOST: 'a\rx: y' }, 'KNOCKNOC_OKTA_HOST is not the name of a host'],
    [{ KNOCKNOC_OKTA_HOST: 'a\\' }, 'KNOCKNOC_OKTA_HOST is not the name of a host'],
    [{ KNOCKNOC_GRANT_MINUTES: '0' }, 'KNOCKNOC_GRANT_MINUTES must be'],
    [{ KNOCKNOC_GRANT_MINUTES: '1h' }, 'KNOCKNOC_GRANT_MINUTES must be'],
  ])('2 for the environment %j', (environment, said) => isRefused(ADD, environment, said));

  it('2 where there is neither openssl nor perl', async () => {
    await isRefused(ADD, { PATH: await toolbox() }, /neither openssl nor perl is installed/);
  });

  it('says how it is used', async () => {
    const run = await runScript(['--help'], {});
    expect(run).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('KNOCKNOC_OKTA_URL') });
    expect(oneLine('')).toContain(run.stdout.split(' ')[0] ?? 'nothing');
  });
});
