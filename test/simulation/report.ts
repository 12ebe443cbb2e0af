import { FAULTS, type Fault } from './faults.ts';
import type { Hooks } from './hooks.ts';
import type { Plan } from './plan.ts';
import { runSchedule } from './run-schedule.ts';
import { shrink } from './shrink.ts';
import type { Failure, Summary } from './simulate.ts';
import type { Invariant } from './violation.ts';

/** Lines of a trace that are shown where nobody asked for all. */
const SHORT_TRACE = 40;

export function replayCommand({ seed, world }: Pick<Plan, 'seed' | 'world'>): string {
  return `npm run simulate -- ${world === 'kind' ? '' : `--world ${world} `}--seed ${seed} --runs 1 --verbose`;
}

/** Which promises a schedule broke, in one line. */
export function brokenLine({ seed, outcome }: Failure): string {
  return `seed ${seed}: ${[...new Set(outcome.violations.map(({ invariant }) => invariant))].join('; ')}`;
}

/** What broke, how to see it again, and the smallest schedule that still does it, with the end of its trace. */
export async function describeFailure(
  { seed, plan, outcome }: Failure,
  hooks: Hooks | (() => Hooks) = {},
  only?: readonly Invariant[],
): Promise<string> {
  const first = outcome.violations.find(({ invariant }) => !only || only.includes(invariant));
  if (!first) return '';
  const smallest = await shrink(plan, first.invariant, hooks);
  const { trace } = await runSchedule(smallest, hooks, true);
  const end = trace.findIndex((line) => line.includes(`BROKEN ${first.invariant}`));
  const { actions, rates, weather, deployment, dimensions, stretch } = smallest;
  return [
    `seed ${seed} (${[weather, ...dimensions, ...(stretch ? [stretch.kind] : [])].join(', ')}):`,
    ...outcome.violations
      .slice(0, 5)
      .map(({ invariant, detail, at }) => `  ${invariant}: ${detail} (at ${at / 1000} s)`),
    `replay: ${replayCommand(plan)}`,
    `smallest schedule: ${JSON.stringify({ rates, deployment })}`,
    ...actions.map((action) => `  ${JSON.stringify(action)}`),
    'its trace:',
    ...trace.slice(Math.max(0, end + 1 - SHORT_TRACE), end + 1).map((line) => `  ${line.slice(0, 180)}`),
  ].join('\n');
}

export function describeSummary(summary: Summary): string {
  const { runs, seconds, events, puts, counts, failures } = summary;
  const names = FAULTS.toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  return [
    `${runs} schedules in ${seconds.toFixed(1)} s (${Math.round(runs / seconds)} a second): ${events} events, ${puts} updates of zones`,
    ...names.map((name) => `  ${String(counts[name] ?? 0).padStart(9)}  ${name}`),
    failures.length === 0 ? 'no promise was broken' : `${failures.length} schedules broke a promise`,
  ].join('\n');
}

/** Adds up what several runs found. */
export function together(summaries: readonly Summary[]): Summary {
  const counts: Partial<Record<Fault, number>> = {};
  for (const fault of FAULTS) counts[fault] = summaries.reduce((sum, each) => sum + (each.counts[fault] ?? 0), 0);
  const add = (of: (summary: Summary) => number) => summaries.reduce((sum, each) => sum + of(each), 0);
  return {
    ...{ counts, runs: add(({ runs }) => runs), events: add(({ events }) => events), puts: add(({ puts }) => puts) },
    seconds: Math.max(...summaries.map(({ seconds }) => seconds)),
    failures: summaries.flatMap(({ failures }) => failures).sort((a, b) => a.seed - b.seed),
  };
}
