import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import { notKnown, PolicyReader, type PolicyReading } from '../../lib/okta/policy-reading.ts';
import { incompleteRules, type Policy, type Verdict, verdictOn } from '../../lib/okta/policy-verdict.ts';
import type { OktaSignIn } from '../../lib/okta/sign-in.ts';
import { whyUnusable } from '../../lib/okta/usability.ts';
import { sayIncomplete, sayVerdict } from '../../lib/okta/verdict-words.ts';
import type { Surroundings } from '../command.ts';
import type { Rehearsal, ZoneRehearsal } from '../rehearsal/rehearse.ts';
import type { Target } from '../target.ts';
import { harmless } from '../terminal.ts';
import { type Finding, failure, ok, skipped, warning } from './finding.ts';

const SEE = 'See docs/okta.md, "Does the zone protect anything?".';
/** The rights of somebody who is to read policies are not needed for anything else. */
const MAY_READ =
  'To let it look, give the token an administrator who may read policies, or grant okta.policies.read to the service app.';

const CLASSIC = 'Orgs of Okta Classic have no API for the policies of apps: look at them yourself.';

/** Whether sign-on policies refer to the zones so that they decide who gets in. */
export async function policyLinks(
  rehearsals: readonly Rehearsal[],
  signIn: OktaSignIn,
  target: Target,
  here: Surroundings,
): Promise<readonly Finding[]> {
  const known = rehearsals.filter(({ zones }) => zones.some(({ zone }) => zone));
  if (known.length === 0) return [];
  const reading = await readPolicies(signIn, target, here);
  return known.flatMap(({ acl, zones }) => {
    const link = `policies (${acl})`;
    if (!reading.isWhole) return [skipped(link, `not known: ${harmless(reading.why)}. ${adviceOn(reading)}`)];
    const { policies } = reading;
    return [...zones.flatMap((zone) => zoneLink(link, zone, policies)), ...overflowLinks(link, zones, policies)];
  });
}

function adviceOn({ code, passes }: Exclude<PolicyReading, { isWhole: true }>): string {
  if (code === 'OKTA002') return MAY_READ;
  return passes ? 'It passes: ask again in a minute.' : CLASSIC;
}

async function readPolicies(
  signIn: OktaSignIn,
  { config, oktaCredentials }: Target,
  { clock, http }: Surroundings,
): Promise<PolicyReading> {
  const now = () => clock.now();
  const { baseUrl } = config.okta;
  try {
    const credentials = signIn.credentials((await oktaCredentials.read())?.trim());
    const by = signIn.current(credentials) ?? (await signIn.fetch(credentials));
    return await new PolicyReader(http, baseUrl, now).read(by);
  } catch (error) {
    if (error instanceof OktaFailure) return notKnown(error);
    throw error;
  }
}

function zoneLink(link: string, { zoneId, zone }: ZoneRehearsal, policies: readonly Policy[]): readonly Finding[] {
  // Why it could not be read, and that it can't be used, are links of their own.
  if (!zone) return [];
  const why = whyUnusable(zone);
  if (why !== undefined) return [skipped(link, `${zoneId} lets nobody in, whatever policies say: ${why}`)];
  return [findingOf(link, zoneId, verdictOn({ id: zoneId, name: zone.name }, policies))];
}

function findingOf(link: string, zoneId: string, verdict: Verdict): Finding {
  const detail = harmless(sayVerdict(zoneId, verdict));
  switch (verdict.kind) {
    case 'protects':
      return ok(link, detail);
    case 'not referenced':
      return failure(link, detail, `Add a rule for the zone to the app's policy, and deny access elsewhere. ${SEE}`);
    case 'open':
      return warning(link, detail, `Let that rule deny access, or limit it to the zone, unless it is meant so. ${SEE}`);
    case 'without effect':
      return warning(link, detail, `Activate policy and rule, or move the rule up. ${SEE}`);
    case 'turned away':
      return failure(link, detail, `Let a rule of that policy allow access from the zone. ${SEE}`);
    case 'not known':
      return warning(link, detail, 'Look at that rule yourself.');
  }
}

function overflowLinks(link: string, zones: readonly ZoneRehearsal[], policies: readonly Policy[]): readonly Finding[] {
  const zoneIds = zones.flatMap(({ zone, zoneId }) => (zone ? [zoneId] : []));
  return incompleteRules(zoneIds, policies).map((rule) => {
    const detail = harmless(sayIncomplete(rule));
    return warning(link, detail, `Add ${rule.missing.length === 1 ? 'that zone' : 'those zones'} to the rule.`);
  });
}
