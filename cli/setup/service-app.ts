import { CliFailure } from '../cli-failure.ts';
import type { Surroundings } from '../command.ts';
import { oauthKey } from '../commands/oauth-key.ts';
import { type Finding, failure, ok } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import type { Target } from '../target.ts';

const OPTIONS = { dropNext: false, yes: false, goesOn: true } as const;
const LATER =
  'When the app is there, run `npm run zone -- setup` again and choose the service app: it shows the same key. Or: `npm run zone -- oauth-key --finish --client-id 0oa…`.';

/**
 * Makes the key of a service app, or shows the one that waits; waits for a person who makes the app at Okta; and puts the
 * key into use once Okta takes it. What is wrong at Okta is told as often as the person asks.
 */
export async function serviceApp(step: string, target: Target, here: Surroundings): Promise<readonly Finding[]> {
  const { terminal } = here;
  await oauthKey(target, { ...OPTIONS, next: true, finish: false }, here);
  for (;;) {
    const clientId = (await terminal.ask('The Client ID of the app, once all of that is done (empty: later): ')).trim();
    if (clientId === '') return [failure(step, 'the key waits for its service app at Okta', LATER)];
    try {
      await oauthKey(target, { ...OPTIONS, next: false, finish: true, clientId }, here);
      return [ok(step, 'the service app is stored, and Okta takes it')];
    } catch (error) {
      if (!(error instanceof CliFailure) || error.exitCode === EXIT.interrupted) throw error;
      terminal.note([error.message, error.advice].filter(Boolean).join('\n  → '));
    }
  }
}
