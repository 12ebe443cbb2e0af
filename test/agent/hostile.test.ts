import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCEPTED, APPLIED, answers, type Behaviour, refuses, startRecordingServer } from './recording-server.ts';
import { aFolder, canRun, type Environment, removeFolders, runScript } from './script.ts';

const SECRET = Buffer.alloc(40, 'key').toString('base64');
const IP = '203.0.113.7';
const MEGABYTE = 1024 * 1024;

/** What steers a terminal or the order of what it shows: C0, DEL, C1, marks of direction, what has no width. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/u;

describe.runIf(canRun)('what comes from outside', () => {
  let common: Environment;
  beforeAll(async () => {
    common = { KNOCKNOC_OKTA_SECRET: SECRET, TMPDIR: await aFolder(), KNOCKNOC_OKTA_PATIENCE: '0' };
  });
  afterAll(removeFolders);

  async function run(behaviours: readonly [Behaviour, ...Behaviour[]], environment: Environment = {}) {
    const { received, url } = await startRecordingServer(...behaviours);
    const ran = await runScript(['del', 'okta-prod', IP], { KNOCKNOC_OKTA_URL: url, ...common, ...environment });
    return { ran, received };
  }

  const NASTY = `a\u001b[31mb\u009b2Jc\u202ed\u2066e\u200bf\u061cg\u00adh\u0007i\u007fj\ufeffk\u{e0041}l`;

  it.each<[string, readonly [Behaviour, ...Behaviour[]]]>([
    ['a refusal', [answers(422, `{"code":"HOOK005","detail":"${NASTY}\r\nnext"}`)]],
    ['its code', [answers(422, `{"code":"${NASTY}","detail":"x"}`)]],
    ['a failure of the zone', [ACCEPTED, refuses(502, 'ZONE002', NASTY)]],
    ['who overtook it', [ACCEPTED, answers(200, { status: 'applied', heldBy: 1, overtakenBy: NASTY })]],
    [
      'bytes that are no text',
      [
        answers(
          422,
          Buffer.from([...Buffer.from('{"code":"A","detail":"'), 0, 0x9b, 0xff, 0xc3, 0x22, 0x7d]).toString('latin1'),
        ),
      ],
    ],
    ['what is no HTTP', [(response) => response.socket?.end(`curl: (1) ${NASTY}\n`)]],
    [
      'where the outcome is',
      [(response) => response.writeHead(202, { location: 'http://x/\u009b2J' }).end('{"status":"accepted"}')],
    ],
  ])('never steers the terminal: %s', async (_, behaviours) => {
    const { ran } = await run(behaviours);
    expect(ran.code).toBeGreaterThan(2);
    expect(ran.stdout + ran.stderr).not.toMatch(STEERING);
    expect(ran.stderr).toMatch(/^knocknoc-okta\.sh: [^\n]+\n$/);
  });

  it('keeps the letters of a reason', async () => {
    const detail = 'Okta: "no" \\ é\n\u001b[31mred\t.';
    const { ran } = await run([ACCEPTED, refuses(502, 'ZONE002', detail)]);
    expect(ran.stderr).toMatch(/^[^\n]*ZONE002: Okta: "no" \\ é [^\n]*red \. \(once this is mended\)\n$/);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['in pieces of unsaid length', {}],
    ['of a length that it says', { 'content-length': String(200 * MEGABYTE) }],
  ])('is read up to a limit, where an answer has 200 MB %s', async (_, headers) => {
    for (const before of [[], [ACCEPTED]] as const) {
      let sent = 0;
      const floods: Behaviour = (response) => {
        response.writeHead(202, { 'content-type': 'application/json', ...headers });
        const more = () => {
          while (sent < 200 * MEGABYTE) {
            sent += MEGABYTE;
            if (!response.write(Buffer.alloc(MEGABYTE, '"'))) return;
          }
          response.end();
        };
        response.on('drain', more);
        more();
      };
      const { ran } = await run(before.length === 0 ? [floods] : [ACCEPTED, floods], { KNOCKNOC_OKTA_WAIT: '1' });
      expect(ran).toMatchObject({ code: before.length === 0 ? 5 : 6, stdout: '' });
      expect(ran.stderr).toContain('it answered with more than 16384 bytes');
      // What lies in the buffers between the two.
      expect(sent).toBeLessThan(32 * MEGABYTE);
    }
  });

  it('is a header once, however many headers an answer has', async () => {
    const { ran } = await run([
      (response) => response.writeHead(202, { 'x-long': 'y'.repeat(12_000) }).end('{"status":"accepted"}'),
    ]);
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('at no place at all') });
  });
});

describe.runIf(canRun)('names that come with a login', () => {
  let common: Environment;
  beforeAll(async () => {
    common = { KNOCKNOC_OKTA_SECRET: ` whsec_${SECRET}\r\n`, TMPDIR: await aFolder() };
  });
  afterAll(removeFolders);

  /** What is sent for add and del with this environment. */
  async function sent(environment: Environment) {
    const { posts, url } = await startRecordingServer(ACCEPTED, APPLIED, ACCEPTED, answers(200, { status: 'applied' }));
    for (const command of ['add', 'del']) {
      const ran = await runScript([command, 'okta-prod', IP], { KNOCKNOC_OKTA_URL: url, ...common, ...environment });
      expect(ran).toMatchObject({ code: 0, stderr: '' });
    }
    return posts().map(({ body }): Record<string, unknown> => JSON.parse(body).data);
  }

  it.each<[string, string]>([
    ['Zoë O\'Hara <z@example.com> $(id) %s \\n "x"', 'Zoë O\'Hara <z@example.com> $(id) %s \\n "x"'],
    ['  alice@example.com\n', 'alice@example.com'],
    ['a\u001b[31mb\nc\u007fd', 'a [31mb c d'],
    ['日本 🙂', '日本 🙂'],
    ['a\u009bb\ufffec', 'a??b???c'],
    ['x'.repeat(600), 'x'.repeat(512)],
    ['ö'.repeat(257), 'ö'.repeat(85)],
    ['\u{1f642}'.repeat(100), '\u{1f642}'.repeat(42)],
  ])('never refuse it: the user %j', async (user, as) => {
    const [add, del] = await sent({ KNOCKNOC_USER: user });
    expect(add?.user).toBe(as);
    expect(del).not.toHaveProperty('user');
  });

  it('never refuse it: what is not there', async () => {
    const [add, del] = await sent({ KNOCKNOC_USER: ' \n', KNOCKNOC_GRANT_ID: '\n', KNOCKNOC_GRANT_MINUTES: ' 90\n' });
    expect(add).toEqual({ acl: 'okta-prod', ip: IP, durationSeconds: 5400 });
    expect(del).toEqual({ acl: 'okta-prod', ip: IP });
  });

  it('never refuse it: a grant id is the same for add and del, and two stay two', async () => {
    const ids: unknown[] = [];
    for (const id of [
      'session 42 "é"',
      'a\nb',
      'a b',
      'allowlist',
      'a\u0085b',
      'x'.repeat(512),
      'x'.repeat(513),
      'x'.repeat(514),
      'ö'.repeat(200),
    ]) {
      const [add, del] = await sent({ KNOCKNOC_GRANT_ID: `${id}\n` });
      expect(add?.grantId).toBe(del?.grantId);
      expect(add?.grantId).toMatch(/^\P{Cc}{1,512}$/u);
      ids.push(add?.grantId);
    }
    expect(ids.filter((id) => !/^id_[0-9a-f]{64}$/.test(String(id)))).toEqual([
      'session 42 "é"',
      'a b',
      'x'.repeat(512),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
