import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCEPTED,
  APPLIED,
  accepts,
  answers,
  type Behaviour,
  BUSY,
  drops,
  PENDING,
  PROXY_502,
  refuses,
  startRecordingServer,
} from './recording-server.ts';
import { aFolder, canRun, type Environment, oneLine, removeFolders, runScript, virtualPauses } from './script.ts';

const SECRET = Buffer.alloc(40, 'key').toString('base64');
const IP = '203.0.113.7';
type Command = 'add' | 'del' | 'flush';

describe.runIf(canRun)('what the script says of an event that is stored', () => {
  let common: Environment;
  beforeAll(async () => {
    common = { KNOCKNOC_OKTA_SECRET: SECRET, TMPDIR: await aFolder(), ...(await virtualPauses()) };
  });
  afterAll(removeFolders);

  async function run(command: Command, outcomes: readonly Behaviour[], environment: Environment = {}, post = ACCEPTED) {
    const { posts, received, url } = await startRecordingServer(post, ...outcomes);
    const ip = command === 'flush' ? [] : [IP];
    const ran = await runScript([command, 'okta-prod', ...ip], {
      ...{ KNOCKNOC_OKTA_URL: url, ...common },
      ...environment,
    });
    expect(posts()).toHaveLength(1);
    return { ran, asked: received.length - 1 };
  }

  it.each<[Command, Readonly<Record<string, unknown>>, string]>([
    ['add', { status: 'applied' }, `the zone shows ${IP}`],
    ['add', { status: 'applied', heldBy: 2 }, `the zone shows ${IP}`],
    ['add', { status: 'applied', heldBy: 1, overtakenBy: 'a later event on the same grant' }, `the zone shows ${IP}`],
    [
      'add',
      { status: 'applied', heldBy: 0, alwaysAllowed: true, overtakenBy: 'a later flush' },
      `the zone shows ${IP}`,
    ],
    ['del', { status: 'applied', ended: 1, heldBy: 0 }, `the zone does not show ${IP}`],
    ['del', { status: 'applied', ended: 0, heldBy: 0 }, `the zone does not show ${IP}`],
    ['del', { status: 'applied', ended: 0, heldBy: 0, overtakenBy: 'a later revoke' }, `the zone does not show ${IP}`],
    ['del', { status: 'applied', ended: 1, heldBy: 12 }, `the zone still shows ${IP}: other grants hold it (12)`],
    [
      ...(['del', { status: 'applied', ended: 1, heldBy: 0, alwaysAllowed: true }] as const),
      `the zone still shows ${IP}: it is always allowed`,
    ],
    ['flush', { status: 'applied', ended: 3 }, 'the zone shows nobody who was in before'],
    ['flush', { status: 'applied', ended: 0, overtakenBy: 'a later flush' }, 'the zone shows nobody who was in before'],
  ])('0 for %s and %j', async (command, outcome, said) => {
    const { ran } = await run(command, [answers(200, outcome)]);
    expect(ran).toEqual({ code: 0, stdout: oneLine(`stored; ${said}`), stderr: '' });
  });

  it.each<[Command, Readonly<Record<string, unknown>>, string]>([
    [
      ...(['add', { status: 'applied', heldBy: 0, overtakenBy: 'a later revoke' }] as const),
      'not in effect: it was overtaken by a later revoke',
    ],
    [
      ...(['add', { status: 'applied', overtakenBy: 'a later event on the same grant' }] as const),
      'not in effect: it was overtaken by a later event on the same grant',
    ],
    ['add', { status: 'applied', heldBy: 0 }, 'not in effect: it was overtaken by a later event'],
    ['add', { status: 'expired' }, 'not in effect: the grant is over'],
    [
      ...(['del', { status: 'applied', ended: 0, heldBy: 1, overtakenBy: 'later grants' }] as const),
      `the zone still shows ${IP}: overtaken by later grants; is the clock of this machine right?`,
    ],
    [
      ...(['flush', { status: 'applied', ended: 2, overtakenBy: 'later grants' }] as const),
      'the zone still shows some: overtaken by later grants; is the clock of this machine right?',
    ],
  ])('7 for %s and %j', async (command, outcome, said) => {
    const { ran } = await run(command, [answers(200, outcome)]);
    expect(ran).toEqual({ code: 7, stdout: '', stderr: oneLine(`stored, but ${said}`) });
  });

  it.each<[number, Behaviour, string]>([
    [3, refuses(409, 'HOOK003', 'another event had this id'), 'not stored: HOOK003: another event had this id'],
    [
      ...([6, refuses(404, 'HOOK009', 'no such event is known')] as const),
      'stored, but the webhook knows nothing of it any more: HOOK009: no such event is known',
    ],
    [
      ...([4, refuses(502, 'OKTA001', 'Okta refuses the token')] as const),
      'stored; it will be in effect by itself, no need to do it again: OKTA001: Okta refuses the token (once this is mended)',
    ],
    [4, refuses(502, 'STORE001', 'set aside'), 'stored, but not in effect: STORE001: set aside'],
  ])('%i at once, whatever time is left', async (code, outcome, said) => {
    const { ran, asked } = await run('del', [PENDING, outcome]);
    expect(ran).toEqual({ code, stdout: '', stderr: oneLine(said) });
    expect(asked).toBe(2);
  });

  it.each<[string, Behaviour]>([
    ['503', BUSY],
    ['429', answers(429, { message: 'Too Many Requests' })],
    ['no answer', drops],
    ["a proxy's 502", PROXY_502],
    ['401', refuses(401, 'HOOK001', 'no')],
    ['a 404 that is not of this system', answers(404, { message: 'Not Found' })],
    ['a page', answers(200, '<html>Please sign in</html>', { 'content-type': 'text/html' })],
    ['200 with "pending"', answers(200, { status: 'pending' })],
    ['ZONE003, which heals by itself,', refuses(502, 'ZONE003', 'Okta is away')],
    ['OKTA005, which heals by itself,', refuses(502, 'OKTA005', 'Okta is busy')],
  ])('asks again after %s, and never sends the event again', async (_, behaviour) => {
    const { ran, asked } = await run('add', [behaviour, behaviour, APPLIED]);
    expect(ran).toEqual({ code: 0, stdout: oneLine(`stored; the zone shows ${IP}`), stderr: '' });
    expect(asked).toBe(3);
  });

  it.each<[string, Behaviour, number, string | RegExp]>([
    ['pending', PENDING, 6, 'stored, but Okta has not confirmed it within 15 s; it may still come into effect\n'],
    ['503', BUSY, 6, 'it may still come into effect (the last answer: 503)\n'],
    ['403', answers(403, {}), 6, 'it may still come into effect (the last answer: 403)\n'],
    ['nothing', drops, 6, 'it may still come into effect (the last answer: curl: (52) Empty reply from server)\n'],
    [
      'ZONE003',
      refuses(502, 'ZONE003', 'Okta is away'),
      4,
      'no need to log in again: ZONE003: Okta is away (once this is mended)\n',
    ],
  ])('where it is %s until the time is up', async (_, behaviour, code, said) => {
    const { ran, asked } = await run('add', [behaviour]);
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(String(said)) });
    expect(asked).toBeGreaterThan(2);
  });

  it('does not ask where it is not to wait', async () => {
    const { ran, asked } = await run('add', [APPLIED], { KNOCKNOC_OKTA_WAIT: '0' });
    expect(ran).toEqual({ code: 0, stdout: oneLine('stored; what the zone shows was not asked'), stderr: '' });
    expect(asked).toBe(0);
  });

  describe('where the outcome is asked for', () => {
    it('is an address or a path below that of the webhook', async () => {
      for (const whole of [false, true]) {
        const { url, received } = await startRecordingServer(
          accepts((path, id) => `${whole ? 'http://HOST' : ''}${path}/events/a/${id}`.replace('http://HOST', hostOf())),
          APPLIED,
        );
        const hostOf = () => new URL(url).origin;
        const ran = await runScript(['add', 'okta-prod', IP], { ...common, KNOCKNOC_OKTA_URL: ` ${url}/\n` });
        expect(ran).toMatchObject({ code: 0, stderr: '' });
        expect(received.map(({ url: path }) => path.replace(/kk_.*/, 'ID'))).toEqual([
          '/webhook',
          '/webhook/events/a/ID',
        ]);
      }
    });

    it('may have the name by which the webhook was called', async () => {
      const { url, received } = await startRecordingServer(
        accepts((path, id) => `https://api.example.com${path}/events/a/${id}?x=1`),
        APPLIED,
      );
      const environment = { ...common, KNOCKNOC_OKTA_URL: url, KNOCKNOC_OKTA_HOST: 'api.example.com' };
      expect(await runScript(['add', 'okta-prod', IP], environment)).toMatchObject({ code: 0, stderr: '' });
      expect(received.map(({ headers }) => headers.host)).toEqual(['api.example.com', 'api.example.com']);
      expect(received[1]?.url).toMatch(/^\/webhook\/events\/a\/kk_[0-9a-f]+\?x=1$/);
    });

    it('is followed nowhere else, and the line says so', async () => {
      const other = await startRecordingServer(APPLIED);
      for (const place of [
        undefined,
        other.url.replace('/webhook', '/webhook/events/okta-prod/kk_1'),
        '//127.0.0.1:1/webhook/events/okta-prod/kk_1',
        '/other/events/okta-prod/kk_1',
        '/webhook/events/../../other',
        '/webhook/events/./kk_1',
        '/webhook/events/a"b',
        '/webhook/events/a\\b',
        '/webhook/events/a b',
        '/webhook',
        'events/okta-prod/kk_1',
      ]) {
        const { ran, asked } = await run(
          'del',
          [APPLIED],
          {},
          accepts(() => place),
        );
        expect(ran).toMatchObject({ code: 6, stdout: '' });
        expect(ran.stderr).toMatch(
          /^[^\n]*: stored, but not known to be in effect: [^\n]*outside of KNOCKNOC_OKTA_URL[^\n]*\n$/,
        );
        expect(ran.stderr).toContain(place ?? 'no place at all');
        expect(asked).toBe(0);
      }
      expect(other.received).toEqual([]);
    });
  });
});
