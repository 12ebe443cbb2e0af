import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from '../docs/documents.ts';
import { type Ended, started } from './started.ts';

/** One of each kind that prints something and ends: its help by a library, lines of its own, a module that starts another. */
const PROGRAMS = [
  'cli/zone.js --version',
  'local/send.ts --help',
  'local/scenario/main.ts test/scenarios/a-date-that-is-wrong-by-a-day.json',
  'test/simulation/run.ts --runs 1 --verbose',
];

/** By a shell, which says how the first of two programs has ended. */
function piped(program: string, into: string): Promise<Ended> {
  const line = `"$0" ${program} | ${into}; echo "ended with \${PIPESTATUS[0]}"`;
  return started(['bash', '-c', line, process.execPath], {}, ROOT);
}

function redirected(program: string, into: string): Promise<Ended> {
  return started(['bash', '-c', `"$0" ${program} ${into}`, process.execPath], {}, ROOT);
}

describe('output that nobody reads any more', () => {
  it.concurrent.each(PROGRAMS)('is dropped by %s, which ends as ever', async (program) => {
    expect(await piped(program, 'true')).toEqual({ code: 0, out: 'ended with 0\n', notes: '' });
  });

  it('ends what would go on for ever', async () => {
    expect(await piped('local/okta-simulator/main.ts', 'true')).toMatchObject({ out: 'ended with 0\n', notes: '' });
  });

  it('is known to a command that prints again and again', async () => {
    const program = `
      import { guardOutput } from './cli/guard-output.ts';
      import { processTerminal } from './cli/process-terminal.ts';
      guardOutput();
      const { out, isRead } = processTerminal({});
      do out('line'); while (await isRead());`;
    const options = `--input-type=module-typescript --eval "${program}"`;
    expect((await piped(options, 'head -3')).out).toBe('line\nline\nline\nended with 0\n');
  });
});

describe.runIf(existsSync('/dev/full'))('output that does not fit', () => {
  it.concurrent.each(PROGRAMS)('is told by %s, and is no success', async (program) => {
    const { code, notes } = await redirected(program, '> /dev/full');
    expect(notes).toMatch(/the output could not be written: .*no space left/);
    expect(notes).not.toMatch(/\n\s+at /);
    expect(code).not.toBe(0);
  });

  it('where nothing can be told shows in the exit code', async () => {
    expect(await redirected('cli/main.ts --version', '> /dev/full 2>&1')).toEqual({ code: 2, out: '', notes: '' });
  });

  it('does not take the place of what failed before', async () => {
    expect(await redirected('cli/main.ts sttus', '> /dev/full')).toMatchObject({ code: 64 });
    expect(await redirected('cli/main.ts sttus', '2> /dev/full')).toEqual({ code: 64, out: '', notes: '' });
  });
});

it('every program that an npm script starts guards its output', () => {
  const own = Object.values(packageJson.scripts).flatMap((script) => /&& node (\S+)/.exec(script)?.[1] ?? []);
  expect(own.length).toBeGreaterThan(8);
  const careless = own.filter((path) => !readFileSync(join(ROOT, path), 'utf8').includes('guardOutput('));
  // It hands over to the CDK's own program.
  expect([...new Set(careless)]).toEqual(['scripts/cdk.js']);
});
