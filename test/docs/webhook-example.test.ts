import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import type { Fields, HttpRequest } from '../../lib/ports.ts';
import { startEmbeddedSystem } from '../../local/embedded.ts';
import { EmbeddedFunctions } from '../../local/embedded-functions.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { SystemCallbackClock } from '../../local/stand-ins/callback-clock.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import { PATIENT } from '../helpers/patient.ts';
import { codeBlocks, readDocument, sectionsOf } from './documents.ts';

const sections = sectionsOf(readDocument('docs/webhook.md'), 2);
const ACL = 'okta-prod';
const ZONE = 'nzo1abcdefGHIJKLM0h7';

function onlyBlock(section: string, language: string): string {
  const [only, ...more] = codeBlocks(sections.get(section) ?? '', language);
  if (only === undefined || more.length > 0) throw new Error(`not one block of ${language} in ${section}`);
  return only;
}

describe('the signed example', () => {
  const example = 'A signed example';
  const secret = onlyBlock(example, 'text');
  const command = onlyBlock(example, 'sh');
  const headers = Object.fromEntries(
    [...command.matchAll(/--header '([^:']+): ([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const [, body = ''] = /--data-binary '([^']+)'/.exec(command) ?? [];
  const sentAt = Number(headers['webhook-timestamp']) * 1000;

  it('is signed as Standard Webhooks says, by two independent reckonings', () => {
    const id = headers['webhook-id'] ?? '';
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`${id}.${headers['webhook-timestamp']}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    expect(new Webhook(secret).sign(id, new Date(sentAt), body)).toBe(headers['webhook-signature']);
  });

  it('says when it is sent', () => {
    expect(sections.get(example)).toContain(`sent at ${new Date(sentAt).toISOString().replace('.000Z', 'Z')},`);
  });

  describe('posted to the system', () => {
    const clock = new SystemCallbackClock();
    let written: string[];
    let logged: Fields[];
    let system: EmbeddedFunctions;

    beforeEach(() => {
      vi.useFakeTimers({ now: sentAt });
      written = [];
      logged = [];
      system = new EmbeddedFunctions({
        config: parseConfig({ okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: [ZONE] } } }),
        clock,
        http: okta((list) => {
          written = list;
        }),
        webhookSecret: new MemorySecret(JSON.stringify({ current: secret })),
        oktaCredentials: new MemorySecret('a-token'),
        write: (line) => logged.push(line),
      });
    });
    afterEach(() => {
      clock.close();
      vi.useRealTimers();
    });

    it('gets the answer that the document says, and its IP into the zone', async () => {
      const answer = await system.webhook(apiEvent('/webhook', headers, Buffer.from(body)));
      expect([answer.statusCode, answer.body]).toEqual([202, onlyBlock(example, 'json')]);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(written).toEqual(['203.0.113.7/32']);
      expect(sections.get(example)).toContain(`\`${written[0]}\``);
      expect(logged.filter((line) => line.code !== undefined)).toEqual([]);
    });

    it.each([-301, 301])('is HOOK002 %i s away from its time', async (seconds) => {
      vi.setSystemTime(sentAt + seconds * 1000);
      const answer = await system.webhook(apiEvent('/webhook', headers, Buffer.from(body)));
      expect([answer.statusCode, JSON.parse(answer.body ?? '').code]).toEqual([401, 'HOOK002']);
    });

    it('is HOOK001 with a single byte changed', async () => {
      const answer = await system.webhook(apiEvent('/webhook', headers, Buffer.from(body.replace('42', '43'))));
      expect([answer.statusCode, JSON.parse(answer.body ?? '').code]).toEqual([401, 'HOOK001']);
    });
  });
});

describe('the problem that is shown', () => {
  it('is the one that the code gives for an unknown ACL', async () => {
    const shown = codeBlocks(sections.get('Answers') ?? '', 'json');
    const secret = Buffer.alloc(32, 1).toString('base64');
    const now = new Date();
    const body = JSON.stringify({ type: 'access.flushed', timestamp: now.toISOString(), data: { acl: 'other' } });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'a',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('a', now, body),
    };
    const clock = new SystemCallbackClock();
    const system = new EmbeddedFunctions({
      config: parseConfig({ okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: [ZONE] } } }),
      clock,
      http: () => Promise.reject(new Error('not to be called')),
      webhookSecret: new MemorySecret(JSON.stringify({ current: secret })),
      oktaCredentials: new MemorySecret(),
      write: () => {},
    });
    const answer = await system.webhook(apiEvent('/webhook', headers, Buffer.from(body)));
    clock.close();
    expect(shown).toEqual([answer.body]);
  });
});

const wanting = ['bash', 'openssl', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error);
if (wanting.length > 0) {
  const said = `the shell snippet of docs/webhook.md needs ${wanting.join(' and ')}`;
  if (process.env.CI) throw new Error(`${said}, and CI skips nothing`);
  console.log(`SKIPPED: ${said}`);
}

describe.runIf(wanting.length === 0)('the shell snippet', () => {
  it('posts a grant and a revoke that the system takes, and fails where it refuses', async () => {
    const snippet = onlyBlock('Signing from a shell', 'bash');
    const system = await startEmbeddedSystem({
      config: { acls: { [ACL]: { zoneIds: [ZONE] } } },
      credentials: apiToken('a-token'),
      progress: { step: () => {}, line: () => {} },
    });
    try {
      await system.simulator.seedZone(ZONE, { name: 'Zone', gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }] });
      const gateways = async () => (await system.simulator.zone(ZONE)).gateways?.map(({ value }) => value);
      const send = (type: string, data: unknown, secret = system.webhookSecret) =>
        bash(snippet, [type, JSON.stringify(data)], { WEBHOOK_URL: system.webhookUrl, WEBHOOK_SECRET: secret });

      const granted = await send('access.granted', { acl: ACL, ip: '203.0.113.7', user: "Zoë O'Hara <z@example.com>" });
      expect(granted).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(granted.stdout)).toMatchObject({ status: 'accepted', id: expect.stringMatching(/^evt_/) });
      await vi.waitFor(async () => expect(await gateways()).toEqual(['203.0.113.7/32']), PATIENT);

      // In the same second, perhaps: the later in the queue wins.
      expect(
        await send('access.revoked', { acl: ACL, ip: '203.0.113.7' }, `whsec_${system.webhookSecret}`),
      ).toMatchObject({
        code: 0,
      });
      await vi.waitFor(async () => expect(await gateways()).toEqual(['192.0.2.0/32']), PATIENT);

      const refused = await send('access.flushed', { acl: ACL }, Buffer.alloc(32).toString('base64'));
      expect(refused.code).not.toBe(0);
      expect(JSON.parse(refused.stdout)).toMatchObject({ status: 401, code: 'HOOK001' });
    } finally {
      await system.close();
    }
  });
});

/** An Okta with one zone, which tells of every list that is written. */
function okta(onPut: (list: string[]) => void) {
  const fields = { id: ZONE, type: 'IP', name: 'Zone', status: 'ACTIVE', usage: 'POLICY' };
  let zone: Record<string, unknown> = { ...fields, gateways: null };
  return async ({ method, body }: HttpRequest) => {
    if (method === 'PUT') {
      zone = { ...fields, ...JSON.parse(body ?? '') };
      onPut((zone.gateways as { value: string }[]).map(({ value }) => value));
    }
    return { status: 200, headers: {}, body: JSON.stringify(zone) };
  };
}

function bash(script: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn('bash', ['-c', script, 'post-event.sh', ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}
