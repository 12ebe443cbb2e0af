import type { Fault } from './faults.ts';
import type { Hooks } from './hooks.ts';
import { makePlan } from './make-plan.ts';
import type { Plan, PlanChanges } from './plan.ts';
import { type Outcome, runSchedule } from './run-schedule.ts';
import type { Invariant, Violation } from './violation.ts';

export interface Failure {
  readonly seed: number;
  readonly plan: Plan;
  readonly outcome: Outcome;
}

export interface Summary {
  readonly runs: number;
  readonly seconds: number;
  readonly counts: Readonly<Partial<Record<Fault, number>>>;
  readonly failures: readonly Failure[];
  readonly events: number;
  readonly puts: number;
}

export interface SimulateOptions {
  readonly seed: number;
  readonly runs: number;
  readonly hooks?: Hooks | (() => Hooks);
  /** What is otherwise than the seeds have it. */
  readonly changes?: PlanChanges;
  /** Only these promises count; all where left out. */
  readonly only?: readonly Invariant[] | undefined;
  /** Ends early once this many schedules have failed. */
  readonly mostFailures?: number;
  /** Ends early after this time. */
  readonly mostSeconds?: number;
  readonly progress?: (done: number, failed: number, seconds: number) => void;
  /** Told of each schedule that breaks a promise, at once. */
  readonly broken?: (failure: Failure) => void;
}

/** Runs schedules one after the other, from `seed` on. */
export async function simulate(options: SimulateOptions): Promise<Summary> {
  const { seed, runs, hooks = {}, changes, only, mostFailures = Infinity, mostSeconds = Infinity } = options;
  const { progress, broken } = options;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const counts: Partial<Record<Fault, number>> = {};
  const failures: Failure[] = [];
  let [done, events, puts] = [0, 0, 0];
  for (; done < runs && failures.length < mostFailures && seconds() < mostSeconds; done += 1) {
    const plan = makePlan(seed + done, changes);
    const outcome = await runSchedule(plan, hooks);
    for (const [fault, count] of Object.entries(outcome.counts)) {
      counts[fault as Fault] = (counts[fault as Fault] ?? 0) + count;
    }
    events += outcome.events;
    puts += outcome.puts;
    const counted = (violation: Violation) => !only || only.includes(violation.invariant);
    if (outcome.violations.some(counted)) {
      const failure = { seed: plan.seed, plan, outcome };
      failures.push(failure);
      broken?.(failure);
    }
    if (done % 50 === 49) await breathe();
    progress?.(done + 1, failures.length, seconds());
  }
  return { runs: done, seconds: seconds(), counts, failures, events, puts };
}

/** The schedules never let go of the event loop by themselves; others in this process need it too. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
