import { CommanderError } from '@commander-js/extra-typings';
import type { Surroundings } from './command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { explain } from './explain.ts';
import type { TargetOptions } from './find-target.ts';
import { createProgram } from './program.ts';
import type { Target } from './target.ts';
import { guarded, notePainter } from './terminal.ts';

/**
 * Reads a command line and does what it says. Every failure is told, with what to do about it.
 * @param args without the program's own name
 */
export async function runCli(
  args: readonly string[],
  given: Surroundings,
  findTarget: (options: TargetOptions) => Promise<Target>,
): Promise<ExitCode> {
  const terminal = guarded(given.terminal);
  const here = { ...given, terminal };
  let code: ExitCode = EXIT.fine;
  const program = createProgram(async (run, options, target) => {
    code = await run(await findTarget(target), options, here);
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // It has said by itself what is wrong. Help that was asked for is no mistake, a missing command is one.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    const { message, advice, exitCode } = explain(error);
    terminal.note(`${notePainter(terminal)('red', '✘')} ${message}${advice === undefined ? '' : `\n  → ${advice}`}`);
    return exitCode;
  }
}
