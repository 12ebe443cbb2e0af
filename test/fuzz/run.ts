import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand, wholeNumber } from '../../cli/own-command.ts';

/** `npm run fuzz`: ends with 1 where a rule was broken. */
guardOutput();
const { runs, seed } = ownCommand('npm run fuzz --', 'Posts requests that must not be believed.', NOT_RUN)
  .option('--runs <number>', 'how many requests', wholeNumber(1), 100_000)
  .option('--seed <number>', 'which ones', wholeNumber(0), 1)
  .parse()
  .opts();
const { describeFigures, fuzz } = await import('./fuzz.ts');
const began = Date.now();
const figures = await fuzz(runs, seed, (done) => {
  if (done % 10_000 === 0) console.log(`${done} of ${runs} requests, ${Math.round((Date.now() - began) / 1000)} s`);
});
console.log(describeFigures(figures));
if (figures.failure) console.log(`to see it again: npm run fuzz -- --runs ${runs} --seed ${seed}`);
process.exitCode = figures.violations === 0 ? 0 : 1;
