import { LONGEST_WAIT_S } from '../../lib/outcome/prefer-wait.ts';
import { readAclStatus } from '../acl-status.ts';
import { send } from '../commands/send-event.ts';
import { type Finding, failure, ok, skipped, warning } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { chosenBy } from '../grant-choice.ts';
import type { DoStep } from './setup-step.ts';

const STEP = 'person';
const LATER = 'Let somebody in with `npm run zone -- grant`.';

/** The first person is in: somebody who is in already, or whoever is named. */
export const personStep: DoStep = async ({ acl, target, options, here, isNamed }) => {
  const { terminal, clock } = here;
  const { grants } = await readAclStatus(target, acl, clock.now());
  const inside = grants.filter(({ inZone }) => inZone === 'yes');
  const theirs = options.ip === undefined ? undefined : chosenBy({ ip: options.ip });
  if (theirs && inside.some(theirs)) return [ok(STEP, `${options.ip} is in`)];
  const mayAsk = terminal.canAsk && (inside.length === 0 || isNamed);
  const asked = async () => (await terminal.ask('An IP to let in now, such as your own (empty: none): ')).trim();
  const ip = options.ip ?? (mayAsk ? await asked() : '');
  if (ip === '') return [inside.length > 0 ? ok(STEP, `${inside.length} in`) : skipped(STEP, `nobody is in. ${LATER}`)];
  const { user, durationSeconds } = options;
  const wanted = { command: 'grant', ip, user, durationSeconds } as const;
  const { told } = await send(wanted, target, { acl, json: true, wait: LONGEST_WAIT_S }, here);
  return [findingOf(told)];
};

function findingOf({ exit, line, advice = LATER }: Awaited<ReturnType<typeof send>>['told']): Finding {
  if (exit === EXIT.fine) return ok(STEP, line);
  return exit === EXIT.warning ? warning(STEP, line, advice) : failure(STEP, line, advice);
}
