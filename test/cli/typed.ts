import { randomBytes, randomUUID } from 'node:crypto';
import type { Surroundings } from '../../cli/command.ts';
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

/** A command line against any target. */
export async function typed(
  args: string,
  findTarget: (options: TargetOptions) => Promise<Target>,
  person: Partial<FakeTerminal> = {},
  here: Partial<Surroundings> = {},
): Promise<Ran> {
  const terminal = Object.assign(new FakeTerminal(), person);
  const surroundings: Surroundings = {
    ...{ terminal, clock: systemClock, http: fetchHttp, newId: randomUUID, randomBytes },
    stop: new AbortController().signal,
    ...here,
  };
  const code = await runCli(args.split(' ').filter(Boolean), surroundings, findTarget);
  return { code, out: terminal.written.join('\n'), notes: terminal.noted.join('\n') };
}
