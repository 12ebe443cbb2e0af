import { describe, it } from 'vitest';
import { WHO_IS_IN } from './bug.ts';
import { BUGS } from './bugs.ts';
import { makePlan } from './make-plan.ts';
import { runSchedule } from './run-schedule.ts';
import { simulate } from './simulate.ts';
import { UNKIND_BUGS } from './unkind-bugs.ts';

const MOST_FOR_A_BUG = 4_000;

describe('a bug is noticed', () => {
  it.each([...BUGS, ...UNKIND_BUGS])(
    '$name: $what',
    { timeout: 240_000 },
    async ({ hooks, breaks = WHO_IS_IN, changes = {} }) => {
      let seed = 0;
      do {
        const { failures } = await simulate({
          ...{ seed: seed + 1, runs: MOST_FOR_A_BUG - seed, hooks, changes, only: breaks, mostFailures: 1 },
        });
        const [failure] = failures;
        if (!failure) throw new Error(`not noticed in ${MOST_FOR_A_BUG} schedules`);
        ({ seed } = failure);
        // It is the bug that was noticed: without it the same schedule is fine.
      } while (
        (await runSchedule(makePlan(seed, changes))).violations.some(({ invariant }) => breaks.includes(invariant))
      );
    },
  );
});
