import { Argument } from '@commander-js/extra-typings';
import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../../cli/own-command.ts';
import { type Ran, runStep, type Step } from './steps.ts';

/** A part of what takes too long to guard main. */
interface Part extends Omit<Step, 'alone'> {
  /** On two quiet cores. */
  readonly about: string;
}

const PARTS: readonly Part[] = [
  { name: 'tests', about: '5 minutes', command: ['node', 'test/commands/test.ts'] },
  {
    ...{ name: 'emulator', about: '6 minutes' },
    command: ['vitest', 'run', '--project', 'e2e-embedded', '--project', 'e2e-emulator'],
    environment: { KNOCKNOC_E2E_CREDENTIALS: 'swapped', KNOCKNOC_E2E_WHOLE: '1' },
  },
  {
    ...{ name: 'upgrade', about: '3 minutes', command: ['vitest', 'run', 'test/e2e/upgrade.test.ts'] },
    environment: { KNOCKNOC_UPGRADE_FROM: process.env.KNOCKNOC_UPGRADE_FROM ?? 'release' },
  },
  { name: 'python', about: '1 minute', command: ['vitest', 'run', '--project', 'python'] },
  { name: 'simulation', about: '3 minutes', command: ['node', 'test/simulation/run.ts'] },
  { name: 'unkind', about: '4 minutes', command: ['node', 'test/simulation/run.ts', '--world', 'unkind'] },
  { name: 'lists', about: '8 minutes', command: ['node', 'test/simulation/run.ts', '--world', 'lists'] },
  {
    ...{ name: 'audit', about: '1 minute', command: ['vitest', 'run', 'test/functions/audit-faults.test.ts'] },
    environment: { KNOCKNOC_AUDIT_FAULTS: 'all' },
  },
  {
    ...{ name: 'package', about: '1 minute', command: ['vitest', 'run', 'test/package/package.test.ts'] },
    environment: { KNOCKNOC_PACKED: '1' },
  },
  { name: 'fuzz', about: '4 minutes', command: ['node', 'test/fuzz/run.ts'] },
  {
    ...{ name: 'agent', about: '2 minutes', command: ['vitest', 'run', 'test/agent/parallel.test.ts'] },
    environment: { KNOCKNOC_PARALLEL_RUNS: '500' },
  },
  {
    ...{ name: 'quota', about: '4 minutes', command: ['vitest', 'run', 'test/agent/quota.test.ts'] },
    environment: { KNOCKNOC_QUOTA_RUNS: '200' },
  },
  { name: 'endurance', about: 'an hour', command: ['node', 'test/endurance/run.ts'] },
  { name: 'bench', about: '10 minutes', command: ['node', 'bench/main.ts'] },
  { name: 'mutation', about: 'hours', command: ['stryker', 'run'] },
];
const LISTED = PARTS.map(({ name, about, command }) => `  ${name.padEnd(12)}${about.padEnd(12)}${command.join(' ')}`);

guardOutput();
const named = ownCommand('npm run test:full --', 'The long runs, all or those that are named.', NOT_RUN)
  .addArgument(new Argument('[part...]').choices(PARTS.map(({ name }) => name)))
  .addHelpText('after', `\nParts, each with its time on two quiet cores:\n${LISTED.join('\n')}`)
  .parse().args;
const chosen = PARTS.filter(({ name }) => named.length === 0 || named.includes(name));
console.log(`To run, on two quiet cores:\n${chosen.map(({ name, about }) => `  ${name}: ${about}`).join('\n')}`);
const all: Ran[] = [];
for (const part of chosen) all.push(await runStep({ ...part, alone: `npm run test:full -- ${part.name}` }));
console.log('\nResults');
for (const { step, good, seconds } of all) {
  console.log(
    `  ${good ? 'ok    ' : 'FAILED'} ${step.name.padEnd(12)}${duration(seconds)}${good ? '' : `   ${step.alone}`}`,
  );
}
process.exitCode = all.every(({ good }) => good) ? 0 : 1;

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
