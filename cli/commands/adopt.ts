import { CachedSecret } from '../../lib/cached-secret.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { OktaAccess } from '../../lib/okta/access.ts';
import { OktaZones } from '../../lib/okta/client.ts';
import { allowAdoption, type ForeignZone, zonesToAdopt } from '../../lib/zones/allow-adoption.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { usageFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, type Surroundings } from '../command.ts';
import { confirm } from '../confirm.ts';
import { EXIT, type ExitCode, worst } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { oktaAddress } from '../okta-address.ts';
import { awaitRebuild } from '../rebuild/await-rebuild.ts';
import { type AclResult, EXIT_OF, resultText } from '../rebuild/result.ts';
import type { Target } from '../target.ts';
import { harmless, type Paint, painter } from '../terminal.ts';

export interface AdoptOptions {
  readonly acl?: string;
  /** Only this one of the ACL's zones. */
  readonly zone?: string;
  readonly yes: boolean;
}

/** For the result of the rebuild, in seconds. */
const PATIENCE_S = 60;
/** Rows that can't be used are what `status` tells of. */
const SILENT = { error: () => {} };
/** For reading the zones, in milliseconds. */
const READING_MS = 120_000;

/** Shows what somebody else has put into an ACL's zones, asks whether it may go, and has the zones taken over. */
export const adopt: Command<AdoptOptions> = async (target, options, here) => {
  const { terminal, clock } = here;
  const paint = painter(terminal);
  const acl = chosenAcl(target, options.acl);
  const zoneIds = chosenZones(target, acl, options.zone);
  const { config, table } = target;
  const deps = { config, clock, grants: new GrantBook(table, config, SILENT), states: new ZoneStates(table) };
  terminal.note(`${acl}: reading the zones from ${oktaAddress(config)} …`);
  const { zones, failures } = await zonesToAdopt(acl, zoneIds, readingCalls(target, deps.states, here), deps);
  for (const failure of failures) {
    const { message, advice } = explain(failure);
    terminal.out(`${paint('red', '✘')} zone ${failure.fields.zoneId}: ${message}\n  → ${advice}`);
  }
  const found = failures.length > 0 ? EXIT.failure : EXIT.fine;
  if (zones.length === 0) {
    if (found === EXIT.fine) terminal.out(`${paint('green', '✔')} ${paint('bold', acl)}: no zone needs to be adopted`);
    return found;
  }
  for (const zone of zones) terminal.out(zoneText(zone, paint));
  await confirm(questionOf(acl, zones, target), options.yes, terminal);
  await allowAdoption(acl, zones, deps);
  const result = await awaitRebuild(acl, target, PATIENCE_S, here);
  return worst([found, await tellResult(acl, zones, result, deps.states, terminal, paint)]);
};

function chosenZones(target: Target, acl: string, named: string | undefined): readonly string[] {
  const zoneIds = target.config.acls[acl]?.zoneIds ?? [];
  if (named === undefined) return zoneIds;
  if (zoneIds.includes(named)) return [named];
  throw usageFailure(`${acl} has no zone ${named}`, `Its zones: ${zoneIds.join(', ')}.`);
}

/** Reads with the stored token. While Okta wants no calls, none goes out. */
function readingCalls(
  { config, kms, oktaCredentials }: Target,
  states: ZoneStates,
  { clock, http }: Surroundings,
): OktaAccess {
  const zones = new OktaZones(http, config.okta.baseUrl, () => clock.now(), kms?.signers);
  return new OktaAccess(zones, new CachedSecret(oktaCredentials, clock), clock, states.rest, clock.now() + READING_MS);
}

function zoneText({ zoneId, shown, goes }: ForeignZone, paint: Paint): string {
  const going = new Set(goes);
  const entries = shown.map((text) => {
    const entry = harmless(text);
    return going.has(text) ? `    ${paint('red', `- ${entry}`)}` : `      ${entry}`;
  });
  const counts = `${goes.length} of ${shown.length} entries ${goes.length === 1 ? 'goes' : 'go'}`;
  return [`${paint('yellow', '!')} zone ${zoneId}: ${counts} (marked with -)`, ...entries].join('\n');
}

function questionOf(acl: string, zones: readonly ForeignZone[], { config, name }: Target): string {
  const which = zones.map(({ zoneId }) => zoneId).join(', ');
  const what = zones.length === 1 ? `the list of zone ${which}` : `the lists of the zones ${which}`;
  return `Let ${acl} (${name}) replace ${what} in ${oktaAddress(config)}? Whoever has access by what is marked loses it.`;
}

/** Whether the zones were taken over, and what else came of the rebuild. */
async function tellResult(
  acl: string,
  zones: readonly ForeignZone[],
  result: AclResult,
  states: ZoneStates,
  { out }: Surroundings['terminal'],
  paint: Paint,
): Promise<ExitCode> {
  if (result.outcome === 'untouched') {
    out(`${paint('green', '✔')} ${paint('bold', acl)}: allowed. Its zones are taken over at the first event.`);
    out('  If a list changes until then, it is not: run this again.');
    return EXIT.fine;
  }
  const { zones: memories } = await states.get(acl);
  for (const { zoneId } of zones) {
    if ((await states.items.get(zoneId)) !== 'none') {
      out(`${paint('green', '✔')} zone ${zoneId} is taken over`);
    } else if (memories[zoneId]?.trouble?.code === 'ZONE008') {
      out(`${paint('red', '✘')} zone ${zoneId} is not taken over: its list has changed since it was shown`);
      out(`  → Run \`npm run zone -- adopt --acl ${acl} --zone ${zoneId}\` again: it shows the list as it is now.`);
    }
  }
  out(resultText(result, false, paint));
  return EXIT_OF[result.outcome];
}
