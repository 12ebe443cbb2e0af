import { CommanderError } from '@commander-js/extra-typings';
import { askingAbout } from './asking-terminal.ts';
import { chooseStack } from './choose-stack.ts';
import type { CliFailure } from './cli-failure.ts';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { FoundStacks } from './find-stacks.ts';
import type { TargetOptions } from './find-target.ts';
import { withNextSteps } from './next-steps.ts';
import { writeError } from './own-command.ts';
import { createProgram } from './program.ts';
import type { Target } from './target.ts';
import { guarded, jsonText, notePainter } from './terminal.ts';

/**
 * Reads a command line and does what it says. Every failure is told, with what to do about it.
 * @param args without the program's own name
 * @param findStacks those that could be meant where none is named
 */
export async function runCli(
  args: readonly string[],
  given: Surroundings,
  findTarget: (options: TargetOptions) => Promise<Target>,
  findStacks: (options: TargetOptions) => Promise<FoundStacks>,
): Promise<ExitCode> {
  const json = args.includes('--json');
  let terminal = guarded(given.terminal);
  let code: ExitCode = EXIT.fine;
  // What was not done when Ctrl-C came was not done because of it.
  const orInterrupted = (end: ExitCode) => (given.stop.aborted && end !== EXIT.fine ? EXIT.interrupted : end);
  const program = createProgram(async (run, options, named) => {
    const plain = terminal;
    terminal = withNextSteps(plain, named, json);
    const meant = await chooseStack(named, findStacks, terminal);
    terminal = withNextSteps(plain, meant, json);
    const target = await findTarget(meant);
    code = await run(target, options, { ...given, terminal: askingAbout(target, terminal) });
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: writeError,
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return orInterrupted(code);
  } catch (error) {
    const { message, advice, exitCode: end } = failureOf(error);
    const exitCode = orInterrupted(end);
    // It has said by itself what is wrong. Help that was asked for is no mistake, a missing command is one.
    const isSaid = error instanceof CommanderError;
    if (!isSaid) {
      terminal.note(`${notePainter(terminal)('red', '✘')} ${message}${advice === undefined ? '' : `\n  → ${advice}`}`);
    }
    if (json && exitCode !== EXIT.fine) {
      terminal.out(jsonText({ error: { message, ...(advice !== undefined && { advice }), exitCode } }, 2));
    }
    return exitCode;
  }
}

function failureOf(error: unknown): Pick<CliFailure, 'message' | 'advice' | 'exitCode'> {
  if (!(error instanceof CommanderError)) return explain(error);
  const message = error.message.replace(/^error: /, '');
  return { message, advice: undefined, exitCode: error.exitCode === 0 ? EXIT.fine : EXIT.usage };
}
