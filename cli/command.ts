import type { Clock, HttpClient } from '../lib/ports.ts';
import { usageFailure } from './cli-failure.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What every command may use of the outside, beside its target. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** For Okta. */
  readonly http: HttpClient;
  /** A name that nothing else has. */
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
  /** Ctrl-C, for what goes on until then. */
  readonly stop: AbortSignal;
}

export type Command<Options> = (target: Target, options: Options, here: Surroundings) => Promise<ExitCode>;

/** The ACLs that are meant: those named, or all. @throws {CliFailure} for one that is not configured */
export function chosenAcls(target: Target, named: readonly string[] | undefined): readonly string[] {
  const known = Object.keys(target.config.acls);
  const unknown = named?.find((acl) => !known.includes(acl));
  if (unknown !== undefined) {
    throw usageFailure(`${target.name} has no ACL ${unknown}`, `Its ACLs: ${known.join(', ')}.`);
  }
  return named ?? known;
}

/** The one ACL that is meant, which need not be named where there is only one. */
export function chosenAcl(target: Target, named: string | undefined): string {
  const [acl = '', ...others] = chosenAcls(target, named === undefined ? undefined : [named]);
  if (others.length > 0) throw usageFailure('--acl is missing', `Which one: ${[acl, ...others].join(', ')}?`);
  return acl;
}
