import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const MISSING = 'The dependencies are not installed. Run `npm ci` first.\n';
/** Without the programs of this project, as in a fresh clone. Its Node.js stands in for the caller's. */
const PATH = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]
  .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  .join(delimiter);

let clone: string;

/** What a command of a shell ends with, in the clone. */
function run(command: string) {
  const { status, stdout, stderr } = spawnSync(command, {
    ...{ cwd: clone, shell: true, encoding: 'utf8', env: { PATH } },
  });
  return { status, output: stdout + stderr };
}

beforeEach(() => {
  clone = mkdtempSync(join(inject('temporaryFolder'), 'clone-'));
  for (const part of ['package.json', 'scripts', 'cli/zone.js']) cpSync(part, join(clone, part), { recursive: true });
});

describe('before npm ci', () => {
  it.each(Object.entries(packageJson.scripts))('npm run %s says so in one line', (_, command) => {
    expect(run(command)).toEqual({ status: 1, output: MISSING });
  });

  it('the program of the command line says so in one line', () => {
    expect(run('node cli/zone.js status')).toEqual({ status: 2, output: MISSING });
  });
});

describe('after npm ci', () => {
  beforeEach(() => {
    mkdirSync(join(clone, 'node_modules'));
    writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}');
  });

  it('a command goes on', () => {
    expect(run('node scripts/installed.js && echo went on')).toEqual({ status: 0, output: 'went on\n' });
  });

  it('a Node.js that cannot run TypeScript is named in one line, where none comes along', () => {
    const { status, output } = run('node --no-experimental-strip-types scripts/installed.js');
    expect(status).toBe(1);
    expect(output).toMatch(/^Node\.js v\S+ cannot run TypeScript, .* Install Node\.js 24\.\n$/);
  });
});
