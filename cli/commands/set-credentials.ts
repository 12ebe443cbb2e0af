import { readFile } from 'node:fs/promises';
import { asCredentials, credentialsProblem } from '../../lib/okta/credentials.ts';
import { usageFailure } from '../cli-failure.ts';
import type { Command, Surroundings } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { harmless, painter } from '../terminal.ts';
import { askForRebuilds, notStored, tellFailures, tryCredentials } from '../try-credentials.ts';

export interface SetCredentialsOptions {
  /** Of a service app; together with `kid` and `key`, or none of them. Of a key in KMS its id is the `kid`. */
  readonly clientId?: string;
  readonly kid?: string;
  /** A file that holds the app's private key: PEM or JWK. */
  readonly key?: string;
  /** Store them although Okta could not be asked. */
  readonly unchecked: boolean;
}

const KINDS = { token: 'API token', app: 'service app' } as const;

/** Takes Okta's credentials, an API token or a service app's, tries them, and only then stores them. */
export const setCredentials: Command<SetCredentialsOptions> = async (target, options, here) => {
  const { terminal } = here;
  const text = await given(options, target.kms !== undefined, here);
  const problem = credentialsProblem(text, target.kms !== undefined);
  if (problem !== undefined) throw usageFailure(`nothing was stored: ${problem}`);
  const credentials = asCredentials(text, target.kms !== undefined);
  const trial = await tryCredentials(credentials, target, here);
  if (trial.refusal) throw notStored(trial.refusal, 'Nothing was stored. The credentials in use stay.');
  if (trial.unknown && !options.unchecked) {
    throw notStored(trial.unknown, 'Okta could not be asked, so nothing was stored. To store them anyway: --unchecked');
  }
  await target.oktaCredentials.write(text);
  const used = 'the functions use it within five minutes, without a deploy';
  terminal.out(`${painter(terminal)('green', '✔')} the ${KINDS[credentials.kind]} is stored; ${used}`);
  await askForRebuilds(target, here);
  tellFailures(trial, here);
  return trial.failures.length > 0 ? EXIT.warning : EXIT.fine;
};

/** @param canBeElsewhere whether the key may be in KMS, and so not among the options */
async function given(
  { clientId, kid, key }: SetCredentialsOptions,
  canBeElsewhere: boolean,
  { terminal }: Surroundings,
): Promise<string> {
  const parts = [clientId, kid, key];
  if (clientId !== undefined && kid !== undefined && (key !== undefined || canBeElsewhere)) {
    return JSON.stringify({ clientId, kid, ...(key !== undefined && { privateKey: keyOf(await fileOf(key)) }) });
  }
  if (parts.some((part) => part !== undefined)) {
    const needed = canBeElsewhere ? '--client-id and --kid together' : '--client-id, --kid and --key together';
    throw usageFailure(`a service app needs ${needed}`);
  }
  const ask = () => terminal.askSecretly("Okta API token, or a service app's JSON in one line (it is not shown): ");
  const text = (terminal.canAsk ? await ask() : await terminal.readInput()).trim().replace(/^SSWS\s+/i, '');
  if (text !== '') return text;
  throw usageFailure('nothing was given', 'Paste it when asked, or pipe it in: … | npm run zone -- set-credentials');
}

/** A PEM goes as it is, a JWK as the object that it is. */
function keyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function fileOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw usageFailure(`the key's file can't be read (${reason}): ${harmless(path)}`);
  }
}
