import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../../cli/own-command.ts';
import { conclude, runGuard } from './steps.ts';

/** `npm test` */
guardOutput();
ownCommand('npm test --', 'What guards main. The long runs are those of `npm run test:full`.', NOT_RUN).parse();
const all = await runGuard();
const code = conclude(all);
const ranTests = all.some(({ tests }) => tests.passed > 0);
process.exitCode = ranTests ? code : 1;
