import { Command, Help, InvalidArgumentError, type Option } from '@commander-js/extra-typings';
import { EXIT } from './exit-codes.ts';

/** Of a command for whoever works on the project: nothing was run. With 1 it says that something does not hold. */
export const NOT_RUN = 2;

/**
 * A command beside those of the command line for operators. An option that it does not know, or a value that it cannot
 * take, ends the process with one line before anything was done.
 * @param wrong the exit code for that
 */
export function ownCommand(name: string, about: string, wrong: number = EXIT.usage) {
  return new Command(name)
    .description(about)
    .helpCommand(false)
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({ outputError: writeError })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.fine : wrong));
}

/** Of a switch everybody knows that it is off by default. */
export function describeOption(option: Option): string {
  return option.isBoolean() ? option.description : new Help().optionDescription(option);
}

/** What is wrong, and what was perhaps meant, in one line. */
export function writeError(text: string, write: (text: string) => void): void {
  write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`);
}

/** Reads a number of an option. Both ends are allowed. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}
