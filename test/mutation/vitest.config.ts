import { defineConfig } from 'vitest/config';

/** The tests that judge mutants of the core and the handlers: those that need no process, network or stack. */
export default defineConfig({
  test: {
    include: ['test/{lib,functions,corpus,fuzz}/**/*.test.ts', 'test/peers-mistakes.test.ts'],
    exclude: [
      // Of the adapters, which aren't mutated: they need servers and processes.
      ...[
        'test/functions/exported-handlers.test.ts',
        'test/lib/adapters/dynamodb-table.test.ts',
        'test/lib/adapters/fetch-http.test.ts',
        'test/lib/adapters/powertools-telemetry.test.ts',
        'test/lib/adapters/sqs-dead-letters.test.ts',
        'test/corpus/routes.test.ts',
      ],
      // Seconds, which each mutant would take.
      'test/functions/{audit-faults,expiry-many,scale}.test.ts',
    ],
    testTimeout: 20_000,
    setupFiles: ['test/mutation/same-examples.ts'],
    // A mutant is killed by the first test that fails; the same order each time.
    sequence: { shuffle: false },
  },
});
