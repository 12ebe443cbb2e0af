import { defineConfig } from 'vitest/config';

/** One project a kind of test, so that each can be run by itself (see the scripts in package.json). */
export default defineConfig({
  test: {
    // Vitest would leave one core of two to itself.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/cdk/**'],
          globalSetup: 'test/helpers/temporary-folder.ts',
          // Machines are shared: a test is hung, not slow, after this long.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'cdk',
          include: ['test/cdk/**/*.test.ts'],
          globalSetup: 'test/helpers/temporary-folder.ts',
          // The files of one worker share their modules: loading CDK anew for each takes longer than the tests.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e-embedded',
          include: ['test/e2e/embedded.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxConcurrency: 24,
        },
      },
      {
        test: {
          name: 'e2e-emulator',
          include: ['test/e2e/emulator.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          maxConcurrency: 24,
        },
      },
    ],
  },
});
