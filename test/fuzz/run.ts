import { parseArgs } from 'node:util';
import { guardOutput } from '../../cli/guard-output.ts';
import { describeFigures, fuzz } from './fuzz.ts';

/** `npm run fuzz -- [--runs N] [--seed S]`: posts requests that must not be believed; ends with 1 where a rule was broken. */
guardOutput();
const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(values.runs ?? 100_000);
const seed = Number(values.seed ?? 1);
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error('--runs must be a whole number of at least 1, --seed a whole number');
  process.exit(2);
}
const began = Date.now();
const figures = await fuzz(runs, seed, (done) => {
  if (done % 10_000 === 0) console.log(`${done} of ${runs} requests, ${Math.round((Date.now() - began) / 1000)} s`);
});
console.log(describeFigures(figures));
if (figures.failure) console.log(`to see it again: npm run fuzz -- --runs ${runs} --seed ${seed}`);
process.exitCode = figures.violations === 0 ? 0 : 1;
