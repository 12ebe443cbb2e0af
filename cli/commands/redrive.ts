import { type LetterReport, redrive as putBack, type RedriveReport } from '../../lib/grants/redrive.ts';
import type { Command } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { cellOf, columns, harmless, jsonText, type Paint, painter } from '../terminal.ts';

export interface RedriveOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** A FIFO queue shows no more than these before some of them are gone. */
const SHOWN_BY_A_DRY_RUN = 10;

/** Puts the events that could not be applied back onto their queue, once the cause is mended. */
export const redrive: Command<RedriveOptions> = async (target, { dryRun, json }, here) => {
  const { terminal, clock } = here;
  terminal.note('reading the dead letters …');
  const report = await putBack({ clock, config: target.config, ...target.queues }, { dryRun });
  const code = exitCodeOf(report);
  if (json) terminal.out(jsonText({ dryRun, ...report }, 2));
  else terminal.out(textOf(report, dryRun, painter(terminal)));
  return code;
};

function exitCodeOf({ stopped, stayed }: RedriveReport): ExitCode {
  if (stopped !== undefined) return EXIT.failure;
  return stayed > 0 ? EXIT.warning : EXIT.fine;
}

function textOf(report: RedriveReport, dryRun: boolean, paint: Paint): string {
  const { letters, putBack: count, stayed, stopped } = report;
  if (letters.length === 0 && stopped === undefined)
    return `${paint('green', '✔')} no event lies among the dead letters`;
  const heading = ['EVENT', 'ACL', 'ID', '', 'WHY IT WAS THERE'].map((title) => paint('dim', title));
  const lines =
    letters.length === 0 ? [] : [columns([heading, ...letters.map((letter) => row(letter, dryRun, paint))])];
  if (stopped !== undefined) {
    lines.push(`${paint('red', '✘')} stopped before the end: ${harmless(stopped)}`);
    lines.push(`  → ${count} were put back, the rest is still there. Mend the cause, and run it again.`);
    return lines.join('\n');
  }
  const put = dryRun ? 'would be put back' : 'put back';
  lines.push(`${stayed > 0 ? paint('yellow', '!') : paint('green', '✔')} ${count} ${put}, ${stayed} stay`);
  if (dryRun && letters.length >= SHOWN_BY_A_DRY_RUN) lines.push('  there may be more: the queue shows ten at most');
  if (stayed > 0) lines.push('  → Read them in the SQS console (docs/errors.md#dead-letter-queues), then delete them.');
  return lines.join('\n');
}

function row({ event, messageId, reason, stays }: LetterReport, dryRun: boolean, paint: Paint): string[] {
  const put = paint('green', dryRun ? 'would be put back' : 'put back');
  const becomes = stays === undefined ? put : paint('yellow', `stays: ${stays}`);
  const { type = '-', acl = '-', webhookId = messageId } = event ?? {};
  return [...[type, acl, webhookId].map((cell) => cellOf(cell)), becomes, harmless(reason)];
}
