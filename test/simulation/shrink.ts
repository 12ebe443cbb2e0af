import type { Fault } from './faults.ts';
import type { Hooks } from './hooks.ts';
import type { Plan } from './plan.ts';
import { runSchedule } from './run-schedule.ts';
import type { Invariant } from './violation.ts';

/** Schedules that are tried at most. */
const MOST_TRIES = 300;

/**
 * A smaller schedule that breaks the same promise: whole kinds of faults are left out, then single
 * actions, for as long as it still fails.
 */
export async function shrink(plan: Plan, invariant: Invariant, hooks: Hooks | (() => Hooks) = {}): Promise<Plan> {
  let smallest = plan;
  let tries = 0;
  const stillFails = async (candidate: Plan) => {
    tries += 1;
    const { violations } = await runSchedule(candidate, hooks);
    return violations.some((violation) => violation.invariant === invariant);
  };
  for (let again = true; again && tries < MOST_TRIES; ) {
    again = false;
    for (const candidate of smaller(smallest)) {
      if (tries >= MOST_TRIES) break;
      if (!(await stillFails(candidate))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

/** From the largest step to the smallest. */
function* smaller(plan: Plan): Iterable<Plan> {
  for (const fault of Object.keys(plan.rates) as Fault[]) {
    const { [fault]: _, ...rates } = plan.rates;
    yield { ...plan, rates };
  }
  for (let size = Math.ceil(plan.actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < plan.actions.length; at += size) {
      yield { ...plan, actions: plan.actions.toSpliced(at, size) };
    }
  }
}
