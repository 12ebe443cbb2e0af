import { OktaZones } from '../../lib/okta/client.ts';
import { tokenProblem } from '../../lib/okta/credentials.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { firstStep, sectionOf, titleOf } from '../advice.ts';
import { CliFailure, usageFailure } from '../cli-failure.ts';
import type { Command, Surroundings } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { askForReading } from '../rebuild/ask-for-reading.ts';
import type { Target } from '../target.ts';
import { harmless, painter } from '../terminal.ts';

export interface SetTokenOptions {
  /** Store it although Okta could not be asked. */
  readonly unchecked: boolean;
}

/** Codes that say of the token that it is no good here. */
const REFUSALS = ['OKTA001', 'OKTA002'];
/** Codes that say nothing of the token, nor whether it is good. */
const UNKNOWN = ['ZONE003', 'OKTA005'];
/** Failures that a new token can end. */
const MENDED = ['OKTA001', 'OKTA002', 'ZONE006'];

/** Takes Okta's API token from a person or a pipe, tries it, and only then stores it. */
export const setToken: Command<SetTokenOptions> = async (target, options, here) => {
  const { terminal } = here;
  const token = wellFormed(
    terminal.canAsk ? await terminal.askSecretly('Okta API token (it is not shown): ') : await terminal.readInput(),
  );
  const paint = painter(terminal);
  const failures = await tryOut(token, target, here);
  const refusal = failures.find(({ code }) => REFUSALS.includes(code));
  if (refusal) throw notStored(refusal, 'The token was not stored. The one in use stays.');
  const unknown = failures.find(({ code }) => UNKNOWN.includes(code));
  if (unknown && !options.unchecked) {
    throw notStored(unknown, 'Okta could not be asked, so the token was not stored. To store it anyway: --unchecked');
  }
  await target.oktaToken.write(token);
  terminal.out(
    `${paint('green', '✔')} the token is stored; the functions use it within five minutes, without a deploy`,
  );
  const asked = await askForRebuilds(target, here);
  if (asked.length > 0) terminal.out(`  asked for a rebuild of ${asked.join(', ')}, which the old token had stopped`);
  for (const { code, message } of failures) {
    terminal.out(`${paint('yellow', '!')} ${titleOf(code)}: ${harmless(message)}`);
    terminal.out(`  → ${firstStep(code)} (${sectionOf(code)})`);
  }
  return failures.length > 0 ? EXIT.warning : EXIT.fine;
};

function wellFormed(given: string): string {
  const token = given.trim().replace(/^SSWS\s+/i, '');
  if (token === '')
    throw usageFailure('no token was given', 'Paste it when asked, or pipe it in: … | npm run zone -- set-token');
  const problem = tokenProblem(token);
  if (problem !== undefined) throw usageFailure(`that is not a token: ${problem}`);
  return token;
}

/** Reads each zone of the configuration with the new token. @returns what Okta objected to */
async function tryOut(token: string, target: Target, here: Surroundings): Promise<readonly OktaFailure[]> {
  const { config } = target;
  const zones = new OktaZones(here.http, config.okta.baseUrl, () => here.clock.now());
  const failures: OktaFailure[] = [];
  for (const zoneId of Object.values(config.acls).flatMap((acl) => acl.zoneIds)) {
    here.terminal.note(`reading zone ${zoneId} from ${config.okta.domain} …`);
    try {
      await zones.get(zoneId, token);
    } catch (error) {
      if (!(error instanceof OktaFailure)) throw error;
      failures.push(error);
      // The next zones would say the same of the token.
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
    await askForReading(acl, 'a new token', state, states, here.clock.now());
    asked.push(acl);
  }
  return asked;
}

function notStored(failure: OktaFailure, what: string): CliFailure {
  const { code, message } = failure;
  return new CliFailure(`${titleOf(code)}: ${message}`, `${what} (${sectionOf(code)})`, { cause: failure });
}
