import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysThatSigned } from '../../lib/webhook/webhook-signature.ts';
import {
  ACCEPTED,
  APPLIED,
  answers,
  type Behaviour,
  drops,
  dropsHalfway,
  neverAnswers,
  PROXY_502,
  type Received,
  startRecordingServer,
} from './recording-server.ts';
import { aFolder, canRun, type Environment, oneLine, removeFolders, runScript } from './script.ts';

const SECRET = `whsec_${Buffer.alloc(40, 'key').toString('base64')}`;
const BUSY = answers(503, { code: 'HOOK007', detail: 'the event could not be put onto the queue; try again' });
const OK = { code: 0, stdout: '', stderr: '' };

/** The id and the body of all requests, once it is clear that each is signed. */
function theOneEvent(received: readonly Received[]): Record<string, unknown> {
  const keys = [{ bytes: Buffer.from(SECRET.replace('whsec_', ''), 'base64') }];
  for (const { body, headers, method } of received) {
    const header = (name: string) => String(headers[name]);
    const [id, timestamp, signatures] = [
      header('webhook-id'),
      header('webhook-timestamp'),
      header('webhook-signature'),
    ];
    expect(method).toBe('POST');
    expect(header('content-type')).toBe('application/json');
    expect(keysThatSigned(keys, { id, timestamp, signatures, body: Buffer.from(body) })).toEqual(keys);
    expect(() => new Webhook(SECRET).verify(body, headers as Record<string, string>)).not.toThrow();
  }
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const bodies = [...new Set(received.map(({ body }) => body))];
  expect(bodies).toHaveLength(1);
  return JSON.parse(bodies[0] ?? '');
}

describe.runIf(canRun)('how the script sends', () => {
  let temporary: string;
  beforeAll(async () => {
    temporary = await aFolder();
  });
  afterAll(removeFolders);

  async function add(behaviours: readonly [Behaviour, ...Behaviour[]], environment: Environment = {}) {
    const { received, url } = await startRecordingServer(...behaviours);
    const run = await runScript(['add', 'okta-prod', '203.0.113.7'], {
      KNOCKNOC_OKTA_URL: url,
      KNOCKNOC_OKTA_SECRET: SECRET,
      TMPDIR: temporary,
      ...environment,
    });
    return { run, received };
  }

  describe.concurrent('again, with the same id and a good signature each time', () => {
    it('where the webhook does not answer the first time', async () => {
      const { run, received } = await add([neverAnswers, ACCEPTED], { KNOCKNOC_OKTA_WAIT: '0' });
      expect(run).toEqual(OK);
      expect(received).toHaveLength(2);
      theOneEvent(received);
    });

    it('and gives up with 5 where it never answers', async () => {
      const once = { KNOCKNOC_OKTA_WAIT: '0', KNOCKNOC_OKTA_ATTEMPTS: '1' };
      const { run } = await add([neverAnswers], once);
      expect(run).toMatchObject({
        code: 5,
        stdout: '',
        stderr: expect.stringMatching(/tries: 1; .*curl: \(28\) .*\n$/),
      });
    });

    it.each<[string, Behaviour]>([
      ['answers 503', BUSY],
      ['drops connections', drops],
      ['drops connections half-way', dropsHalfway],
      ['is behind a proxy that answers 502 with a page', PROXY_502],
      ['answers 429', answers(429, { message: 'Too Many Requests' })],
      ['answers 500', answers(500, { message: 'Internal Server Error' })],
      ['answers 504', answers(504, { message: 'Endpoint request timed out' })],
    ])('where the webhook %s twice', async (_, behaviour) => {
      const { run, received } = await add([behaviour, behaviour, APPLIED]);
      expect(run).toEqual(OK);
      expect(received).toHaveLength(3);
      expect(theOneEvent(received)).toEqual({
        type: 'access.granted',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
        data: { acl: 'okta-prod', ip: '203.0.113.7' },
      });
    });

    it.each<[string, Behaviour, string]>([
      ['503', BUSY, 'it answered 503, HOOK007: the event could not be put onto the queue; try again'],
      ['502 with a page', PROXY_502, 'it answered 502'],
      ['nothing and drops the connection', drops, 'curl: (52) Empty reply from server'],
    ])('and gives up with 5 where it answers %s every time', async (_, behaviour, last) => {
      const { run, received } = await add([behaviour], { KNOCKNOC_OKTA_ATTEMPTS: '2' });
      const said = oneLine(`no usable answer from the webhook (tries: 2; the last: ${last})`);
      expect(run).toEqual({ code: 5, stdout: '', stderr: said });
      expect(received).toHaveLength(2);
      theOneEvent(received);
    });
  });

  it('asks the webhook to wait, unless it is not to', async () => {
    const preferred = async (environment: Environment) =>
      (await add([environment.KNOCKNOC_OKTA_WAIT === '0' ? ACCEPTED : APPLIED], environment)).received.map(
        ({ headers }) => headers.prefer,
      );
    expect(await preferred({})).toEqual(['wait=15']);
    expect(await preferred({ KNOCKNOC_OKTA_WAIT: '08' })).toEqual(['wait=8']);
    expect(await preferred({ KNOCKNOC_OKTA_WAIT: '0' })).toEqual([undefined]);
  });

  it('gives each run an id of its own', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => add([APPLIED])));
    const ids = runs.flatMap(({ received }) => received.map(({ headers }) => String(headers['webhook-id'])));
    expect(ids.every((id) => /^kk_[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });

  it.each<[string, Behaviour]>([
    ['200 with a page', answers(200, '<html>Please sign in</html>', { 'content-type': 'text/html' })],
    ['200 with nothing', answers(200, '')],
    ['200 with an answer of something else', answers(200, { status: 'ok' })],
    ['202 with a word that it does not know', answers(202, { status: 'perhaps' })],
    ['204', answers(204, '')],
    ['a redirect', answers(301, '')],
  ])('never takes %s for success', async (_, behaviour) => {
    const { run, received } = await add([behaviour]);
    expect(run).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('check KNOCKNOC_OKTA_URL') });
    expect(received).toHaveLength(1);
  });

  it('takes "accepted" from a webhook that does not wait for not confirmed', async () => {
    expect((await add([ACCEPTED])).run).toMatchObject({ code: 6 });
  });

  it('says what the webhook says, in one line and without its control characters', async () => {
    const detail = 'Okta: "no" \\ é\n\u001b[31mred\t.';
    const { run } = await add([answers(502, { code: 'ZONE002', detail })]);
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/^[^\n]*ZONE002: Okta: "no" \\ é [^\n]*red \.\n$/);
    expect(run.stderr).not.toContain('\u001b');
  });
});
