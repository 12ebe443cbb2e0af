import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../../cli/own-command.ts';
import { conclude, LINT, lintChanged, runStep, TYPES, vitest } from './steps.ts';

/** `npm run check` */
guardOutput();
const { all } = ownCommand(
  'npm run check --',
  'Lint, types, and of the fast tests those that import what has changed since main.',
  NOT_RUN,
)
  .option('--all', 'all the fast tests', false)
  .parse()
  .opts();

/** What a change is counted from: main, or what is committed where there is no such branch. */
async function base(): Promise<string> {
  for (const branch of ['main', 'origin/main']) {
    const found = await promisify(execFile)('git', ['rev-parse', '--verify', '--quiet', branch]).then(
      () => true,
      () => false,
    );
    if (found) return branch;
  }
  return 'HEAD';
}

const since = all ? undefined : await base();
// What a file that has not changed may import and how it is written, main has been asked already.
const lint = since === undefined ? LINT : lintChanged(since);
const tests =
  since === undefined
    ? vitest('all fast tests', ['unit', 'cdk'])
    : vitest(`fast tests of what has changed since ${since}`, ['unit', 'cdk'], `--changed=${since}`);
const looks = await Promise.all([runStep(lint), runStep(TYPES, true)]);
process.exitCode = conclude([...looks, await runStep(tests)]);
