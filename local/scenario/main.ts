import { readFile } from 'node:fs/promises';
import { EXIT, type ExitCode, worst } from '../../cli/exit-codes.ts';
import { guardOutput } from '../../cli/guard-output.ts';
import { ownCommand } from '../../cli/own-command.ts';
import { heading, say, sayBad, sayGood } from '../console.ts';
import { formatMoment } from './duration.ts';
import { type Played, play } from './play.ts';
import { readScenario } from './read-scenario.ts';
import type { Scenario } from './scenario.ts';
import { ScenarioError } from './scenario-error.ts';

const ABOUT = `Plays scenario files on a virtual clock, and prints their timelines: what would happen if.

Exit codes: 0 all that the files expect holds; 1 something does not; 2 a file is not well-formed; 64 the command line is wrong.
docs/scenarios.md says how to write one.`;

async function playFile(path: string, brief: boolean): Promise<ExitCode> {
  try {
    const scenario = readScenario(parse(await readFile(path, 'utf8')), path);
    const played = await play(scenario);
    report(path, scenario, played, brief);
    return played.failures.length === 0 ? EXIT.fine : EXIT.warning;
  } catch (error) {
    const problem = unreadable(error);
    if (!problem) throw error;
    sayBad(`${path} can't be played`);
    say(problem.replace(/^/gm, '  '));
    return EXIT.failure;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ScenarioError([{ path: '', message: `not JSON: ${error instanceof Error ? error.message : error}` }]);
  }
}

/** What is wrong with the file; undefined where the fault is ours. */
function unreadable(error: unknown): string | undefined {
  if (error instanceof ScenarioError) return error.message;
  const isOfTheFileSystem = error instanceof Error && 'syscall' in error;
  return isOfTheFileSystem ? error.message : undefined;
}

function report(path: string, scenario: Scenario, played: Played, brief: boolean): void {
  const { failures, expectations, timeline } = played;
  const holds = failures.length === 0;
  if (!brief || !holds) {
    say(`\n${heading(scenario.title)} (${path})`);
    if (scenario.shows !== undefined) say(scenario.shows);
    say(`\n${timeline.join('\n')}\n`);
  }
  if (holds) sayGood(`${scenario.title}: ${expectations === 1 ? 'it holds' : `all ${expectations} expectations hold`}`);
  for (const { path: where, at, expected, found } of failures) {
    sayBad(`${where} at ${formatMoment(at)}: expected ${expected}; found ${found}`);
  }
}

async function main(): Promise<ExitCode> {
  const program = ownCommand('npm run scenario --', ABOUT)
    .argument('<file...>')
    .option('--brief', 'the timelines of those alone that do not hold', false)
    .parse();
  const codes: ExitCode[] = [];
  for (const file of program.args) codes.push(await playFile(file, program.opts().brief));
  return worst(codes);
}

guardOutput();
// Where a story ends in the middle of an invocation, a timer of that would keep this process for as long as a function may run.
process.exit(await main());
