import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startObedientServer } from './recording-server.ts';
import { aFolder, canRun, type Environment, removeFolders, runScript } from './script.ts';
import { realTool, type Signer, toolbox, withDate } from './toolbox.ts';

const SECRET = Buffer.alloc(32, 1).toString('base64');
/** Now and whole seconds, in nanoseconds: the faked clocks begin here. */
const START = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000_000n;
const SECOND = 1_000_000_000n;

/** A `date` that says it is `$FAKE_NOW` nanoseconds since the epoch. */
const FAKED = [
  'case "$*" in',
  '+%s%N) echo "$FAKE_NOW"; exit;;',
  '+%s) echo "$FAKE_NOW" | cut -c 1-10; exit;;',
  'esac',
];
/** A `date` as on macOS: it knows no %N, no `-d`, and `-r` takes seconds. */
const BSD = [
  'case "$1" in',
  `+%s%N) echo "$(${realTool('date')} +%s)N"; exit;;`,
  '-u) case "$2" in',
  '  -d) echo "date: illegal option -- d" >&2; exit 1;;',
  `  -r) ${realTool('date')} -u -d "@$3" "$4" 2>/dev/null || exec ${realTool('date')} -u -r "$3" "$4"; exit;;`,
  '  esac;;',
  'esac',
];

describe.runIf(canRun)('the time of an event', () => {
  let server: Awaited<ReturnType<typeof startObedientServer>>;
  beforeAll(async () => {
    server = await startObedientServer();
  });
  afterAll(removeFolders);

  /** Runs the script, and gives the time that it said, in nanoseconds. */
  async function timeOf(temporary: string, environment: Environment = {}): Promise<bigint> {
    const { length } = server.posts();
    const run = await runScript(['flush', 'okta-prod'], {
      KNOCKNOC_OKTA_URL: server.url,
      KNOCKNOC_OKTA_SECRET: SECRET,
      TMPDIR: temporary,
      ...environment,
    });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    return saidBy(server.posts()[length]?.body ?? '{}');
  }

  async function increases(moments: readonly bigint[], environment: (at: bigint) => Environment) {
    const temporary = await aFolder();
    const said: bigint[] = [];
    for (const at of moments) said.push(await timeOf(temporary, environment(at)));
    expect(said.every((time, i) => i === 0 || time > (said[i - 1] ?? 0n))).toBe(true);
    return said;
  }

  it('is now', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const said = await timeOf(await aFolder());
    expect(said >= before && said <= BigInt(Date.now() + 1) * 1_000_000n).toBe(true);
  });

  it('is good to the nanosecond, and later than that of the run before though the clock steps back', async () => {
    const path = await withDate(process.env.PATH ?? '', ...FAKED);
    const moments = [START + 123_456_789n, START + 123_456_789n, START - 5n * SECOND, START - 3_000n * SECOND];
    const said = await increases([...moments, START + SECOND], (at) => ({ PATH: path, FAKE_NOW: String(at) }));
    const [first = 0n] = moments;
    expect(said).toEqual([first, first + 1n, first + 2n, first + 3n, START + SECOND]);
  });

  it('is that of the clock again where an earlier run had one that was hours ahead', async () => {
    const path = await withDate(process.env.PATH ?? '', ...FAKED);
    const temporary = await aFolder();
    for (const at of [START + 7_200n * SECOND, START]) {
      expect(await timeOf(temporary, { PATH: path, FAKE_NOW: String(at) })).toBe(at);
    }
  });

  it.each<[string, Signer]>([
    ['perl, to the microsecond', 'perl'],
    ['nothing finer, to the second', 'openssl'],
  ])('increases with a date like that of macOS and %s', async (_, signer) => {
    const path = await withDate(await toolbox(signer), ...BSD);
    const said = await increases([1n, 2n, 3n, 4n], () => ({ PATH: path }));
    const now = BigInt(Date.now()) * 1_000_000n;
    for (const time of said) expect(time > now - 60n * SECOND && time <= now + SECOND).toBe(true);
    const [first = 1n] = said;
    expect(first % (signer === 'perl' ? 1_000n : SECOND)).toBe(0n);
  });

  it('differs between runs at the same moment', async () => {
    const path = await withDate(process.env.PATH ?? '', ...FAKED);
    const temporary = await aFolder();
    const { length } = server.posts();
    const runs = Array.from({ length: 12 }, () => timeOf(temporary, { PATH: path, FAKE_NOW: String(START) }));
    await Promise.all(runs);
    const said = server
      .posts()
      .slice(length)
      .map(({ body }) => saidBy(body) - START);
    expect(said.sort((a, b) => Number(a - b))).toEqual(Array.from({ length: 12 }, (_, i) => BigInt(i)));
  });

  it('is told although an earlier run was killed while it held the lock', async () => {
    const temporary = await aFolder();
    await timeOf(temporary);
    const [name = ''] = await readdir(temporary);
    const lock = join(temporary, name, 'lock');
    await mkdir(lock);
    const longAgo = new Date(Date.now() - 300_000);
    await utimes(lock, longAgo, longAgo);
    await timeOf(temporary);
    expect(await readdir(join(temporary, name))).toEqual(['last']);
  });

  it('is told where there is nowhere to remember it', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    expect((await timeOf('/dev/null')) >= before).toBe(true);
  });
});

function saidBy(body: string): bigint {
  const [, seconds = '', fraction = ''] = /"timestamp":"([^".]+)\.(\d{9})Z"/.exec(body) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction);
}
