import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../../cli/own-command.ts';

/** `npm run burst`: ends with 1 where a bound is passed. */
guardOutput();
ownCommand(
  'npm run burst --',
  'Tells what bursts of events cost, on a virtual clock with the production handlers.',
  NOT_RUN,
).parse();
const { measure, slowdown } = await import('./burst.ts');
const figures = await measure();
console.table(
  figures.map(({ what, measured, allowed, unit }) => ({
    what,
    measured,
    'at most': allowed,
    unit,
    holds: measured <= allowed,
  })),
);
const { putsInTenSeconds, lowestRemaining } = await slowdown(40);
console.log(
  `a quota of 40 calls a minute: PUTs in each ten seconds ${putsInTenSeconds.join(', ')}; ${lowestRemaining} calls were left`,
);
process.exitCode = figures.every(({ measured, allowed }) => measured <= allowed) ? 0 : 1;
