import { CliFailure, usageFailure } from './cli-failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks before what can't be undone.
 * @throws {CliFailure} when the answer is no, or when nobody can be asked and `yes` was not given
 */
export async function confirm(question: string, yes: boolean, terminal: Terminal): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk)
    throw usageFailure('nobody can be asked here', `To go on without being asked: --yes\n(${question})`);
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliFailure('nothing was changed');
}
