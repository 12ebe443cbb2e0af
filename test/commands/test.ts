import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, LINT, type Ran, runStep, type Step, TYPES, vitest } from './steps.ts';

const SCENARIOS: Step = {
  name: 'scenarios',
  command: [
    'node',
    'local/scenario/main.ts',
    '--brief',
    ...readdirSync('test/scenarios').map((name) => join('test/scenarios', name)),
  ],
  alone: 'npm run scenario -- test/scenarios/*.json',
};

/** `npm test`: what guards main. The long runs are those of `npm run test:full`. */
const STEPS = [
  LINT,
  TYPES,
  SCENARIOS,
  vitest('tests', ['unit', 'cdk', 'simulation', 'fuzz', 'bursts']),
  // Side by side, and one more of them than there are cores: they wait more than they work.
  vitest('processes and end to end', ['processes', 'e2e-embedded', 'e2e-emulator'], '--maxWorkers=3'),
];

const all: Ran[] = [];
for (const step of STEPS) all.push(await runStep(step));
const code = conclude(all);
const ranTests = all.some(({ tests }) => tests.passed > 0);
process.exitCode = ranTests ? code : 1;
