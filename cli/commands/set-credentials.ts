import { readFile } from 'node:fs/promises';
import { OktaZones } from '../../lib/okta/client.ts';
import { asCredentials, credentialsProblem, type OktaCredentials } from '../../lib/okta/credentials.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { firstStep, sectionOf, titleOf } from '../advice.ts';
import { CliFailure, usageFailure } from '../cli-failure.ts';
import type { Command, Surroundings } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oktaAddress } from '../okta-address.ts';
import { askForReading } from '../rebuild/ask-for-reading.ts';
import type { Target } from '../target.ts';
import { harmless, painter } from '../terminal.ts';

export interface SetCredentialsOptions {
  /** Of a service app; together with `kid` and `key`, or none of them. */
  readonly clientId?: string;
  readonly kid?: string;
  /** A file that holds the app's private key: PEM or JWK. */
  readonly key?: string;
  /** Store them although Okta could not be asked. */
  readonly unchecked: boolean;
}

/** Codes that say of the credentials that they are no good here. */
const REFUSALS = ['OKTA001', 'OKTA002'];
/** Codes that say nothing of them. */
const UNKNOWN = ['ZONE003', 'OKTA005'];
/** Failures that new credentials can end. */
const MENDED = ['OKTA001', 'OKTA002', 'ZONE006'];
const KINDS = { token: 'API token', app: 'service app' } as const;

/** Takes Okta's credentials, an API token or a service app's, tries them, and only then stores them. */
export const setCredentials: Command<SetCredentialsOptions> = async (target, options, here) => {
  const { terminal } = here;
  const text = await given(options, here);
  const problem = credentialsProblem(text);
  if (problem !== undefined) throw usageFailure(`nothing was stored: ${problem}`);
  const credentials = asCredentials(text);
  const paint = painter(terminal);
  const failures = await tryOut(credentials, target, here);
  const refusal = failures.find(({ code }) => REFUSALS.includes(code));
  if (refusal) throw notStored(refusal, 'Nothing was stored. The credentials in use stay.');
  const unknown = failures.find(({ code }) => UNKNOWN.includes(code));
  if (unknown && !options.unchecked) {
    throw notStored(unknown, 'Okta could not be asked, so nothing was stored. To store them anyway: --unchecked');
  }
  await target.oktaToken.write(text);
  const used = 'the functions use it within five minutes, without a deploy';
  terminal.out(`${paint('green', '✔')} the ${KINDS[credentials.kind]} is stored; ${used}`);
  const asked = await askForRebuilds(target, here);
  if (asked.length > 0) terminal.out(`  asked for a rebuild of ${asked.join(', ')}, which the old one had stopped`);
  for (const { code, message } of failures) {
    terminal.out(`${paint('yellow', '!')} ${titleOf(code)}: ${harmless(message)}`);
    terminal.out(`  → ${firstStep(code)} (${sectionOf(code)})`);
  }
  return failures.length > 0 ? EXIT.warning : EXIT.fine;
};

async function given({ clientId, kid, key }: SetCredentialsOptions, { terminal }: Surroundings): Promise<string> {
  const parts = [clientId, kid, key];
  if (clientId !== undefined && kid !== undefined && key !== undefined) {
    return JSON.stringify({ clientId, kid, privateKey: keyOf(await fileOf(key)) });
  }
  if (parts.some((part) => part !== undefined)) {
    throw usageFailure('a service app needs --client-id, --kid and --key together');
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

/** Reads each zone of the configuration with them. @returns what Okta objected to */
async function tryOut(
  credentials: OktaCredentials,
  target: Target,
  here: Surroundings,
): Promise<readonly OktaFailure[]> {
  const { config } = target;
  const zones = new OktaZones(here.http, config.okta.baseUrl, () => here.clock.now());
  const failures: OktaFailure[] = [];
  for (const zoneId of Object.values(config.acls).flatMap((acl) => acl.zoneIds)) {
    here.terminal.note(`reading zone ${zoneId} from ${oktaAddress(config)} …`);
    try {
      const { signIn } = zones;
      await zones.get(zoneId, signIn.current(credentials) ?? (await signIn.fetch(credentials)));
    } catch (error) {
      if (!(error instanceof OktaFailure)) throw error;
      failures.push(error);
      // The next zones would say the same of them.
      if ([...REFUSALS, ...UNKNOWN].includes(error.code)) return failures;
    }
  }
  return failures;
}

/** The tick would do it too, within two minutes. */
async function askForRebuilds(target: Target, here: Surroundings): Promise<readonly string[]> {
  const states = new ZoneStates(target.table);
  const asked: string[] = [];
  for (const acl of Object.keys(target.config.acls)) {
    const state = await states.get(acl);
    if (!state.lastError || !MENDED.includes(state.lastError.code)) continue;
    await askForReading(acl, 'new credentials', state, states, here.clock.now());
    asked.push(acl);
  }
  return asked;
}

function notStored(failure: OktaFailure, what: string): CliFailure {
  const { code, message } = failure;
  return new CliFailure(`${titleOf(code)}: ${message}`, `${what} (${sectionOf(code)})`, { cause: failure });
}
