import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand, wholeNumber } from '../../cli/own-command.ts';
import { type Bug, WHO_IS_IN } from './bug.ts';
import { ALL_BUGS } from './bugs.ts';
import { makePlan } from './make-plan.ts';
import { simulateInParallel } from './parallel.ts';
import type { PlanChanges } from './plan.ts';
import { brokenLine, describeFailure, describeSummary } from './report.ts';
import { runSchedule } from './run-schedule.ts';
import { simulate } from './simulate.ts';

/** `npm run simulate`: exit code 1 where a promise is broken. */
guardOutput();
const { runs, seed, workers, verbose, bug, world } = ownCommand(
  'npm run simulate --',
  'Plays schedules of faults against the promises.',
  NOT_RUN,
)
  .option('--runs <number>', 'how many schedules', wholeNumber(0), 10_000)
  .option('--seed <number>', 'the first of them', wholeNumber(0), 1)
  .option('--workers <number>', 'how many side by side', wholeNumber(1), Math.min(8, availableParallelism()))
  .option('--verbose', 'tells what happened; with `--runs 1` everything', false)
  .option('--bug <name>', 'puts in a known bug, which is to be noticed', bugOf)
  .addOption(new Option('--world <name>', 'the only kind of world').choices(['kind', 'unkind', 'lists'] as const))
  .parse()
  .opts();
const { hooks, breaks = WHO_IS_IN, changes: changesOfBug }: Partial<Bug> = bug ?? {};
const changes: PlanChanges = { ...changesOfBug, ...(world && { world }) };
const only = hooks && breaks;
const began = performance.now();
let shownAt = 0;
const progress = (done: number, failed: number) => {
  const seconds = (performance.now() - began) / 1000;
  if (seconds - shownAt < 5) return;
  shownAt = seconds;
  console.log(`${done} of ${runs} (${Math.round(done / seconds)} a second), ${failed} failed`);
};

if (verbose && runs === 1) {
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
for (const failure of summary.failures.slice(0, verbose ? 20 : 3)) {
  console.log(`\n${await describeFailure(failure, hooks, only)}`);
}
console.log(`\n${describeSummary(summary)}`);
for (const failure of summary.failures.slice(0, 50)) console.log(`  ${brokenLine(failure)}`);
// Not exitCode: timers of invocations that died would keep the process alive for half a minute.
process.exit(summary.failures.length === 0 ? 0 : 1);

function bugOf(name: string): Bug {
  const found = ALL_BUGS.find((each) => each.name === name);
  if (found) return found;
  throw new InvalidArgumentError(`There are: ${ALL_BUGS.map((each) => each.name).join(', ')}.`);
}
