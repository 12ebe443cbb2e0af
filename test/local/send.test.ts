import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  ACCEPTED,
  answers,
  type Behaviour,
  BUSY,
  drops,
  refuses,
  startObedientServer,
  startRecordingServer,
} from '../agent/recording-server.ts';
import { type Environment, type Run, run } from '../agent/script.ts';
import { COMPILE_CACHE } from '../helpers/compiled-code.ts';

const SEND = join(import.meta.dirname, '..', '..', 'local', 'send.ts');
const SECRET = Buffer.alloc(33, 's').toString('base64');
const GOOD = { WEBHOOK_SECRET: SECRET };

const send = (args: readonly string[], environment: Environment): Promise<Run> =>
  run(process.execPath, [SEND, ...args], { ...COMPILE_CACHE, ...environment });

describe.concurrent('npm run send', () => {
  it.each<[string[], Readonly<Record<string, unknown>>]>([
    [
      ['grant', '--ip', '203.0.113.7', '--for', '8h', '--grant-id', 'g', '--user', 'u'],
      {
        type: 'access.granted',
        data: { acl: 'a', ip: '203.0.113.7', grantId: 'g', user: 'u', durationSeconds: 28_800 },
      },
    ],
    [['revoke', '--ip', '203.0.113.7'], { type: 'access.revoked', data: { acl: 'a', ip: '203.0.113.7' } }],
    [['flush'], { type: 'access.flushed', data: { acl: 'a' } }],
  ])('signs and posts %j', async (args, event) => {
    const { received, url } = await startObedientServer();
    const ran = await send([...args, '--acl', 'a', '--id', 'x_1', '--header', 'Host: acme.test'], {
      ...{ ...GOOD, WEBHOOK_URL: url },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^202 \{"status":"accepted"/) });
    const { headers = {}, body = '' } = received[0] ?? {};
    expect(received).toHaveLength(1);
    expect(JSON.parse(body)).toEqual({ ...event, timestamp: expect.any(String) });
    expect(headers).toMatchObject({ host: 'acme.test', 'webhook-id': 'x_1' });
    expect(() => new Webhook(SECRET).verify(body, headers as Record<string, string>)).not.toThrow();
  });

  it('shows a bearer token in place of a signature', async () => {
    const { received, url } = await startObedientServer(answers(200, { status: 'applied', ended: 0 }));
    const ran = await send(['flush', '--acl', 'a', '--url', url, '--wait'], { WEBHOOK_BEARER: 'token-1\n' });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(received).toHaveLength(2);
    for (const { headers } of received) {
      expect(headers.authorization).toBe('Bearer token-1');
      expect(headers).not.toHaveProperty('webhook-signature');
    }
  });

  const IP = ['--ip', '203.0.113.7'];
  it.each<[string[], Environment, string]>([
    [['flush', '--acl', 'a', ...IP], GOOD, "'--ip'"],
    [['flush', '--acl', 'a', '--for', '1h'], GOOD, "'--for'"],
    [['flush', '--acl', 'a', '--grant-id', 'g'], GOOD, "'--grant-id'"],
    [['flush', '--acl', 'a', '--user', 'u'], GOOD, "'--user'"],
    [['flush', '--acl', 'a', '203.0.113.7'], GOOD, '203.0.113.7'],
    [['revoke', '--acl', 'a', ...IP, '--for', '1h'], GOOD, "'--for'"],
    [['revoke', '--acl', 'a', ...IP, '--user', 'u'], GOOD, "'--user'"],
    [['grant', '--acl', 'a', ...IP, '--for', '8d'], GOOD, '--for'],
    [['grant', '--acl', 'a', ...IP, '--ip', '203.0.113.8'], GOOD, '--ip'],
    [['grant', '--acl', 'a', '--acl', 'b', ...IP], GOOD, '--acl'],
    [['grant', '--acl', 'a', ...IP, '--wait', '21'], GOOD, '--wait'],
    [['grant', '--acl', 'a', ...IP, '--yes'], GOOD, '--yes'],
    [['grant', '--acl', 'a'], GOOD, '--ip'],
    [['grant', ...IP], GOOD, '--acl'],
    [['grants', '--acl', 'a', ...IP], GOOD, 'grants'],
    [[], GOOD, 'Usage'],
    [['flush', '--acl', 'a'], {}, 'WEBHOOK_SECRET'],
    [['flush', '--acl', 'a'], { WEBHOOK_SECRET: 'c2hvcnQ=' }, 'WEBHOOK_SECRET'],
    [['flush', '--acl', 'a'], { ...GOOD, WEBHOOK_BEARER: 'token' }, 'WEBHOOK_BEARER'],
    [['flush', '--acl', 'a', '--bearer', 'token'], GOOD, '--bearer'],
    [['flush', '--acl', 'a', '--secret', SECRET, '--secret', SECRET], {}, '--secret'],
    [['flush', '--acl', 'a', '--header', 'Webhook-Id: x'], GOOD, '--header'],
    [['flush', '--acl', 'a', '--header', 'authorization: x'], GOOD, '--header'],
    [['flush', '--acl', 'a', '--header', 'host'], GOOD, '--header'],
    [['flush', '--acl', 'a', '--header', 'x: 1', '--header', 'X: 2'], GOOD, '--header'],
    [['flush', '--acl', 'a', '--url', 'example.com/webhook'], GOOD, '--url'],
  ])('64 for %j with %j, and sends nothing', async (args, environment, named) => {
    const { received, url } = await startObedientServer();
    const ran = await send(args, { WEBHOOK_URL: url, ...environment });
    expect(ran).toMatchObject({ code: 64, stdout: '' });
    expect(ran.stderr).toContain(named);
    expect(ran.stderr).not.toContain(SECRET);
    expect(received).toEqual([]);
  });

  it.each<[number, readonly [Behaviour, ...Behaviour[]], string]>([
    [0, [BUSY, drops, ACCEPTED, answers(200, { status: 'applied', heldBy: 1 })], '200 {"status":"applied"'],
    [1, [ACCEPTED, answers(200, { status: 'expired' })], '200 {"status":"expired"}'],
    [1, [ACCEPTED, answers(202, { status: 'pending' })], '202 {"status":"pending"}'],
    [2, [ACCEPTED, refuses(502, 'OKTA001', 'Okta refuses the token')], '"OKTA001"'],
    [2, [refuses(422, 'HOOK005', 'no \u202e')], '422 {"status":422,"code":"HOOK005","detail":"no '],
  ])('%i, trying again and asking what became of it', async (code, behaviours, said) => {
    const { received, posts, url } = await startRecordingServer(...behaviours);
    const ran = await send(['flush', '--acl', 'a', '--url', url, '--wait', '1'], GOOD);
    expect(ran).toMatchObject({ code, stderr: '', stdout: expect.stringContaining(said) });
    expect(new Set(posts().map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    expect(received.length).toBeGreaterThanOrEqual(behaviours.length);
  });

  it.each<[number, string[], Readonly<Record<string, unknown>>]>([
    [0, ['grant', ...IP], { heldBy: 1 }],
    [2, ['grant', ...IP], { overtakenBy: 'a later revoke' }],
    [0, ['revoke', ...IP], { ended: 1 }],
    [1, ['revoke', ...IP], { ended: 0 }],
    [1, ['revoke', ...IP], { ended: 1, heldBy: 1 }],
    [0, ['revoke', ...IP, '--grant-id', 'g'], { ended: 1, heldBy: 1 }],
    [1, ['flush'], { ended: 1, overtakenBy: 'later grants' }],
  ])('%i, as `npm run zone` has it, after %j whose outcome is %j', async (code, args, outcome) => {
    const { url } = await startRecordingServer(ACCEPTED, answers(200, { status: 'applied', ...outcome }));
    expect(await send([...args, '--acl', 'a', '--url', url, '--wait', '1'], GOOD)).toMatchObject({ code, stderr: '' });
  });

  it.each([
    ['a page', answers(200, '<html>Welcome</html>')],
    ['somebody who accepts everything', answers(202, 'fine')],
  ])('takes %s for no webhook, and says so', async (_, behaviour) => {
    const { url } = await startRecordingServer(behaviour);
    const ran = await send(['flush', '--acl', 'a', '--url', url], GOOD);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('this is not how the webhook answers') });
  });

  it('helps', async () => {
    expect(await send(['grant', '--help'], {})).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('WEBHOOK_URL'),
    });
  });
});
