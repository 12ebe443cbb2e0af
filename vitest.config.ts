import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start processes, and wait for them. `unit` refuses to, so that what does is named here. */
const PROCESSES = [
  'test/agent/**/*.test.ts',
  'test/cdk/app.test.ts',
  'test/cli/{completion,credentials,output,own-command,program,proxies,rotation-output}.test.ts',
  'test/docs/webhook-example.test.ts',
  'test/functions/exported-handlers.test.ts',
  'test/lib/adapters/powertools-telemetry.test.ts',
  'test/local/emulator-*.test.ts',
  'test/local/okta-simulator-main.test.ts',
  'test/local/scenario/main.test.ts',
  'test/local/send.test.ts',
  'test/package/**/*.test.ts',
  'test/repository/**/*.test.ts',
];
/** They load CDK, which takes seconds. */
const CDK = [
  'test/cdk/**/*.test.ts',
  'test/cli/stack-facts.test.ts',
  'test/docs/{configuration,errors,operations}.test.ts',
];
/** They type command lines at the whole system, over its network endpoint. */
const COMMANDS = [
  'test/cli/{adopt,allowlist,doctor,events,forgotten-flags,history,local-run,oauth-key,outcomes,outputs}.test.ts',
  'test/cli/{people,redrive,secrets,selftest,setup,status,verify}.test.ts',
  'test/local/{loopback-server,run-page}.test.ts',
];
const SIMULATION = ['test/simulation/**/*.test.ts'];
/** They try all there is to try, for seconds each: too long while one works. */
const EXHAUSTIVE = [
  'test/cdk/{alarm-conditions,checks}.test.ts',
  'test/functions/{audit-faults,expiry-many,scale,zone-verification}.test.ts',
  'test/lib/adapters/unkind-aws.test.ts',
  'test/lib/zones/next-write.test.ts',
];
const FUZZ = ['test/fuzz/**/*.test.ts'];
const BURSTS = ['test/burst/**/*.test.ts'];
/** Tools in Python, whose installation alone takes half a minute in a fresh clone. */
const PYTHON = ['test/agent/shellcheck.test.ts', 'test/cdk/cfn-lint.test.ts', 'test/tables/moto.test.ts'];
/** An implementation of DynamoDB that nobody here wrote. */
const TABLES = ['test/tables/dynalite.test.ts'];
const END_TO_END = ['test/e2e/**/*.test.ts'];
const SLOW = [
  ...[...PROCESSES, ...CDK, ...COMMANDS, ...EXHAUSTIVE, ...SIMULATION, ...FUZZ, ...BURSTS, ...TABLES],
  ...[...PYTHON, ...END_TO_END],
];

/** The files of one worker share their modules: loading those anew for each takes longer than the tests. */
const SHARED_MODULES = { isolate: false };
/** CDK's own rules take most of a synthesis. `test/cdk/checks.test.ts` switches them on. */
const FAST_SYNTHESIS = { CDK_VALIDATION: 'false' };
/** The metrics library reads its service's name once, whichever file loads it first. */
const NAMED = { env: { POWERTOOLS_SERVICE_NAME: 'Acme' } };
const WAITING = { testTimeout: 900_000, hookTimeout: 900_000, maxConcurrency: 24 };
/**
 * The emulator carries out one thing after the other: more tests at once only wait for one another. What a busy machine
 * made fail is tried once more; on the embedded stand-ins nothing is.
 */
const ON_THE_EMULATOR = { ...WAITING, maxConcurrency: 8, retry: 1 };

/** What a run waits for in the end if it does not come first. */
const LONGEST = ['e2e-emulator', 'e2e-embedded', 'simulation'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project: { name } }: TestSpecification) => LONGEST.indexOf(name) + 1 || LONGEST.length + 1;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** One project a kind of test: what is slow stands apart from `unit`, where a change is tried first. */
export default defineConfig({
  test: {
    // Vitest would leave one core of two to itself.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', {
        ...{ include: ['test/**/*.test.ts'], exclude: SLOW, ...SHARED_MODULES },
        setupFiles: ['test/helpers/no-processes.ts'],
      }),
      project('cdk', { include: CDK, exclude: [...PROCESSES, ...EXHAUSTIVE, ...PYTHON], ...NAMED, ...SHARED_MODULES }),
      project('commands', { include: COMMANDS, ...SHARED_MODULES }),
      project('processes', {
        include: PROCESSES,
        exclude: PYTHON,
        testTimeout: 180_000,
        hookTimeout: 180_000,
        ...SHARED_MODULES,
      }),
      project('simulation', { include: SIMULATION, ...SHARED_MODULES }),
      project('exhaustive', { include: EXHAUSTIVE, ...NAMED, ...SHARED_MODULES }),
      project('fuzz', { include: FUZZ }),
      project('bursts', { include: BURSTS }),
      project('tables', { include: TABLES }),
      project('python', { include: PYTHON, testTimeout: 300_000, hookTimeout: 240_000 }),
      project('e2e-embedded', { include: ['test/e2e/embedded.test.ts'], ...WAITING }),
      project('e2e-emulator', { include: ['test/e2e/{emulator,upgrade}.test.ts'], ...ON_THE_EMULATOR }),
    ],
    // `--changed` follows imports. Documents, fixtures and settings are read otherwise, by any test.
    forceRerunTriggers: ['**/*.{md,json,jsonc,grit,sh,py,txt,yml}', '**/vitest.config.ts'],
    coverage: {
      include: ['cdk', 'cli', 'config', 'functions', 'lib', 'local'].map((folder) => `${folder}/**/*.ts`),
      reporter: ['text', 'html'],
      // Which lines a run has reached is known also where a test of it has failed.
      reportOnFailure: true,
    },
  },
});

function project(name: string, options: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return {
    test: {
      ...{ name, globalSetup: ['test/helpers/temporary-folder.ts', 'test/helpers/compiled-code.ts'] },
      // Machines are shared: a test is hung, not slow, after this long.
      ...{ testTimeout: 60_000, hookTimeout: 60_000 },
      ...options,
      env: { ...FAST_SYNTHESIS, ...options?.env },
    },
  };
}
