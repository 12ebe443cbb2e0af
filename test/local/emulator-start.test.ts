import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cleanup } from '../../local/emulator/cleanup.ts';
import { localConfig } from '../../local/emulator/local-config.ts';
import { PythonMissing } from '../../local/emulator/python.ts';
import { type Programs, startEmulatorSystem } from '../../local/emulator/start.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { merged } from '../../local/settings.ts';
import { PATIENT } from '../helpers/patient.ts';
import { running } from './emulator-harness.ts';

/** In the place of the emulator: answers as if it were well, with a "worker" beside it. */
const EMULATOR = `#!/usr/bin/env node
const { spawn } = require('node:child_process');
const { appendFileSync } = require('node:fs');
const worker = spawn('sleep', ['1000'], { stdio: 'ignore' });
appendFileSync('PIDS', process.pid + ' ' + worker.pid + ' ');
require('node:http').createServer((request, response) => response.end('{}')).listen(process.env.GATEWAY_PORT, '127.0.0.1');
`;

let folder: string;
let steps: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knocknoc-start-'));
  steps = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function script(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text.replaceAll('PIDS', join(folder, 'pids')));
  await chmod(file, 0o755);
  return file;
}

/** @param cases of a shell's `case` over the CDK's commands; all others do nothing */
async function programs(cases: string, emulator = EMULATOR): Promise<Programs> {
  const python = await script('python', emulator);
  const cdk = `#!/bin/sh\nwaits() { sleep 1000 & printf '%s ' $$ $! >> PIDS; wait; }\ncase "$1" in ${cases} *) ;; esac\n`;
  return { cdk: await script('cdk', cdk), python: async () => python };
}

async function start(using: Programs, signal?: AbortSignal): Promise<string> {
  const starting = startEmulatorSystem(
    {
      config: { acls: { a: { zoneIds: ['nzo1'] } } },
      credentials: apiToken('a-token'),
      progress: { step: (text) => steps.push(text), line: () => {} },
      workDir: join(folder, 'work'),
      ...(signal === undefined ? {} : { signal }),
    },
    using,
  );
  return starting.then(
    () => 'started',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

/** Programs that a failed start left running, and files. */
async function leftOvers(): Promise<string[]> {
  const pids = (await readFile(join(folder, 'pids'), 'utf8').catch(() => '')).split(' ').filter((pid) => pid !== '');
  const files = await readdir(join(folder, 'work')).catch(() => []);
  return [...running(pids.map(Number)).map(String), ...files.filter((name) => name !== 'emulator.log')];
}

describe('a start that fails leaves nothing behind', () => {
  it.each([
    ['synth', 'synthesising the stack'],
    ['bootstrap', 'bootstrapping the account'],
    ['deploy', 'deploying the stack'],
  ])('when cdk %s fails', async (command, step) => {
    const failed = await start(await programs(`${command}) echo "what is wrong" >&2; exit 1 ;;`));
    expect(failed).toBe(`CommandFailed: cdk ${command} failed (exit code 1)\nwhat is wrong`);
    expect(steps).toContain(step);
    expect(await leftOvers()).toEqual([]);
  });

  it('when one step fails while another is under way, which is ended', async () => {
    const failed = await start(await programs('synth) waits ;; bootstrap) exit 7 ;;'));
    expect(failed).toContain('cdk bootstrap failed (exit code 7)');
    expect(await leftOvers()).toEqual([]);
  });

  it('when the emulator does not start', async () => {
    const failed = await start(await programs('', '#!/bin/sh\necho "cannot bind"\nexit 1\n'));
    expect(failed).toMatch(/^Error: the emulator does not start; .*\ncannot bind$/);
    expect(await leftOvers()).toEqual([]);
  });

  it('when there is no Python', async () => {
    const { cdk } = await programs('');
    const failed = await start({ cdk, python: async () => Promise.reject(new PythonMissing('no Python')) });
    expect(failed).toBe('PythonMissing: no Python');
    expect(await leftOvers()).toEqual([]);
  });

  it.each(['synth', 'bootstrap', 'deploy'])('when it is interrupted during cdk %s', async (command) => {
    const stop = new AbortController();
    const starting = start(await programs(`${command}) waits ;;`), stop.signal);
    // The emulator writes two numbers, and so does the command that waits.
    const pids = async () => (await readFile(join(folder, 'pids'), 'utf8')).split(' ').filter(Boolean);
    await vi.waitFor(async () => expect(await pids()).toHaveLength(4), PATIENT);
    expect(await leftOvers()).toHaveLength(5);
    stop.abort(new Error('interrupted'));
    expect(await starting).toBe('Error: interrupted');
    expect(await leftOvers()).toEqual([]);
  });

  it('when it is interrupted before it begins', async () => {
    expect(await start(await programs(''), AbortSignal.abort(new Error('interrupted')))).toBe('Error: interrupted');
    expect(steps).toEqual([]);
    expect(await leftOvers()).toEqual([]);
  });
});

describe('the local configuration', () => {
  it('has the simulator for Okta, and keeps no data unless told to', () => {
    const acls = { a: { zoneIds: ['nzo1'] } };
    const okta = { domain: 'local.okta.com', baseUrl: 'http://127.0.0.1:1' };
    expect(localConfig({ acls }, 'http://127.0.0.1:1')).toEqual({ acls, retainData: false, okta });
    expect(
      localConfig(
        { okta: { domain: 'acme.okta.com', baseUrl: 'https://other' }, retainData: true },
        'http://127.0.0.1:1',
      ),
    ).toEqual({ okta: { domain: 'acme.okta.com', baseUrl: 'http://127.0.0.1:1' }, retainData: true });
  });

  it('takes changes key by key, lists as a whole, and changes nothing in place', () => {
    const settings = { acls: { a: { zoneIds: ['1', '2'], maxGrantMinutes: 5 } }, verifyMinutes: 5 };
    const change = { acls: { a: { zoneIds: ['3'] }, b: { zoneIds: ['4'] } }, verifyMinutes: 7 };
    const result = { acls: { a: { zoneIds: ['3'], maxGrantMinutes: 5 }, b: { zoneIds: ['4'] } }, verifyMinutes: 7 };
    const before = structuredClone(settings);
    expect(merged(settings, change)).toEqual(result);
    expect(settings).toEqual(before);
  });
});

describe('cleaning up', () => {
  it('goes backwards, once, and past what fails', async () => {
    const done: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add(() => void done.push('first made'));
    cleanup.add(() => Promise.reject(new Error('stuck')));
    cleanup.add(async () => void done.push('last made'));
    await expect(Promise.all([cleanup.run(), cleanup.run()])).rejects.toThrow('could not clean up: Error: stuck');
    expect(done).toEqual(['last made', 'first made']);
  });
});
