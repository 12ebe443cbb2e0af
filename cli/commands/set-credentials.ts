import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { credentialsGiven, type GivenCredentials, KINDS, storeCredentials } from '../store-credentials.ts';
import { painter } from '../terminal.ts';
import { askForRebuilds, tellFailures } from '../try-credentials.ts';

export type SetCredentialsOptions = GivenCredentials;

/** Takes Okta's credentials, an API token or a service app's, tries them, and only then stores them. */
export const setCredentials: Command<SetCredentialsOptions> = async (target, options, here) => {
  const { terminal } = here;
  const { kind, trial } = await storeCredentials(await credentialsGiven(options, target, here), options, target, here);
  const used = 'the functions use it within five minutes, without a deploy';
  terminal.out(`${painter(terminal)('green', '✔')} the ${KINDS[kind]} is stored; ${used}`);
  await askForRebuilds(target, here);
  tellFailures(trial, here);
  return trial.failures.length > 0 ? EXIT.warning : EXIT.fine;
};
