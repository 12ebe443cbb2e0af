import { readFile } from 'node:fs/promises';
import { asCredentials, credentialsProblem, type OktaCredentials } from '../lib/okta/credentials.ts';
import { usageFailure } from './cli-failure.ts';
import type { Surroundings } from './command.ts';
import type { Target } from './target.ts';
import { harmless } from './terminal.ts';
import { notStored, type Trial, tryCredentials } from './try-credentials.ts';

/** How credentials are given on a command line. */
export interface GivenCredentials {
  /** Of a service app; together with `kid` and `key`, or none of them. Of a key in KMS its id is the `kid`. */
  readonly clientId?: string;
  readonly kid?: string;
  /** A file that holds the app's private key: PEM or JWK. */
  readonly key?: string;
  /** Store them although Okta could not be asked. */
  readonly unchecked: boolean;
}

export const KINDS = { token: 'API token', app: 'service app' } as const;

/** Credentials that are in the secret now. */
export interface StoredCredentials {
  readonly kind: OktaCredentials['kind'];
  readonly trial: Trial;
}

/** The text of what was given: by the options, by a person who is asked, or by standard input. @throws {CliFailure} */
export async function credentialsGiven(
  { clientId, kid, key }: GivenCredentials,
  { kms }: Target,
  { terminal }: Surroundings,
): Promise<string> {
  // The key may be in KMS, and so not among the options.
  const canBeElsewhere = kms !== undefined;
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

/** Tries them on Okta, and only then stores them. @throws {CliFailure} where nothing was stored */
export async function storeCredentials(
  text: string,
  { unchecked }: Pick<GivenCredentials, 'unchecked'>,
  target: Target,
  here: Surroundings,
): Promise<StoredCredentials> {
  const problem = credentialsProblem(text, target.kms !== undefined);
  if (problem !== undefined) throw usageFailure(`nothing was stored: ${problem}`);
  const credentials = asCredentials(text, target.kms !== undefined);
  const trial = await tryCredentials(credentials, target, here);
  if (trial.refusal) throw notStored(trial.refusal, 'Nothing was stored. The credentials in use stay.');
  if (trial.unknown && !unchecked) {
    throw notStored(trial.unknown, 'Okta could not be asked, so nothing was stored. To store them anyway: --unchecked');
  }
  await target.oktaCredentials.write(text);
  return { kind: credentials.kind, trial };
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
