import { describe, expect, it } from 'vitest';
import { makePlan } from './make-plan.ts';
import { simulateInParallel } from './parallel.ts';
import { describeFailure, describeSummary } from './report.ts';
import { runSchedule } from './run-schedule.ts';

/** `npm run test:full -- simulation` runs ten thousand. */
const RUNS = 150;
const UNKIND_RUNS = 60;
const MOST_SECONDS = 240;

describe('every schedule', () => {
  it(`keeps the promises: ${RUNS} of them`, { timeout: 300_000 }, async () => {
    const summary = await simulateInParallel({ seed: 1, runs: RUNS, workers: 2, mostSeconds: MOST_SECONDS });
    console.log(describeSummary(summary));
    const [failure] = summary.failures;
    if (failure) throw new Error(await describeFailure(failure));
    expect(summary.runs).toBe(RUNS);
  });

  it(`keeps them in an unkind world too: ${UNKIND_RUNS} of them`, { timeout: 300_000 }, async () => {
    const changes = { world: 'unkind' } as const;
    const summary = await simulateInParallel({
      seed: 1,
      runs: UNKIND_RUNS,
      workers: 2,
      mostSeconds: MOST_SECONDS,
      changes,
    });
    console.log(describeSummary(summary));
    const [failure] = summary.failures;
    if (failure) throw new Error(await describeFailure(failure));
    expect(summary.runs).toBe(UNKIND_RUNS);
  });

  it('ends the same each time', async () => {
    for (const seed of [3, 4, 5, 6, 7]) {
      const [first, second] = [
        await runSchedule(makePlan(seed), {}, true),
        await runSchedule(makePlan(seed), {}, true),
      ];
      expect(second).toEqual(first);
    }
  });
});
