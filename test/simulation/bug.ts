import type { Hooks } from './hooks.ts';
import type { PlanChanges } from './plan.ts';
import type { Invariant } from './violation.ts';

export interface Bug {
  readonly name: string;
  readonly what: string;
  /** The promises it breaks; by default that the right people are in. */
  readonly breaks?: readonly Invariant[];
  /** Where it remembers something, each schedule has its own. */
  readonly hooks: Hooks | (() => Hooks);
  /** What schedules have otherwise, for a bug that shows in few of them: with the bug and, for comparison, without it. */
  readonly changes?: PlanChanges;
}

/** Who is in, at last and in time. */
export const WHO_IS_IN: readonly Invariant[] = ['1 settled zone', '2 gone in time', '3 in within time'];
