import { readFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRIES } from '../../bench/flood.ts';
import { decodeWebhookKey, keysThatSigned } from '../../lib/webhook/webhook-signature.ts';
import {
  ACCEPTED,
  APPLIED,
  answers,
  type Behaviour,
  BUSY,
  drops,
  dropsHalfway,
  neverAnswers,
  PENDING,
  PROXY_502,
  type Received,
  refuses,
  startRecordingServer,
} from './recording-server.ts';
import { aFolder, canRun, type Environment, oneLine, removeFolders, runScript, virtualPauses } from './script.ts';

const SECRET = `whsec_${Buffer.alloc(40, 'key').toString('base64')}`;
const IP = '203.0.113.7';
const THROTTLED = answers(429, { message: 'Too Many Requests' });
const IN = { code: 0, stdout: oneLine(`stored; the zone shows ${IP}`), stderr: '' };
const OUT = { code: 0, stdout: oneLine(`stored; the zone does not show ${IP}`), stderr: '' };
const GONE = answers(200, { status: 'applied', ended: 1, heldBy: 0 });

/** The body of all posts, once it is clear that each request is signed, and all with one id. */
function theOneEvent(received: readonly Received[]): Record<string, unknown> {
  const bytes = decodeWebhookKey(SECRET) ?? Buffer.alloc(0);
  for (const { body, headers, method } of received) {
    const header = (name: string) => String(headers[name]);
    const [id, timestamp, signatures] = [
      header('webhook-id'),
      header('webhook-timestamp'),
      header('webhook-signature'),
    ];
    if (method === 'POST') expect(header('content-type')).toBe('application/json');
    else expect([method, body]).toEqual(['GET', '']);
    expect(keysThatSigned([{ bytes }], { id, timestamp, signatures, body: Buffer.from(body) })).toHaveLength(1);
    // The library parses what it has verified, and there is nothing in a GET.
    if (method === 'POST')
      expect(() => new Webhook(SECRET).verify(body, headers as Record<string, string>)).not.toThrow();
  }
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const bodies = [...new Set(received.flatMap(({ body, method }) => (method === 'POST' ? [body] : [])))];
  expect(bodies).toHaveLength(1);
  return JSON.parse(bodies[0] ?? '');
}

