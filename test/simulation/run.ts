import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { guardOutput } from '../../cli/guard-output.ts';
import { type Bug, WHO_IS_IN } from './bug.ts';
import { findBug } from './bugs.ts';
import { makePlan } from './make-plan.ts';
import { simulateInParallel } from './parallel.ts';
import type { Plan, PlanChanges } from './plan.ts';
import { brokenLine, describeFailure, describeSummary } from './report.ts';
import { runSchedule } from './run-schedule.ts';
import { simulate } from './simulate.ts';

/** `npm run simulate -- --runs N --seed S [--verbose] [--bug NAME]`: schedules against the promises; exit code 1 where one is broken. */
guardOutput();
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: String(Math.min(8, availableParallelism())) },
    verbose: { type: 'boolean', default: false },
    bug: { type: 'string' },
    world: { type: 'string' },
  },
});
const isWorld = (text = ''): text is Plan['world'] => ['kind', 'unkind', 'lists'].includes(text);
if (values.world !== undefined && !isWorld(values.world)) {
  console.error('--world takes kind, unkind or lists');
  process.exit(2);
}
const bug: Partial<Bug> = values.bug === undefined ? {} : findBug(values.bug);
const { hooks, breaks = WHO_IS_IN } = bug;
const changes: PlanChanges = { ...bug.changes, ...(isWorld(values.world) && { world: values.world }) };
const [runs, seed, workers] = [Number(values.runs), Number(values.seed ?? 1), Number(values.workers)];
if (![runs, seed, workers].every((n) => Number.isSafeInteger(n) && n >= 0) || workers < 1) {
  console.error('--runs, --seed and --workers take whole numbers');
  process.exit(2);
}
const only = hooks && breaks;
const began = performance.now();
let shownAt = 0;
const progress = (done: number, failed: number) => {
  const seconds = (performance.now() - began) / 1000;
  if (seconds - shownAt < 5) return;
  shownAt = seconds;
  console.log(`${done} of ${runs} (${Math.round(done / seconds)} a second), ${failed} failed`);
};

if (values.verbose && runs === 1) {
  const { trace } = await runSchedule(makePlan(seed, changes), hooks, true);
  for (const line of trace) console.log(line);
}
const summary =
  hooks || runs < 200
    ? await simulate({
        seed,
        runs,
        progress,
        only,
        ...(hooks && { hooks, mostFailures: 1 }),
        changes,
      })
    : await simulateInParallel({ seed, runs, workers, progress, changes, broken: (line) => console.log(`  ${line}`) });
for (const failure of summary.failures.slice(0, values.verbose ? 20 : 3)) {
  console.log(`\n${await describeFailure(failure, hooks, only)}`);
}
console.log(`\n${describeSummary(summary)}`);
for (const failure of summary.failures.slice(0, 50)) console.log(`  ${brokenLine(failure)}`);
// Not exitCode: timers of invocations that died would keep the process alive for half a minute.
process.exit(summary.failures.length === 0 ? 0 : 1);
