import { GrantBook } from '../../lib/grants/grant-book.ts';
import { CliFailure } from '../cli-failure.ts';
import { type Command, chosenAcl } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { ownSender } from '../own-sender.ts';
import { freeAddress } from '../selftest/free-address.ts';
import { takeTurn } from '../selftest/once-a-minute.ts';
import { letIn, putOut, type Stage, type StageResult } from '../selftest/stages.ts';
import { jsonText, type Paint, painter } from '../terminal.ts';

export interface SelftestOptions {
  readonly acl?: string;
  readonly json: boolean;
  /** Seconds for each of its two events. */
  readonly timeout: number;
}

const WORDS: Readonly<Record<Stage, string>> = {
  accepted: 'the webhook has put the grant onto the queue',
  stored: 'the table has it',
  written: 'Okta has answered a list that holds the address',
  confirmed: 'the outcome says that it is in',
  gone: 'after its revoke no list holds it',
};
const NAME_WIDTH = 9;

/** Lets a documentation address in and takes it out again: whether all of the system works, and how fast. */
export const selftest: Command<SelftestOptions> = async (target, options, here) => {
  const { terminal, clock } = here;
  const acl = chosenAcl(target, options.acl);
  const endpoint = await ownSender(target, acl);
  const book = new GrantBook(target.table, target.config, { error: () => {} });
  const ip = freeAddress(acl, target.config, await book.live(acl, clock.now()));
  await takeTurn(target.table, clock.now(), here.newId());
  const probe = { acl, ip, endpoint, timeout: options.timeout };
  const paint = painter(terminal);
  if (!options.json) terminal.out(`${paint('bold', target.name)}\n${ip} in and out of ${acl}`);
  const results: StageResult[] = [];
  const tell = (result: StageResult) => {
    results.push(result);
    if (!options.json) terminal.out(lineOf(result, paint));
  };
  let broken: unknown;
  try {
    for await (const result of letIn(probe, target, here)) tell(result);
  } catch (error) {
    broken = error;
  }
  // Whatever became of the grant: it must not stay. Where nobody has accepted it, it is not there.
  const [first] = results;
  if (broken !== undefined || (first && 'ms' in first)) {
    const out = await putOut(probe, target, here).catch((error: unknown): StageResult => {
      const { message, advice = 'The grant ends by itself within two minutes.' } = explain(error);
      return { stage: 'gone', failed: message, advice };
    });
    tell(out);
  }
  if (broken !== undefined) {
    const { message, advice } = explain(broken);
    throw new CliFailure(message, advice, { cause: broken });
  }
  const exitCode = results.every((result) => 'ms' in result) ? EXIT.fine : EXIT.failure;
  if (options.json) terminal.out(jsonText({ target: target.name, acl, ip, exitCode, stages: results }, 2));
  return exitCode;
};

function lineOf(result: StageResult, paint: Paint): string {
  const name = result.stage.padEnd(NAME_WIDTH);
  if ('ms' in result) {
    const seconds = (result.ms / 1000).toFixed(2).padStart(6);
    return `${paint('green', '✔')} ${name} ${seconds} s  ${paint('dim', WORDS[result.stage])}`;
  }
  return `${paint('red', '✘')} ${name} ${result.failed}\n  → ${result.advice}`;
}
