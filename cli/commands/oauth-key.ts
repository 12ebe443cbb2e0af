import { type AppCredentials, asCredentials, credentialsProblem } from '../../lib/okta/credentials.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { CliFailure, usageFailure } from '../cli-failure.ts';
import type { Command, Surroundings } from '../command.ts';
import { confirm } from '../confirm.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { type KeyPlace, keyPlaceOf, type NextKey } from '../oauth-key/next-key.ts';
import { afterFinish, forNewApp, forRotation } from '../oauth-key/steps.ts';
import type { SecretVersion, Target } from '../target.ts';
import { harmless, jsonText, notePainter } from '../terminal.ts';
import { askForRebuilds, notStored, tellFailures, tryCredentials } from '../try-credentials.ts';

export interface OauthKeyOptions {
  /** Although a service app is in use: another key for it. */
  readonly next: boolean;
  /** Try the key that waits, and put it into use. */
  readonly finish: boolean;
  readonly dropNext: boolean;
  /** Of the service app; that of the credentials in use where absent. */
  readonly clientId?: string;
  readonly yes: boolean;
  /** Whoever calls asks for the client id and goes on by itself: the next command is not shown. */
  readonly goesOn?: boolean;
}

interface Present {
  readonly seen: SecretVersion | undefined;
  /** The service app in use, if one is. */
  readonly app: AppCredentials | undefined;
}

/**
 * Makes a key for a service app, shows its public part, and later puts it into use. Nothing that is in use changes before
 * Okta has taken the new key.
 */
export const oauthKey: Command<OauthKeyOptions> = async (target, options, here) => {
  const place = keyPlaceOf(target);
  if (options.clientId !== undefined && !options.finish) throw usageFailure('--client-id belongs to --finish');
  if (options.dropNext) return drop(place, options, target, here);
  const present = await presentOf(target);
  return options.finish ? finish(place, present, options, target, here) : offer(place, present, options, here);
};

/** What can be no credentials is none in use. */
async function presentOf({ oktaCredentials, kms }: Target): Promise<Present> {
  const seen = await oktaCredentials.version('current');
  try {
    const credentials = asCredentials(seen?.text.trim(), kms !== undefined);
    return { seen, app: credentials.kind === 'app' ? credentials : undefined };
  } catch (error) {
    if (error instanceof OktaFailure) return { seen, app: undefined };
    throw error;
  }
}

/** It is stored before it is shown: the private part of what Okta is told of must not be lost. Nobody uses it yet. */
async function offer(
  place: KeyPlace,
  { app }: Present,
  { next: isNext, goesOn }: OauthKeyOptions,
  here: Surroundings,
): Promise<ExitCode> {
  const { terminal } = here;
  if (app && !isNext) {
    throw usageFailure(`the service app ${app.clientId} has a key in use`, 'To make the next one beside it: --next');
  }
  let next = await place.waiting(app?.kid);
  if (next) terminal.note(`a key waits already, and is not in use: ${harmless(next.kid)}. Its public part again:`);
  else {
    const isOwn = await place.make(here);
    next = await place.waiting(app?.kid);
    if (!next) throw new CliFailure('somebody else has dropped the key just now', 'Run the command again.');
    if (!isOwn) terminal.note('somebody else was faster: this is the key that they have made');
  }
  terminal.out(jsonText(next.jwk, 2));
  if (!(await terminal.isRead())) {
    const what = `the public part of the key ${harmless(next.kid)} could not be written out`;
    throw new CliFailure(what, 'It waits, and is not in use. Run the command again: it writes the same key.');
  }
  const { kid } = next;
  const { atOkta, afterwards } = app ? forRotation(app.clientId, kid) : forNewApp(kid);
  for (const line of goesOn ? atOkta : [...atOkta, ...afterwards]) terminal.note(line);
  return EXIT.fine;
}

async function finish(
  place: KeyPlace,
  present: Present,
  options: OauthKeyOptions,
  target: Target,
  here: Surroundings,
): Promise<ExitCode> {
  const { terminal } = here;
  const { app, seen } = present;
  const next = await place.waiting(app?.kid);
  if (!next) {
    throw new CliFailure('no key waits', `Make one: npm run zone -- oauth-key${app ? ' --next' : ''}`);
  }
  const clientId = options.clientId ?? app?.clientId;
  if (clientId === undefined) {
    throw usageFailure('--client-id is missing', "It is the service app's, and begins with 0oa.");
  }
  if (app?.kid === next.kid && app.clientId === clientId) return cleanUp(next, here);
  const text = next.credentials(clientId);
  const problem = credentialsProblem(text, target.kms !== undefined);
  if (problem !== undefined) throw usageFailure(`nothing was changed: ${problem}`);
  const trial = await tryCredentials(asCredentials(text, target.kms !== undefined), target, here);
  const refused = `Nothing was changed; the key waits. Look in the app: its Client ID, the key ${harmless(next.kid)}, scopes and role.`;
  if (trial.refusal) throw notStored(trial.refusal, refused);
  if (trial.unknown) throw notStored(trial.unknown, 'Okta could not be asked, so nothing was changed; the key waits.');
  await store(text, seen, target);
  const used = 'the functions use it within five minutes, without a deploy';
  terminal.note(`${notePainter(terminal)('green', '✔')} the key ${harmless(next.kid)} is in use; ${used}`);
  await next.drop();
  await askForRebuilds(target, here);
  tellFailures(trial, here);
  for (const line of afterFinish(seen, app, target)) terminal.note(line);
  return trial.failures.length > 0 ? EXIT.warning : EXIT.fine;
}

/** An earlier run was cut off when the key was in use already. */
async function cleanUp(next: NextKey, { terminal }: Surroundings): Promise<ExitCode> {
  await next.drop();
  terminal.note(`${notePainter(terminal)('green', '✔')} the key ${harmless(next.kid)} is in use already`);
  return EXIT.fine;
}

async function store(text: string, seen: SecretVersion | undefined, { oktaCredentials }: Target): Promise<void> {
  const again = 'Run the command again: it begins with what is stored now.';
  let isStored: boolean;
  try {
    isStored = await oktaCredentials.replace(text, seen);
  } catch (cause) {
    const { message } = explain(cause);
    throw new CliFailure(`${message}; it is not known whether the key is in use`, again, { cause });
  }
  if (!isStored) throw new CliFailure('somebody else has changed the Okta credentials meanwhile', again);
}

async function drop(
  place: KeyPlace,
  { yes }: OauthKeyOptions,
  { oktaCredentials }: Target,
  { terminal }: Surroundings,
): Promise<ExitCode> {
  place.judgeDrop();
  const next = await oktaCredentials.next();
  if (!next) {
    terminal.note('no key waits');
    return EXIT.fine;
  }
  await confirm('Drop the key that waits? If it is registered at Okta, delete it there.', yes, terminal);
  await oktaCredentials.dropNext(next);
  terminal.note(`${notePainter(terminal)('green', '✔')} no key waits any more`);
  return EXIT.fine;
}