describe.runIf(canRun)('how the script sends', () => {
  let temporary: string;
  let quick: Environment;
  beforeAll(async () => {
    temporary = await aFolder();
    quick = await virtualPauses();
  });
  afterAll(removeFolders);

  async function run(
    command: 'add' | 'del' | 'flush',
    behaviours: readonly [Behaviour, ...Behaviour[]],
    environment: Environment = {},
  ) {
    const { posts, received, url } = await startRecordingServer(...behaviours);
    const ran = await runScript([command, 'okta-prod', ...(command === 'flush' ? [] : [IP])], {
      KNOCKNOC_OKTA_URL: url,
      KNOCKNOC_OKTA_SECRET: SECRET,
      TMPDIR: temporary,
      ...environment,
    });
    return { run: ran, received, posts: posts() };
  }

  it('posts the event once, and asks for its outcome where the answer says', async () => {
    const { run: ran, received } = await run('add', [ACCEPTED, PENDING, APPLIED], quick);
    expect(ran).toEqual(IN);
    expect(theOneEvent(received)).toEqual({
      type: 'access.granted',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
      data: { acl: 'okta-prod', ip: IP },
    });
    const place = `/webhook/events/okta-prod/${received[0]?.headers['webhook-id']}?q=a.b-c_d%3D&n=2`;
    expect(received.map(({ method, url }) => [method, url])).toEqual([
      ['POST', '/webhook'],
      ['GET', place],
      ['GET', place],
    ]);
  });

  describe.concurrent('again, with the same id and a good signature each time', () => {
    it.each<[string, Behaviour]>([
      ['answers 503', BUSY],
      ['drops connections', drops],
      ['drops connections half-way', dropsHalfway],
      ['is behind a proxy that answers 502 with a page', PROXY_502],
      ['answers 429', THROTTLED],
      ['answers 500', answers(500, { message: 'Internal Server Error' })],
      ['answers 504', answers(504, { message: 'Endpoint request timed out' })],
    ])('where the webhook %s twice', async (_, behaviour) => {
      const { run: ran, received, posts } = await run('add', [behaviour, behaviour, ACCEPTED, APPLIED], quick);
      expect(ran).toEqual(IN);
      expect([posts.length, received.length]).toEqual([3, 4]);
      theOneEvent(received);
    });

    it('where the webhook does not answer the first time', async () => {
      const { run: ran, received, posts } = await run('add', [neverAnswers, ACCEPTED, APPLIED], quick);
      expect(ran).toEqual(IN);
      expect(posts).toHaveLength(2);
      theOneEvent(received);
    });

    it.each([
      ['del', GONE, OUT],
      ['add', APPLIED, IN],
    ] as const)('%s although it is turned away for half a minute', async (command, outcome, said) => {
      const turnedAway = [THROTTLED, BUSY, drops, THROTTLED, THROTTLED, PROXY_502] as const;
      const { run: ran, received, posts } = await run(command, [...turnedAway, ACCEPTED, outcome], quick);
      expect(ran).toEqual(said);
      expect(posts).toHaveLength(7);
      theOneEvent(received);
    });

    it.each([
      ['del', 120],
      ['flush', 120],
      ['add', 60],
    ] as const)('%s for all of its %i seconds, and then says that it is not stored', async (command, seconds) => {
      const { run: ran, posts } = await run(command, [THROTTLED], quick);
      expect(ran.code).toBe(5);
      expect(ran.stdout).toBe('');
      expect(ran.stderr).toBe(
        oneLine(`not stored: no usable answer from the webhook (tries: ${posts.length}; the last: it answered 429)`),
      );
      // 1, 2, 4 and then 8 seconds apart. The model of a flood has the tries of an `add`.
      for (const tries of command === 'add' ? [posts.length, TRIES] : [posts.length]) {
        expect(tries).toBeGreaterThanOrEqual(3 + (seconds - 7) / 10);
        expect(tries).toBeLessThanOrEqual(6 + (seconds - 7) / 8);
      }
      theOneEvent(posts);
    });

    it.each<[string, Behaviour, string]>([
      ['503', BUSY, 'it answered 503, HOOK007: the event could not be put onto the queue; try again'],
      ['502 with a page', PROXY_502, 'it answered 502'],
      ['nothing and drops the connection', drops, 'curl: (52) Empty reply from server'],
    ])('and says that the event may have arrived where it answers %s every time', async (_, behaviour, last) => {
      const { run: ran, posts } = await run('add', [behaviour], { KNOCKNOC_OKTA_PATIENCE: '0' });
      const said = `not stored, as far as is known: no usable answer from the webhook (tries: 1; the last: ${last})`;
      expect(ran).toEqual({ code: 5, stdout: '', stderr: oneLine(said) });
      expect(posts).toHaveLength(1);
    });

    it('and says that it is not stored where nobody listens', async () => {
      const nobody = { ...quick, KNOCKNOC_OKTA_URL: 'http://127.0.0.1:1/webhook', KNOCKNOC_OKTA_PATIENCE: '3' };
      const { run: ran } = await run('del', [drops], nobody);
      expect(ran).toMatchObject({ code: 5, stderr: expect.stringMatching(/: not stored: .*tries: 3; .*curl: \(7\) /) });
    });
  });

  describe.concurrent('how long it pauses', () => {
    const pauses = async (...retryAfter: readonly (string | undefined)[]) => {
      const folder = await aFolder();
      const [first = BUSY, ...others] = retryAfter.map((text) =>
        answers(503, {}, text === undefined ? {} : { 'retry-after': text }),
      );
      const { run: ran } = await run('del', [first, ...others, ACCEPTED, GONE], {
        ...(await virtualPauses(`${folder}/pauses`)),
      });
      expect(ran).toEqual(OUT);
      const asked = (await readFile(`${folder}/pauses`, 'utf8')).trim().split('\n').map(Number);
      // Below a second it waits for its turn to take the time.
      return asked.filter((seconds) => seconds >= 1).map(Math.floor);
    };

    it('doubles up to eight seconds', async () => {
      expect(await pauses(...Array.from({ length: 6 }, () => undefined))).toEqual([1, 2, 4, 8, 8, 8]);
    });

    it('is what the answer asks for, where that is plausible', async () => {
      expect(await pauses('5', '0', '3')).toEqual([5, 2, 4]);
      expect(await pauses('-1', 'soon', '1e9', 'Sat, 28 Nov 2026 04:00:00 GMT', '007')).toEqual([1, 2, 4, 8, 8]);
    });

    it('is half a minute at most, whatever the answer asks for', async () => {
      expect(await pauses('86400', '999999', '99999999999999999999')).toEqual([30, 30, 4]);
    });
  });

  it('asks the webhook to wait for what is left of the time', async () => {
    const preferred = async (environment: Environment) => {
      const { received } = await run('add', [ACCEPTED, APPLIED], environment);
      return received.map(({ headers }) => headers.prefer);
    };
    expect(await preferred({})).toEqual([undefined, 'wait=15']);
    expect(await preferred({ KNOCKNOC_OKTA_WAIT: '08\n' })).toEqual([undefined, 'wait=8']);
    expect(await preferred({ KNOCKNOC_OKTA_WAIT: '0' })).toEqual([undefined]);
  });

  it('gives each run an id of its own', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => run('add', [ACCEPTED, APPLIED])));
    const ids = runs.map(({ posts }) => String(posts[0]?.headers['webhook-id']));
    expect(ids.every((id) => /^kk_[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });

  it.each<[string, Behaviour]>([
    ['200 with a page', answers(200, '<html>Please sign in</html>', { 'content-type': 'text/html' })],
    ['200 with nothing', answers(200, '')],
    ['200 with an answer of something else', answers(200, { status: 'ok' })],
    ['200 with "accepted"', answers(200, { status: 'accepted' })],
    ['202 with a word that it does not know', answers(202, { status: 'perhaps' })],
    ['204', answers(204, '')],
    ['a redirect', answers(301, '', { location: '/webhook' })],
  ])('never takes %s for stored', async (_, behaviour) => {
    const { run: ran, received } = await run('add', [behaviour]);
    expect(ran).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('check KNOCKNOC_OKTA_URL') });
    expect(ran.stderr).toContain(': not stored: ');
    expect(received).toHaveLength(1);
  });

  it.each([
    [400, 'HOOK003'],
    [401, 'HOOK001'],
    [401, 'HOOK002'],
    [404, 'HOOK004'],
    [422, 'HOOK005'],
    [422, 'HOOK006'],
  ])('takes %i %s for refused, and does not try again', async (status, code) => {
    const { run: ran, received } = await run('del', [refuses(status, code, 'the reason')]);
    const what = { HOOK004: ': okta-prod', HOOK005: `: ${IP}` }[code] ?? '';
    expect(ran).toEqual({ code: 3, stdout: '', stderr: oneLine(`not stored: ${code}: the reason${what}`) });
    expect(received).toHaveLength(1);
  });

  it('names the list of sources where the API refuses the machine', async () => {
    const { run: ran } = await run('del', [answers(403, { message: 'Forbidden' })]);
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('allowFrom') });
  });
});
