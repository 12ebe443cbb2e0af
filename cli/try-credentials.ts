import type { ErrorCode } from '../lib/error-codes.ts';
import { OktaZones } from '../lib/okta/client.ts';
import { asCredentials, type OktaCredentials } from '../lib/okta/credentials.ts';
import { OktaFailure } from '../lib/okta/okta-failure.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { firstStep, sectionOf, titleOf } from './advice.ts';
import { CliFailure } from './cli-failure.ts';
import type { Surroundings } from './command.ts';
import { oktaAddress } from './okta-address.ts';
import { askForReading } from './rebuild/ask-for-reading.ts';
import type { Target } from './target.ts';
import { cellOf, harmless, painter } from './terminal.ts';
import { type NamedZone, zonesOfOrg } from './zones-of-org.ts';

/** Codes that say of the credentials that they are no good here. */
const REFUSALS: readonly ErrorCode[] = ['OKTA001', 'OKTA002'];
/** Codes that say nothing of them: Okta was not asked. ZONE006 is a key in KMS that did not sign. */
const UNKNOWN: readonly ErrorCode[] = ['ZONE003', 'OKTA005', 'ZONE006'];
/** Failures that new credentials can end. */
const MENDED: readonly ErrorCode[] = ['OKTA001', 'OKTA002', 'ZONE006'];

export interface Trial {
  /** Okta does not take them. */
  readonly refusal: OktaFailure | undefined;
  /** Okta could not be asked. */
  readonly unknown: OktaFailure | undefined;
  /** All that Okta objected to: of single zones too. */
  readonly failures: readonly OktaFailure[];
  /** Where a zone of the configuration is not there: those that are. */
  readonly zones: readonly NamedZone[];
}

/** Reads each zone of the configuration with them. */
export async function tryCredentials(credentials: OktaCredentials, target: Target, here: Surroundings): Promise<Trial> {
  const { config, kms } = target;
  const calls = new OktaZones(here.http, config.okta.baseUrl, () => here.clock.now(), kms?.signers);
  const failures = await objections(credentials, calls, target, here);
  const found = (codes: readonly ErrorCode[]) => failures.find(({ code }) => codes.includes(code));
  const zones = found(['ZONE001']) ? await others(credentials, calls, target, here) : [];
  return { refusal: found(REFUSALS), unknown: found(UNKNOWN), failures, zones };
}

/** It only helps: what is wrong is said without it. */
async function others(credentials: OktaCredentials, zones: OktaZones, target: Target, here: Surroundings) {
  try {
    return await zonesBy(credentials, zones, target, here);
  } catch (error) {
    if (error instanceof OktaFailure) return [];
    throw error;
  }
}

async function zonesBy(credentials: OktaCredentials, { signIn }: OktaZones, { config }: Target, here: Surroundings) {
  const by = signIn.current(credentials) ?? (await signIn.fetch(credentials));
  return zonesOfOrg(here.http, config.okta.baseUrl, by, here.clock.now());
}

/** The zones of the org that an ACL could use, by what the secret holds. @throws {OktaFailure} */
export async function zonesToChooseFrom(target: Target, here: Surroundings): Promise<readonly NamedZone[]> {
  const { config, kms, oktaCredentials } = target;
  const calls = new OktaZones(here.http, config.okta.baseUrl, () => here.clock.now(), kms?.signers);
  return zonesBy(asCredentials((await oktaCredentials.read())?.trim(), kms !== undefined), calls, target, here);
}

async function objections(credentials: OktaCredentials, zones: OktaZones, { config }: Target, here: Surroundings) {
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

/** Asks for what the old credentials had stopped. The tick would do it too, within two minutes. */
export async function askForRebuilds(target: Target, here: Surroundings): Promise<void> {
  const states = new ZoneStates(target.table);
  const asked: string[] = [];
  for (const acl of Object.keys(target.config.acls)) {
    const state = await states.get(acl);
    if (!state.lastError || !MENDED.includes(state.lastError.code)) continue;
    await askForReading(acl, 'new credentials', state, states, here.clock.now());
    asked.push(acl);
  }
  if (asked.length === 0) return;
  here.terminal.out(`  asked for a rebuild of ${asked.join(', ')}, which the old one had stopped`);
}

/** What Okta objected to of zones, though it takes the credentials. */
export function tellFailures({ failures, zones }: Trial, { terminal }: Surroundings): void {
  for (const { code, message } of failures) {
    terminal.out(`${painter(terminal)('yellow', '!')} ${titleOf(code)}: ${harmless(message)}`);
    terminal.out(`  → ${firstStep(code)} (${sectionOf(code)})`);
  }
  if (zones.length === 0) return;
  terminal.out('  The IP zones of this org are:');
  for (const { id, name } of zones) terminal.out(`    ${cellOf(id)}  ${cellOf(name)}`);
}

export function notStored(failure: OktaFailure, what: string): CliFailure {
  const { code, message } = failure;
  return new CliFailure(`${titleOf(code)}: ${message}`, `${what} (${sectionOf(code)})`, { cause: failure });
}
