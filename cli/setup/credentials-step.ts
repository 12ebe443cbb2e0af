import { asCredentials, credentialsProblem } from '../../lib/okta/credentials.ts';
import { titleOf } from '../advice.ts';
import { CliFailure } from '../cli-failure.ts';
import type { Surroundings } from '../command.ts';
import { type Finding, failure, ok, refusedByOkta } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { credentialsGiven, KINDS, storeCredentials } from '../store-credentials.ts';
import { harmless } from '../terminal.ts';
import { askForRebuilds, tryCredentials } from '../try-credentials.ts';
import { serviceApp } from './service-app.ts';
import type { DoStep, SetupWork } from './setup-step.ts';

const STEP = 'credentials';
/** Somebody may paste the wrong thing. */
const TRIES = 3;
const HOW =
  'Okta takes an API token (`npm run zone -- set-credentials`), or a service app, whose key `npm run zone -- oauth-key` makes: docs/okta.md says how to get either.';
const WAYS = [
  { value: 'app', label: 'As a service app, which Okta recommends: its key is made now (takes a super administrator)' },
  { value: 'token', label: 'With an API token, or an app whose key you have: it is pasted here' },
];

/** Okta's credentials are stored, and Okta takes them: those that are there, or others that are made or asked for. */
export const credentialsStep: DoStep = async (work) => {
  const { target, options, here } = work;
  const isGiven = options.clientId !== undefined || options.kid !== undefined || options.key !== undefined;
  const stored = isGiven ? undefined : await judgeStored(work);
  if (stored?.level === 'ok' || stored?.mend !== undefined) return [stored];
  // A program is given the findings alone.
  const quiet = { ...here, terminal: { ...here.terminal, out: here.terminal.note } };
  if (stored && here.terminal.canAsk) {
    here.terminal.note(`${stored.detail}.`);
    const way = await here.terminal.choose('How is the stack to sign in to Okta?', WAYS);
    if (way === 'app') return serviceApp(STEP, target, quiet);
  } else if (stored) here.terminal.note(`${stored.detail}. ${HOW}`);
  return [await pasted(isGiven, work, quiet)];
};

/** Those that a person pastes, that are piped in, or that the options name. */
async function pasted(isGiven: boolean, { target, options, here }: SetupWork, quiet: Surroundings): Promise<Finding> {
  for (let tries = 1; ; tries += 1) {
    try {
      const text = await credentialsGiven(options, target, here);
      const { kind } = await storeCredentials(text, options, target, here);
      await askForRebuilds(target, quiet);
      return ok(STEP, `the ${KINDS[kind]} is stored, and Okta takes it`);
    } catch (error) {
      if (!(error instanceof CliFailure) || error.exitCode === EXIT.interrupted) throw error;
      const isLast = isGiven || !here.terminal.canAsk || tries === TRIES;
      if (isLast) return failure(STEP, error.message, [error.advice, HOW].filter(Boolean).join(' '));
      here.terminal.note(`${error.message}. Once more:`);
    }
  }
}

/** @returns what is told of those in the secret; without `mend` where others are needed */
async function judgeStored({ target, here }: SetupWork): Promise<Omit<Finding, 'code'>> {
  const inKms = target.kms !== undefined;
  const text = (await target.oktaCredentials.read())?.trim();
  if (credentialsProblem(text, inKms) !== undefined) {
    return { link: STEP, level: 'failure', detail: 'no credentials of Okta are stored yet' };
  }
  const credentials = asCredentials(text, inKms);
  const { refusal, unknown } = await tryCredentials(credentials, target, here);
  if (unknown) return refusedByOkta(STEP, unknown);
  const stored = `the ${KINDS[credentials.kind]} that is stored`;
  if (!refusal) return ok(STEP, `${stored} is one that Okta takes`);
  const why = `${titleOf(refusal.code)}: ${harmless(refusal.message)}`;
  return { link: STEP, level: 'failure', detail: `Okta does not take ${stored} (${why})` };
}
