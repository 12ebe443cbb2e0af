import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm test`: every check, one after the other, also after one has failed. At the end it says what
 * failed and how to run just that, and prints the counts in one line.
 */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** How to run just this. */
  readonly alone: string;
}

const report = await mkdtemp(join(tmpdir(), 'knocknoc-okta-tests-'));
const CHECKS: readonly Check[] = [
  { name: 'lint and format', command: ['biome', 'check', '--error-on-warnings', '.'], alone: 'npm run lint' },
  { name: 'types', command: ['tsc', '--noEmit'], alone: 'npm run types' },
  vitest('unit', ['unit', 'cdk']),
  // Side by side: both wait more than they work.
  vitest('end-to-end', ['e2e-embedded', 'e2e-emulator']),
];

function vitest(name: string, projects: readonly string[]): Check {
  const selected = projects.map((project) => `--project=${project}`);
  const reports = ['--reporter=dot', '--reporter=json', `--outputFile.json=${join(report, `${name}.json`)}`];
  return {
    name: `${name} tests`,
    command: ['vitest', 'run', ...selected, ...reports],
    alone: `npx vitest run ${selected.join(' ')} [FILE] [-t 'NAME']`,
  };
}

function run(command: readonly string[]): Promise<boolean> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    // npm scripts have node_modules/.bin on the PATH.
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

async function counts(): Promise<{ passed: number; failed: number; skipped: number }> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { name } of CHECKS) {
    const file = join(report, `${name.replace(' tests', '')}.json`);
    const result = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
    total.passed += result?.numPassedTests ?? 0;
    total.failed += result?.numFailedTests ?? 0;
    total.skipped += result?.numPendingTests ?? 0;
  }
  return total;
}

const failed: Check[] = [];
for (const check of CHECKS) {
  console.log(`\n── ${check.name}`);
  const began = Date.now();
  const good = await run(check.command);
  console.log(`${good ? 'ok' : 'FAILED'}: ${check.name} (${Math.round((Date.now() - began) / 1000)} s)`);
  if (!good) failed.push(check);
}
for (const { name, alone } of failed) console.log(`\nFAILED: ${name}. To run just this: ${alone}`);
const { passed, failed: failures, skipped } = await counts();
await rm(report, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
