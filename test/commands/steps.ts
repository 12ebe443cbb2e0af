import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One of the things that a command runs, also after one has failed. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How to run just this. */
  readonly alone: string;
  /** Of how many tests Vitest is to tell. */
  readonly isVitest?: true;
  /** Gives way to what runs beside it. */
  readonly givesWay?: true;
}

/** A step that is over. */
export interface Ran {
  readonly step: Step;
  readonly good: boolean;
  readonly seconds: number;
  readonly tests: Tests;
}

interface Tests {
  readonly passed: number;
  readonly skipped: number;
  readonly failed: readonly { readonly file: string; readonly name: string; readonly why: string }[];
}

/** What of Vitest's report is read. */
interface Report {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const NO_TESTS: Tests = { passed: 0, skipped: 0, failed: [] };
/** So many failed tests are listed; more than that have one cause. */
const MOST_LISTED = 20;

export const LINT: Step = {
  name: 'lint and format',
  command: ['biome', 'check', '--error-on-warnings', '.'],
  alone: 'npm run lint',
};
export function lintChanged(since: string): Step {
  const command = [
    'biome',
    'check',
    '--error-on-warnings',
    '--changed',
    `--since=${since}`,
    '--no-errors-on-unmatched',
  ];
  return { name: `lint and format of what has changed since ${since}`, command, alone: 'npm run lint' };
}
export const TYPES: Step = { name: 'types', command: ['tsc', '--noEmit'], alone: 'npm run types' };

/** The tests of some projects of vitest.config.ts, side by side. */
export function vitest(name: string, projects: readonly string[], ...options: readonly string[]): Step {
  const selected = projects.map((project) => `--project=${project}`);
  return {
    name,
    command: ['vitest', 'run', ...selected, '--reporter=dot', '--reporter=json', ...options],
    alone: `npx vitest run ${selected.join(' ')}`,
    isVitest: true,
  };
}

/** What guards main: first what says most in the least time. Neither keeps two cores busy. */
const FIRST: readonly Step[] = [LINT, TYPES];
/**
 * The rest of it, side by side too. The system on the emulator gives up calls that take seconds, so the others give way to it;
 * and it waits more than it works, so they have the time.
 */
const TESTS: readonly Step[] = [
  { ...vitest('tests', ['unit', 'cdk', 'commands', 'exhaustive', 'simulation', 'fuzz', 'bursts']), givesWay: true },
  { ...vitest('processes', ['processes', 'tables', 'e2e-embedded']), givesWay: true },
  vitest('end to end on the emulator', ['e2e-emulator']),
];
export const GUARD: readonly Step[] = [...FIRST, ...TESTS];

/** Runs what guards main. */
export async function runGuard(): Promise<Ran[]> {
  const all: Ran[] = [];
  for (const steps of [FIRST, TESTS]) {
    all.push(...(await Promise.all(steps.map((step, index) => runStep(step, index > 0)))));
  }
  return all;
}

/** Runs one step, with what it prints. @param isBeside another has the screen: what this one prints comes when it is over */
export async function runStep(step: Step, isBeside = false): Promise<Ran> {
  if (!isBeside) console.log(`\n── ${step.name}`);
  const folder = await mkdtemp(join(tmpdir(), 'knocknoc-okta-tests-'));
  const report = join(folder, 'report.json');
  const began = Date.now();
  const good = await succeeds(step, step.isVitest ? [`--outputFile.json=${report}`] : [], isBeside);
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`${good ? 'ok' : 'FAILED'}: ${step.name} (${seconds} s)`);
  const tests = step.isVitest ? await testsOf(report) : NO_TESTS;
  await rm(folder, { recursive: true, force: true });
  return { step, good, seconds, tests };
}

/** Says what failed and how to run just that, and then the counts in one line. @returns the exit code */
export function conclude(all: readonly Ran[]): number {
  for (const { step, good, tests } of all) {
    if (good) continue;
    console.log(`\nFAILED: ${step.name}. To run just this: ${step.alone}`);
    for (const { file, name, why } of tests.failed.slice(0, MOST_LISTED)) {
      console.log(`  npx vitest run ${file}${name === '' ? '' : ` -t ${quoted(name)}`}`);
      if (why !== '') console.log(`    ${why}`);
    }
    if (tests.failed.length > MOST_LISTED) console.log(`  and ${tests.failed.length - MOST_LISTED} more`);
  }
  const sum = (count: (tests: Tests) => number) => all.reduce((total, { tests }) => total + count(tests), 0);
  const [passed, failed] = [sum((tests) => tests.passed), sum((tests) => tests.failed.length)];
  const skipped = sum((tests) => tests.skipped);
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return all.every(({ good }) => good) ? 0 : 1;
}

function succeeds(
  { name, command: [program = '', ...args], environment, givesWay }: Step,
  more: readonly string[],
  isBeside: boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const printed: Buffer[] = [];
    // npm scripts have node_modules/.bin on the PATH.
    const child = spawn(program, [...args, ...more], {
      stdio: isBeside ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    });
    if (givesWay && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
    child.on('error', () => resolve(false));
    child.on('close', (code) => {
      if (isBeside) process.stdout.write(`\n── ${name}\n${Buffer.concat(printed)}`);
      resolve(code === 0);
    });
  });
}

/** What Vitest reports. Nothing where it came to no report: then the step has failed, and it has said why. */
async function testsOf(path: string): Promise<Tests> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return NO_TESTS;
  const report: Report = JSON.parse(text);
  const failed = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter((test) => test.status === 'failed');
    // A file that cannot be loaded has no tests.
    if (tests.length === 0 && status === 'failed') return [{ file, name: '', why: firstLine(message) }];
    return tests.map(({ fullName, failureMessages }) => ({ file, name: fullName, why: firstLine(failureMessages[0]) }));
  });
  return { passed: report.numPassedTests, skipped: report.numPendingTests, failed };
}

/** Enough to tell one failure from another; the whole stands further up. */
function firstLine(message = ''): string {
  return stripVTControlCharacters(message).split('\n', 1).join('').slice(0, 300);
}

/** For the shell. Vitest takes the name as a regular expression. */
function quoted(name: string): string {
  return `'${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("'", String.raw`'\''`)}'`;
}
