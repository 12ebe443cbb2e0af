import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ALICE, file, granted, ZONE } from './a-scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
const MAIN = join(import.meta.dirname, '../../../local/scenario/main.ts');

function written(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const login = { at: '0s', post: granted(ALICE) };
const good = written(
  'good.json',
  file([login, { at: '3s', expect: { zone: ZONE, has: ALICE } }], { title: 'A login' }),
);
const failing = written('failing.json', file([login, { at: '3s', expect: { nowhere: ALICE } }], { title: 'Nobody' }));
const malformed = written('malformed.json', file([{ at: '3s', expect: { zonee: ZONE } }]));
const noJson = written('text.json', 'hello');

function run(...args: string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

it('prints a timeline and exits with 0 where all holds', () => {
  const { code, said } = run(good);
  expect(code).toBe(0);
  expect(said).toMatch(/A login.*0:00\.000 {2}post.*zone updated.*✔ expected.*it holds/s);
});

it('exits with 1 where an expectation fails, and says which, when, expected and found', () => {
  const { code, said } = run('--brief', good, failing);
  expect(code).toBe(1);
  expect(said).toContain(`steps[1].expect.nowhere at 0:03.000: expected ${ALICE} in no zone; found in ${ZONE}`);
  expect(said).toContain('Nobody');
  expect(said.match(/post /g)).toHaveLength(1);
});

it('exits with 2 where a file is not well-formed, names the path, and plays the others', () => {
  const { code, said } = run(malformed, noJson, join(folder, 'absent.json'), failing);
  expect(code).toBe(2);
  expect(said).toContain('steps[0].expect.zonee: unknown key');
  expect(said).toContain('not JSON');
  expect(said).toContain('ENOENT');
  expect(said).toContain('Nobody');
});

it('explains itself, and takes no empty command line', () => {
  expect(run('--help')).toMatchObject({ code: 0 });
  expect(run()).toMatchObject({ code: 64 });
});
