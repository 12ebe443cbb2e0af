import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../docs/documents.ts';
import { started } from './started.ts';

/** Every program that is started by its name, with a command line that it cannot take, and the exit code for that. */
const WRONG: readonly (readonly [line: string, code: number, named: string])[] = [
  ['cli/main.ts --nonsense', 64, '--nonsense'],
  ['local/main.ts --emulator --port 8787', 64, '--port'],
  ['local/send.ts --nonsense', 64, '--nonsense'],
  ['local/okta-simulator/main.ts --zone a/b', 64, '--zone'],
  ['local/scenario/main.ts --loud a.json', 64, '--loud'],
  ['scripts/package.ts --context config.json', 64, 'config.json'],
  ['scripts/build.ts --nonsense', 2, '--nonsense'],
  ['scripts/sbom.ts --nonsense', 2, '--nonsense'],
  ['bench/main.ts nonsense', 2, 'nonsense'],
  ['test/commands/check.ts --nonsense', 2, '--nonsense'],
  ['test/commands/test.ts --nonsense', 2, '--nonsense'],
  ['test/commands/full.ts nonsense', 2, 'nonsense'],
  ['test/simulation/run.ts --run 3', 2, '--runs'],
  ['test/fuzz/run.ts --runs 1e3', 2, '--runs'],
  ['test/burst/run.ts 3', 2, '3'],
];

describe('a command line that cannot be', () => {
  it.each(WRONG)('is answered by `%s` with one line and %i', async (line, wanted, named) => {
    const { code, out, notes } = await started([process.execPath, ...line.split(' ')], {}, ROOT);
    expect({ code, out }).toEqual({ code: wanted, out: '' });
    expect(notes).toMatch(/^error: [^\n]+\n$/);
    expect(notes).toContain(named);
  });

  it('is tried on every program that an npm script starts', () => {
    const own = Object.values(packageJson.scripts).flatMap((script) => /&& node (\S+)/.exec(script)?.[1] ?? []);
    const tried = WRONG.map(([line]) => line.split(' ', 1)[0] ?? '');
    // CDK has its own command line.
    expect(new Set(own.filter((program) => !tried.includes(program)))).toEqual(new Set(['scripts/cdk.js']));
  });
});
