import { parseArgs } from 'node:util';
import { makePlan } from './plan.ts';
import { runSchedule } from './run-schedule.ts';
import { simulate } from './simulate.ts';

/** `npm run simulate -- --runs N --seed S [--verbose]`: schedules from seed S on; exit code 1 where an invariant broke. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});

const summary = await simulate({
  seed: Number(values.seed),
  runs: Number(values.runs),
  progress: (done, failed, seconds) => {
    if (done % 1_000 === 0) console.log(`${done} schedules, ${failed} failed, ${Math.round(done / seconds)} a second`);
  },
});
console.table(summary.counts);
console.log(
  `${summary.runs} schedules, ${summary.events} events, ${summary.puts} updates in ${summary.seconds.toFixed(1)} s`,
);
for (const { seed, outcome } of summary.failures) {
  console.log(`\nseed ${seed}: npm run simulate -- --seed ${seed} --runs 1 --verbose`);
  for (const violation of outcome.violations) console.log(`  ${JSON.stringify(violation)}`);
  if (values.verbose) console.log((await runSchedule(makePlan(seed), {}, true)).trace.join('\n'));
}
process.exitCode = summary.failures.length > 0 ? 1 : 0;
