import { makeKindPlan } from './kind-plan.ts';
import { makeListPlan } from './lists/list-plan.ts';
import type { Plan, PlanChanges } from './plan.ts';
import { makeUnkindPlan } from './unkind-plan.ts';

export function makePlan(seed: number, changes: PlanChanges = {}): Plan {
  switch (changes.world) {
    case 'unkind':
      return makeUnkindPlan(seed, changes);
    case 'lists':
      return makeListPlan(seed, changes);
    default:
      return makeKindPlan(seed, changes);
  }
}
