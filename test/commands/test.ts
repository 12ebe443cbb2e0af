import { guardOutput } from '../../cli/guard-output.ts';
import { conclude, runGuard } from './steps.ts';

/** `npm test`: what guards main. The long runs are those of `npm run test:full`. */
guardOutput();
const all = await runGuard();
const code = conclude(all);
const ranTests = all.some(({ tests }) => tests.passed > 0);
process.exitCode = ranTests ? code : 1;
