import { makeKindPlan } from './kind-plan.ts';
import type { Plan, PlanChanges } from './plan.ts';
import { makeUnkindPlan } from './unkind-plan.ts';

export function makePlan(seed: number, changes: PlanChanges = {}): Plan {
  return changes.world === 'unkind' ? makeUnkindPlan(seed, changes) : makeKindPlan(seed, changes);
}
