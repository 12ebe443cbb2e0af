/** What the command says to a program that called it. `docs/cli.md` promises these. */
export const EXIT = {
  fine: 0,
  /** It works, but someone should look. */
  warning: 1,
  /** Something is wrong, or what was asked for was not done. */
  failure: 2,
  /** The command line is wrong (EX_USAGE). */
  usage: 64,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The worst of several. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return codes.reduce<ExitCode>((a, b) => (b > a ? b : a), EXIT.fine);
}
