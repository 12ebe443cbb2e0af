import { EXIT, type ExitCode } from './exit-codes.ts';

/** What was asked for can't be done. Its message says why, `advice` what to do about it. */
export class CliFailure extends Error {
  override name = 'CliFailure';
  readonly advice: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    advice?: string,
    options: { readonly exitCode?: ExitCode; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.advice = advice;
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The command line asks for something that can't be. */
export function usageFailure(message: string, advice?: string): CliFailure {
  return new CliFailure(message, advice, { exitCode: EXIT.usage });
}
