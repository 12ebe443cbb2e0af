import fc from 'fast-check';

/** Mutants are compared with each other, so generated examples are the same for each, and few. */
fc.configureGlobal({ seed: 1, numRuns: 50 });
process.env.FUZZ_RUNS ??= '100';
