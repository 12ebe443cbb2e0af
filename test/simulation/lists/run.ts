import { parseArgs } from 'node:util';
import { guardOutput } from '../../../cli/guard-output.ts';
import { LIST_FAULTS, type ListFault, makeListPlan } from './list-plan.ts';
import { runListSchedule } from './run-list-schedule.ts';

/** `npm run simulate:lists -- --runs N --seed S`: schedules of Knocknoc's lists against promise 23; exit code 1 where it is broken. */
guardOutput();
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const counts = new Map<ListFault, number>(LIST_FAULTS.map((fault) => [fault, 0]));
let [failed, reads] = [0, 0];
for (let n = 0; n < runs; n += 1) {
  const plan = makeListPlan(seed + n);
  const outcome = await runListSchedule(plan);
  reads += outcome.reads;
  for (const fault of LIST_FAULTS) counts.set(fault, (counts.get(fault) ?? 0) + (outcome.counts[fault] ?? 0));
  if (outcome.broken.length === 0) continue;
  failed += 1;
  if (failed <= 3)
    console.log(`seed ${plan.seed}: ${JSON.stringify(plan)}\n  ${outcome.broken.slice(0, 5).join('\n  ')}`);
}
for (const [fault, count] of [...counts].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(11)}  ${fault}`);
console.log(`${runs} schedules, ${reads} lists given out, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
