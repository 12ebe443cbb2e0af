import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { findConfigFile, findTarget } from '../../cli/find-target.ts';
import { VERSION } from '../../lib/version.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../docs/documents.ts';
import { started } from './started.ts';
import { typed } from './typed.ts';

const folder = mkdtempSync(join(tmpdir(), 'knocknoc-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [bin = ''] = Object.values(packageJson.bin);

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return started([process.execPath, join(ROOT, bin), ...args], environment, folder);
}

describe.concurrent('the program', () => {
  it('helps from any folder', async () => {
    const { code, out, notes } = await run(['doctor', '--help']);
    expect({ code, notes }).toEqual({ code: 0, notes: '' });
    expect(out).toContain('npm run zone -- doctor --local');
  });

  it('has its exit code for a mistake, and suggests what was meant', async () => {
    const { code, out, notes } = await run(['sttus']);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(notes).toContain('status');
  });

  it('says which variable is missing when AWS cannot be found', async () => {
    const nowhere = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', HOME: folder };
    const noRegion = await run(['status'], nowhere);
    expect(noRegion).toMatchObject({ code: 2, out: '', notes: expect.stringContaining('AWS_REGION') });
    const nobody = await run(['status'], { ...nowhere, AWS_REGION: 'eu-west-1' });
    expect(nobody).toMatchObject({ code: 2, out: '', notes: expect.stringContaining('AWS_PROFILE') });
  });
});

describe('completion', () => {
  it('is of three shells, and says which', async () => {
    const nowhere = () => Promise.reject(new Error('no system was needed'));
    expect(await typed('completion tcsh', nowhere)).toMatchObject({ code: 64, notes: expect.stringContaining('fish') });
  });
});

describe('the version', () => {
  it('is printed without looking for a system', async () => {
    const nowhere = () => Promise.reject(new Error('no system was needed'));
    expect(await typed('--version', nowhere)).toEqual({ code: 0, out: VERSION, notes: '' });
  });
});

describe('the system that is meant', () => {
  it('is the local one or a stack, not both', async () => {
    await expect(findTarget({ local: true, stack: 'KnocknocOkta' }, {})).rejects.toMatchObject({ exitCode: 64 });
  });

  it('cannot be found by a configuration file that cannot be read', async () => {
    await expect(findTarget({ local: false, config: join(folder, 'none.json') }, {})).rejects.toMatchObject({
      advice: expect.stringContaining('--stack'),
    });
  });
});

describe('the configuration file', () => {
  it('is read where it is named or lies here, and its mistakes are told', () => {
    const back = cwd();
    chdir(folder);
    try {
      expect(findConfigFile(undefined)).toBeUndefined();
      writeFileSync(
        'config.json',
        JSON.stringify({ okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['nzo1'] } } }),
      );
      expect(findConfigFile(undefined)).toMatchObject({ path: 'config.json', config: { stackName: 'KnocknocOkta' } });
      writeFileSync('bad.json', '{}');
      expect(findConfigFile('bad.json')).toMatchObject({ problem: expect.stringContaining('acls') });
    } finally {
      chdir(back);
    }
  });
});
