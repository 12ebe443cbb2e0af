import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createProxy, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { proxySettings } from '../../cli/proxies.ts';
import { ROOT } from '../docs/documents.ts';
import { selfSigned } from '../helpers/certificate.ts';
import { started } from './started.ts';

const ORG = 'acme.okta.example';
const home = join(inject('temporaryFolder'), 'proxies');
const certificate = join(home, 'certificate.pem');
const secrets = selfSigned({ host: ORG });
mkdirSync(join(home, '.aws'), { recursive: true });
writeFileSync(certificate, secrets.cert);

/** Every name that the proxy knows leads here. */
const org = createSecureServer(secrets, (request, response) => {
  request.resume();
  response.end(`${request.method} ${request.url}`);
});
/** Each connection that was asked for: who asked with what, in the proxy's words. */
const asked: string[] = [];
const proxy = createProxy((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.end('through the proxy');
});
proxy.on('connect', (request: IncomingMessage, client) => {
  asked.push(`CONNECT ${request.url}`);
  client.on('error', () => {});
  if (request.url !== `${ORG}:443`) {
    client.end('HTTP/1.1 502 Nobody There\r\n\r\n');
    return;
  }
  const target = connect(portOf(org), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(target).pipe(client);
  });
  target.on('error', () => client.destroy());
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  for (const server of [org, proxy]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const server of [org, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});

/** What the calls of the command line bring, each in a line, from a process that began like the command line. */
async function calls(environment: Readonly<Record<string, string>>): Promise<string> {
  const program = `
    import { proxySettings, useProxies } from './cli/proxies.ts';
    import { post } from './cli/webhook-client.ts';
    import { fetchHttp } from './lib/adapters/fetch-http.ts';
    useProxies(proxySettings(process.env));
    const okta = fetchHttp({ method: 'GET', url: 'https://${ORG}/api/v1/zones/nzo1', headers: {}, timeoutMs: 20_000 });
    const posts = ['https://${ORG}/hook', 'http://webhook.example/'].map((url) => post(url, {}, '{}'));
    for (const { value } of await Promise.allSettled([okta, ...posts])) console.log(value?.body ?? 'unreachable');`;
  const command = [process.execPath, '--input-type=module-typescript', '--eval', program];
  const { out, notes } = await started(command, { NODE_EXTRA_CA_CERTS: certificate, ...environment }, ROOT);
  expect(notes).toBe('');
  return out;
}

const THROUGH = 'GET /api/v1/zones/nzo1\nPOST /hook\nthrough the proxy\n';

describe('the proxies of this machine', () => {
  it.each([
    ['HTTPS_PROXY', 'HTTP_PROXY'],
    ['https_proxy', 'http_proxy'],
  ])('are used for Okta and for the webhook: %s, %s', async (secure, plain) => {
    const url = `http://127.0.0.1:${portOf(proxy)}`;
    expect(await calls({ [secure]: url, [plain]: url })).toBe(THROUGH);
  });

  it('may be named without a scheme', async () => {
    const name = `127.0.0.1:${portOf(proxy)}`;
    expect(await calls({ HTTPS_PROXY: name, HTTP_PROXY: name })).toBe(THROUGH);
  });

  it.each([
    ['NO_PROXY', `${ORG},webhook.example`],
    ['no_proxy', 'other.example, example'],
    ['NO_PROXY', '*'],
  ])('are left aside for what %s names: %s', async (name, exceptions) => {
    const url = `http://127.0.0.1:${portOf(proxy)}`;
    const before = asked.length;
    const out = await calls({ HTTPS_PROXY: url, HTTP_PROXY: url, [name]: exceptions });
    expect(out).toBe('unreachable\nunreachable\nunreachable\n');
    expect(asked.length).toBe(before);
  });

  it('are used for AWS, and for signing in there', async () => {
    const startUrl = 'https://corp.awsapps.com/start';
    writeFileSync(
      join(home, '.aws/config'),
      `[profile corporate]
sso_start_url = ${startUrl}
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = Operator
`,
    );
    // Where the AWS CLI leaves what a sign-in brings.
    mkdirSync(join(home, '.aws/sso/cache'), { recursive: true });
    writeFileSync(
      join(home, `.aws/sso/cache/${hash('sha1', startUrl)}.json`),
      JSON.stringify({ accessToken: 'a token', expiresAt: '2099-01-01T00:00:00Z' }),
    );
    const run = (more: Readonly<Record<string, string>>) =>
      started(
        [process.execPath, 'cli/main.ts', 'status', '--stack', 'Any'],
        {
          HOME: home,
          AWS_REGION: 'eu-west-1',
          HTTPS_PROXY: `http://alice:hunter2@127.0.0.1:${portOf(proxy)}`,
          ...more,
        },
        ROOT,
      );
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
    const refused = expect.stringMatching(/502 Nobody There\n.*HTTPS_PROXY/);
    expect(await run(keys)).toMatchObject({ code: 2, notes: refused });
    expect(asked).toContain('CONNECT cloudformation.eu-west-1.amazonaws.com:443');
    expect(await run({ AWS_PROFILE: 'corporate' })).toMatchObject({ code: 2, notes: refused });
    expect((await run(keys)).notes).not.toContain('hunter2');
    expect(asked).toContain('CONNECT portal.sso.eu-central-1.amazonaws.com:443');
  });

  it('are not asked for this machine, nor for the credentials of a cloud machine', async () => {
    const before = asked.length;
    const { notes } = await started(
      [process.execPath, 'cli/main.ts', 'status', '--endpoint-url', 'http://127.0.0.1:9'],
      {
        HOME: home,
        AWS_REGION: 'eu-west-1',
        HTTP_PROXY: `127.0.0.1:${portOf(proxy)}`,
        AWS_METADATA_SERVICE_TIMEOUT: '1',
      },
      ROOT,
    );
    expect(notes).not.toBe('');
    expect(asked.slice(before)).toEqual([]);
  });

  it.each(['socks5://alice:hunter2@proxy.example', 'http://', 'http://a b'])(
    'are refused where they cannot be used, without what may be a password: %s',
    (HTTPS_PROXY) => {
      expect(() => proxySettings({ HTTPS_PROXY })).toThrow(/^HTTPS_PROXY does not name a proxy that can be used$/);
    },
  );

  it('change nothing where there are none', () => {
    expect(proxySettings({ NO_PROXY: 'example.com', HTTPS_PROXY: '' })).toEqual({});
  });
});
