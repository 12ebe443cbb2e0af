import { type Command, chosenAcl } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { runSelftest } from '../selftest/run-selftest.ts';
import type { Stage, StageResult } from '../selftest/stages.ts';
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
export const selftest: Command<SelftestOptions> = async (target, { acl: named, json, timeout }, here) => {
  const { terminal } = here;
  const acl = chosenAcl(target, named);
  const paint = painter(terminal);
  const stages: StageResult[] = [];
  const ip = await runSelftest(acl, timeout, target, here, {
    begins: (address) => {
      if (!json) terminal.out(`${paint('bold', target.name)}\n${address} in and out of ${acl}`);
    },
    stage: (result) => {
      stages.push(result);
      if (!json) terminal.out(lineOf(result, paint));
    },
  });
  const exitCode = stages.every((result) => 'ms' in result) ? EXIT.fine : EXIT.failure;
  if (json) terminal.out(jsonText({ target: target.name, acl, ip, exitCode, stages }, 2));
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
