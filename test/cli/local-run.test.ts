import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findTarget } from '../../cli/find-target.ts';
import { localTarget } from '../../cli/local-run/local-target.ts';
import type { OperatorAddress } from '../../cli/local-run/run-file.ts';
import { announceRun, findRun, type RunDescription } from '../../cli/local-run/run-file.ts';
import type { Item } from '../../lib/ports.ts';
import { ACL, ALICE, CliWorld, TOKEN, ZONE } from './cli-world.ts';
import { typed } from './typed.ts';

const folder = await mkdtemp(join(tmpdir(), 'knocknoc-run-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

function operatorOf({ system: { run } }: CliWorld): OperatorAddress {
  if (run.kind !== 'embedded') throw new Error('not an embedded run');
  return run.operator;
}

function ask({ url }: OperatorAddress, call: string, authorization: string | undefined, method = 'POST') {
  const headers = { ...(authorization !== undefined && { authorization }) };
  return fetch(`${url}/${call}`, { method, headers, ...(method === 'POST' && { body: '[]' }) });
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

describe('the endpoint of an embedded run', () => {
  it('listens on loopback, and answers nobody without the token', async () => {
    const operator = operatorOf(await CliWorld.start());
    expect(new URL(operator.url).hostname).toBe('127.0.0.1');
    for (const authorization of [undefined, '', 'Bearer ', 'Bearer x', `Basic ${operator.token}`, operator.token]) {
      for (const call of ['oktaCredentials.read', 'run.about', 'nothing']) {
        const answer = await ask(operator, call, authorization);
        expect(answer.status).toBe(401);
        expect(await answer.text()).not.toContain(TOKEN);
      }
    }
    expect((await ask(operator, 'run.about', `Bearer ${operator.token}`)).status).toBe(200);
  });

  it('is told to be of another version where it lacks what a command asks for', async () => {
    const world = await CliWorld.start();
    const operator = operatorOf(world);
    // What a later version asks for, by a path that this one does not know.
    const later = localTarget({ ...operator, url: `${operator.url}/later` });
    await expect(later).rejects.toMatchObject({
      ...{
        message: 'the local run is of another version than this command',
        advice: expect.stringContaining('Ctrl-C'),
      },
    });
  });

  it('is not what answers where another program has its port by now', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('<h1>Not Found</h1>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const other = localTarget({ url: `http://127.0.0.1:${port}`, token: 'x' });
    await expect(other).rejects.toMatchObject({ message: 'no local run answers' });
    server.close();
  });

  it('knows its own calls only, and only by POST', async () => {
    const operator = operatorOf(await CliWorld.start());
    const authorization = `Bearer ${operator.token}`;
    const inherited = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
    const notListed = [
      'table.queryPrefix',
      'kms.signers',
      'record.deployedAt',
      'secrets.read',
      'run.about.x',
      'run.about/x',
    ];
    for (const call of ['', '.', 'run', 'run.', '.about', ...notListed, ...inherited]) {
      expect((await ask(operator, call, authorization)).status, call).toBe(404);
    }
    for (const name of inherited) {
      expect((await ask(operator, `run.${name}`, authorization)).status, name).toBe(404);
      expect((await ask(operator, `${name}.${name}`, authorization)).status, name).toBe(404);
    }
    expect((await ask(operator, 'run.about', authorization, 'GET')).status).toBe(404);
  });

  it('tells the configuration as of the last deploy', async () => {
    const world = await CliWorld.start();
    await world.system.redeploy({ verifyMinutes: 7 });
    expect((await world.target()).config).toMatchObject({ verifyMinutes: 7, acls: { [ACL]: { zoneIds: [ZONE] } } });
  });

  it('carries every call of a table', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { table } = await world.target();
    const key = { acl: ACL, item: `GRANT#${ALICE}#` };
    const stored = await table.get(key);
    expect(stored).toMatchObject({ ip: ALICE });
    expect(await all(table.queryPrefix(ACL, 'GRANT#'))).toEqual([stored]);
    expect(await all(table.queryExpiry(ACL, 0, Number.MAX_SAFE_INTEGER))).toEqual([stored]);
    expect(await table.get({ acl: ACL, item: 'GRANT#nobody#' })).toBeUndefined();
    expect(await table.write([{ remove: key, when: [{ absent: true }] }])).toEqual({ written: false, failed: [0] });
  });

  it('tells a failure as one', async () => {
    const world = await CliWorld.start();
    const target = await world.target();
    world.system.functions.table.unreachable = true;
    const { code, notes } = await typed('status', async () => target);
    expect(code).toBe(2);
    expect(notes).toContain('the table does not answer');
  });

  it('that is gone is said to be, with how to start one', async () => {
    const { code, notes } = await typed('status', () => localTarget({ url: 'http://127.0.0.1:9', token: 'x' }));
    expect(code).toBe(2);
    expect(notes).toMatch(/no local run answers\n {2}→ .*npm run local/);
  });
});

describe('the file that says how a local run can be operated', () => {
  const run = (pid: number): RunDescription => ({
    kind: 'embedded',
    pid,
    operator: { url: 'http://127.0.0.1:9', token: 't' },
  });

  it('is for its owner alone, and goes with the run', async () => {
    const file = join(folder, 'one', 'run.json');
    expect(await findRun(file)).toBeUndefined();
    const withdraw = await announceRun(run(1), file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await findRun(file)).toEqual(run(1));
    await withdraw?.();
    expect(await findRun(file)).toBeUndefined();
  });

  it('is how the command line finds the run, which is none when nobody answers there', async () => {
    const file = join(folder, 'three', 'run.json');
    const find = () => typed('status --local', (options) => findTarget(options, {}, file));
    expect(await find()).toMatchObject({ code: 2, notes: expect.stringContaining('no local run') });
    const world = await CliWorld.start();
    await announceRun(world.system.run, file);
    expect(await find()).toMatchObject({ code: 0, out: expect.stringContaining('the local run') });
    const gone = {
      pid: process.pid,
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      stackName: 'Gone',
      webhookUrl: '',
    };
    await announceRun({ kind: 'emulator', ...gone }, file);
    expect(await find()).toMatchObject({ code: 2, notes: expect.stringContaining('no local run') });
  });

  it.each([
    ['is half written', '{"pid":1,"kind":"emb'],
    ['is empty', ''],
    ['is of another version', '{"pid":1,"kind":"embedded"}'],
    ['is of another version, on the emulator', '{"pid":1,"kind":"emulator"}'],
    ['is no description', 'null'],
  ])('names no run where it %s', async (_, text) => {
    const file = join(folder, 'half.json');
    await writeFile(file, text);
    const { code, notes } = await typed('status --local', (options) => findTarget(options, {}, file));
    expect(code).toBe(2);
    expect(notes).toMatch(/^✘ no local run answers\n {2}→ .*npm run local/);
  });

  it('is there as a whole at any moment, also while it is written anew', async () => {
    const file = join(folder, 'six', 'run.json');
    await announceRun(run(1), file);
    let isOver = false;
    const announcing = (async () => {
      for (let times = 0; times < 100; times += 1) await announceRun(run(1), file);
      isOver = true;
    })();
    const seen: unknown[] = [];
    while (!isOver) seen.push(await findRun(file));
    await announcing;
    expect(seen.filter((one) => one === undefined)).toEqual([]);
    expect(await readdir(dirname(file))).toEqual(['run.json']);
  });

  it.each([
    ['--stack', { stack: 'Acme' }],
    ['--region', { region: 'eu-west-1' }],
    ['--endpoint-url', { endpointUrl: 'http://127.0.0.1:9' }],
  ])('is not looked for beside another system: %s is refused by that name', async (option, more) => {
    const { code, notes } = await typed('status', () => findTarget({ local: true, ...more }, {}));
    expect(code).toBe(64);
    expect(notes).toContain(`--local cannot be combined with ${option}: `);
  });

  it('stays when a later run has put its own in the place', async () => {
    const file = join(folder, 'two', 'run.json');
    const withdraw = await announceRun(run(1), file);
    await announceRun(run(2), file);
    await withdraw?.();
    expect(await findRun(file)).toEqual(run(2));
  });

  it('keeps a later run from taking its place while it is there', async () => {
    const file = join(folder, 'four', 'run.json');
    const world = await CliWorld.start();
    const first = { ...world.system.run, pid: process.ppid };
    await announceRun(first, file);
    expect(await announceRun(run(process.pid), file)).toBeUndefined();
    expect(await findRun(file)).toEqual(first);
  });

  it.each([
    ['whose number another process has by now', JSON.stringify(run(process.ppid))],
    ['of another version', '{"pid":1,"kind":"embedded"}'],
    ['that was cut off', '{"pid":'],
  ])('gives way where it is left over from a run that was killed: %s', async (_, left) => {
    const file = join(folder, 'five.json');
    await writeFile(file, left);
    expect(await announceRun(run(process.pid), file)).toBeDefined();
    expect(await findRun(file)).toEqual(run(process.pid));
  });
});
