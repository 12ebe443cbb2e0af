import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { guardOutput } from '../../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../../cli/own-command.ts';
import { conclude, LINT, lintChanged, runStep, TYPES, vitest } from './steps.ts';

/** `npm run check`. The command lines, which are typed at the whole system, run only where the command line itself has changed. */
guardOutput();
const { all } = ownCommand(
  'npm run check --',
  'Lint, types, and the fast tests of what has changed since main.',
  NOT_RUN,
)
  .option('--all', 'all the fast tests', false)
  .parse()
  .opts();

const git = (...args: readonly string[]) => promisify(execFile)('git', args);

/** What a change is counted from: main, or what is committed where there is no such branch. */
async function base(): Promise<string> {
  for (const branch of ['main', 'origin/main']) {
    const found = await git('rev-parse', '--verify', '--quiet', branch).then(
      () => true,
      () => false,
    );
    if (found) return branch;
  }
  return 'HEAD';
}

async function hasChanged(folders: readonly string[], since: string): Promise<boolean> {
  const committed = await git('diff', '--name-only', since, '--', ...folders);
  const fresh = await git('ls-files', '--others', '--exclude-standard', '--', ...folders);
  return `${committed.stdout}${fresh.stdout}`.trim() !== '';
}

const since = all ? undefined : await base();
// What a file that has not changed may import and how it is written, main has been asked already.
const lint = since === undefined ? LINT : lintChanged(since);
const projects = ['unit', 'cdk'];
if (since !== undefined && (await hasChanged(['cli', 'test/cli'], since))) projects.push('commands');
const tests =
  since === undefined
    ? vitest('all fast tests', projects)
    : vitest(`fast tests of what has changed since ${since}`, projects, `--changed=${since}`);
const looks = await Promise.all([runStep(lint), runStep(TYPES, true)]);
process.exitCode = conclude([...looks, await runStep(tests)]);
