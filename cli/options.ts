import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { LONGEST_WAIT_S } from '../lib/outcome/prefer-wait.ts';
import { wholeNumber } from './own-command.ts';
import { secondsOf } from './seconds-of.ts';
import { SETUP_STEPS, type SetupStep } from './setup/setup-step.ts';

export function acls() {
  return new Option('--acl <name>', 'only this ACL; may be repeated (default: all)').argParser(
    (name: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), name],
  );
}

export function steps() {
  return new Option('--step <name>', `only this step, again; may be repeated: ${SETUP_STEPS.join(', ')}`).argParser(
    (name: string, before: readonly SetupStep[] | undefined): readonly SetupStep[] => {
      const step = SETUP_STEPS.find((one) => one === name);
      if (step === undefined) throw new InvalidArgumentError(`It must be one of ${SETUP_STEPS.join(', ')}.`);
      return [...(before ?? []), step];
    },
  );
}

export function oneAcl() {
  return new Option('--acl <name>', 'the ACL; needed where there are several');
}

export function dropPrevious() {
  return new Option('--drop-previous', 'end the previous one, and make no new one').default(false);
}

export function remove(description: string) {
  return new Option('--remove', description).default(false).conflicts('dropPrevious');
}

export function showAgain() {
  return new Option('--show', 'print the current one again, and change nothing')
    .default(false)
    .conflicts(['dropPrevious', 'remove']);
}

export function json() {
  return new Option('--json', 'print JSON').default(false);
}

export function yes() {
  return new Option('--yes', 'do not ask').default(false);
}

export function wait() {
  return new Option(
    '--wait [seconds]',
    `wait for the zone for so many seconds (default: ${LONGEST_WAIT_S}, which is the most)`,
  ).argParser(wholeNumber(1, LONGEST_WAIT_S));
}

/** What a command is told of `--wait`. */
export function waiting(wait: number | true | undefined): { readonly wait?: number } {
  return wait === undefined ? {} : { wait: wait === true ? LONGEST_WAIT_S : wait };
}

/** For `--for`. */
export function seconds(text: string): number {
  const found = secondsOf(text);
  if (found === undefined) throw new InvalidArgumentError('It must be a whole number with s, m or h, such as 30s.');
  return found;
}
