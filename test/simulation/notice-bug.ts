import { type Bug, WHO_IS_IN } from './bug.ts';
import { makePlan } from './make-plan.ts';
import { runSchedule } from './run-schedule.ts';
import { simulate } from './simulate.ts';

const MOST_FOR_A_BUG = 4_000;

/**
 * Looks for a schedule that breaks a promise because of the bug: without it the same schedule breaks none of those.
 * @param from where to begin
 * @returns its seed
 * @throws where thousands of schedules show nothing
 */
export async function noticeBug({ hooks, breaks = WHO_IS_IN, changes = {} }: Bug, from = 1): Promise<number> {
  const end = from + MOST_FOR_A_BUG;
  for (let seed = from; ; seed += 1) {
    const { failures } = await simulate({
      ...{ seed, runs: end - seed, hooks, changes, only: breaks, mostFailures: 1 },
    });
    const [failure] = failures;
    if (!failure) throw new Error(`not noticed in ${MOST_FOR_A_BUG} schedules`);
    ({ seed } = failure);
    const { violations } = await runSchedule(makePlan(seed, changes));
    if (!violations.some(({ invariant }) => breaks.includes(invariant))) return seed;
  }
}
