import { CliFailure, usageFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, chosenAcls, type Surroundings } from '../command.ts';
import { type Finding, failure, skipped } from '../doctor/finding.ts';
import { exitOf, findingLine } from '../doctor/finding-line.ts';
import { EXIT } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { oktaAddress } from '../okta-address.ts';
import { credentialsStep } from '../setup/credentials-step.ts';
import { personStep } from '../setup/person-step.ts';
import { policiesStep } from '../setup/policies-step.ts';
import { senderStep } from '../setup/sender-step.ts';
import { type DoStep, SETUP_STEPS, type SetupOptions, type SetupStep } from '../setup/setup-step.ts';
import { stackStep } from '../setup/stack-step.ts';
import { testStep } from '../setup/test-step.ts';
import { zonesStep } from '../setup/zones-step.ts';
import type { Target } from '../target.ts';
import { jsonText, painter } from '../terminal.ts';

const DO: Readonly<Record<SetupStep, DoStep>> = {
  stack: stackStep,
  credentials: credentialsStep,
  zones: zonesStep,
  policies: policiesStep,
  test: testStep,
  person: personStep,
  sender: senderStep,
};

/** From a deploy to the first person in the zone, step by step. What is right already is said, and not done again. */
export const setup: Command<SetupOptions> = async (target, options, here) => {
  const { terminal } = here;
  const acl = await meantAcl(target, options, here);
  const paint = painter(terminal);
  const show = (text: string) => void (options.json || terminal.out(text));
  const findings: Finding[] = [];
  const facts: Record<string, unknown> = {};
  show(`${paint('bold', target.name)}  org ${oktaAddress(target.config)}`);
  let isStopped = false;
  for (const step of SETUP_STEPS.filter((one) => options.step?.includes(one) ?? true)) {
    const work = { acl, target, options, here, isNamed: options.step !== undefined, show };
    const found: readonly Finding[] = isStopped
      ? [skipped(step, 'waits for what is broken above')]
      : await done(DO[step], step, { ...work, tell: (more) => void Object.assign(facts, more) });
    findings.push(...found);
    for (const finding of found) show(findingLine(finding, paint));
    isStopped ||= found.some(({ level }) => level === 'failure');
  }
  const exitCode = exitOf(findings);
  if (options.json) terminal.out(jsonText({ target: target.name, acl, exitCode, findings, ...facts }, 2));
  else if (isStopped)
    terminal.out('\nMend that, and run `npm run zone -- setup` again: what is done is not done again.');
  return exitCode;
};

/** What can't be done is a finding too, so that what was found before it is told. */
async function done(run: DoStep, step: SetupStep, work: Parameters<DoStep>[0]): Promise<readonly Finding[]> {
  try {
    return await run(work);
  } catch (error) {
    if (error instanceof CliFailure && error.exitCode === EXIT.interrupted) throw error;
    const { message, advice = 'Mend that first.' } = explain(error);
    return [failure(step, message, advice)];
  }
}

async function meantAcl(target: Target, { acl }: SetupOptions, { terminal }: Surroundings): Promise<string> {
  const acls = chosenAcls(target, undefined);
  if (acl !== undefined || acls.length < 2 || !terminal.canAsk) return chosenAcl(target, acl);
  if (acls.length === 0) throw usageFailure(`${target.name} has no ACL`);
  const choices = acls.map((value) => ({ value, label: value }));
  return terminal.choose('Which ACL?', choices);
}
