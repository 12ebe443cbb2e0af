import type { CachedSecret } from '../cached-secret.ts';
import type { Config } from '../config.ts';
import { METRICS } from '../names.ts';
import type { Clock, HttpClient, Telemetry } from '../ports.ts';
import { OktaFailure } from './okta-failure.ts';
import { notKnown, PolicyReader, type PolicyReading } from './policy-reading.ts';
import { incompleteRules, type Policy, type Verdict, verdictOn } from './policy-verdict.ts';
import type { OktaSignIn } from './sign-in.ts';
import { sayIncomplete, sayVerdict } from './verdict-words.ts';

export interface PolicyCheckDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly http: HttpClient;
  /** Asks for the scope of policies too. */
  readonly signIn: OktaSignIn;
  readonly oktaCredentials: CachedSecret;
  readonly telemetry: Telemetry;
}

/** Whoever has more to mend begins somewhere. */
const MOST_LINES = 100;

/** What somebody has to look at. That the people a rule names get in from anywhere may be meant so. */
const FINDINGS: readonly Verdict['kind'][] = ['turned away', 'not referenced', 'without effect', 'not known'];

/**
 * Looks whether sign-on policies really refer to the zones: a log line for each finding, and their number as a metric. What
 * could not be read for a reason that does not pass is a finding too; else nothing is said, and the next time is soon enough.
 */
export async function checkPolicies(deps: PolicyCheckDeps): Promise<void> {
  const { config, telemetry } = deps;
  const reading = await readPolicies(deps);
  if (!reading.isWhole) {
    const { why, code, passes } = reading;
    telemetry.warn('the sign-on policies are not known', { why, oktaFailure: code, passes });
    if (!passes) telemetry.metric(METRICS.policyFindings, 'Count', 1);
    return;
  }
  const acls = Object.entries(config.acls);
  const findings = acls.flatMap(([acl, { zoneIds }]) =>
    findingsOf(zoneIds, reading.policies).map((finding) => ({ acl, finding })),
  );
  for (const finding of findings.slice(0, MOST_LINES))
    telemetry.warn('a zone does not protect what it should', finding);
  telemetry.info('sign-on policies compared', { policies: reading.policies.length, findings: findings.length });
  telemetry.metric(METRICS.policyFindings, 'Count', findings.length);
}

function findingsOf(zoneIds: readonly string[], policies: readonly Policy[]): readonly string[] {
  const verdicts = zoneIds.flatMap((zoneId) => {
    // The name would cost a call for each zone, and serves for expressions alone.
    const verdict = verdictOn({ id: zoneId, name: '' }, policies);
    const isFinding = FINDINGS.includes(verdict.kind) || (verdict.kind === 'open' && verdict.limit !== 'people');
    return isFinding ? [sayVerdict(zoneId, verdict)] : [];
  });
  return [...verdicts, ...incompleteRules(zoneIds, policies).map(sayIncomplete)];
}

async function readPolicies({ config, clock, http, signIn, oktaCredentials }: PolicyCheckDeps): Promise<PolicyReading> {
  try {
    const by = await signIn.fetch(signIn.credentials(await textOf(oktaCredentials)));
    return await new PolicyReader(http, config.okta.baseUrl, () => clock.now()).read(by);
  } catch (error) {
    if (error instanceof OktaFailure) return notKnown(error);
    throw error;
  }
}

async function textOf(secret: CachedSecret): Promise<string | undefined> {
  try {
    return await secret.get();
  } catch (cause) {
    throw new OktaFailure('ZONE006', "the secret that holds the Okta credentials can't be read", {}, { cause });
  }
}
