import { randomBytes, randomUUID } from 'node:crypto';
import type { Surroundings } from '../../cli/command.ts';
import type { FoundStacks } from '../../cli/find-stacks.ts';
import type { TargetOptions } from '../../cli/find-target.ts';
import { runCli } from '../../cli/run-cli.ts';
import type { Target } from '../../cli/target.ts';
import { fetchHttp } from '../../lib/adapters/fetch-http.ts';
import { systemClock } from '../../lib/adapters/system-clock.ts';
import { FakeTerminal } from './fake-terminal.ts';

export interface Ran {
  readonly code: number;
  /** What went to standard output. */
  readonly out: string;
  /** What went to standard error. */
  readonly notes: string;
}

/** An account in which nobody has to choose. */
const ONE: FoundStacks = { where: 'eu-west-1, account 111122223333', names: ['KnocknocOkta'] };

/** A command line against any target. */
export async function typed(
  args: string,
  findTarget: (options: TargetOptions) => Promise<Target>,
  person: Partial<FakeTerminal> = {},
  here: Partial<Surroundings> = {},
  stacks: FoundStacks = ONE,
): Promise<Ran> {
  const terminal = Object.assign(new FakeTerminal(), person);
  const surroundings: Surroundings = {
    ...{ terminal, clock: systemClock, http: fetchHttp, newId: randomUUID, randomBytes },
    stop: new AbortController().signal,
    ...here,
  };
  const code = await runCli(args.split(' ').filter(Boolean), surroundings, findTarget, async () => stacks);
  return { code, out: terminal.written.join('\n'), notes: terminal.noted.join('\n') };
}
