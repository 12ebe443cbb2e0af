import { failureDetail } from '../../lib/failure-detail.ts';
import type { Granted } from '../../lib/okta/authorization.ts';
import { type AppCredentials, asCredentials, type OktaCredentials } from '../../lib/okta/credentials.ts';
import { OktaFailure } from '../../lib/okta/okta-failure.ts';
import type { Quota } from '../../lib/okta/rate-limit.ts';
import { POLICY_SCOPE, ZONE_SCOPES } from '../../lib/okta/service-app.ts';
import { OktaSignIn } from '../../lib/okta/sign-in.ts';
import type { Surroundings } from '../command.ts';
import { duration } from '../moments.ts';
import type { Refusal, Rehearsal } from '../rehearsal/rehearse.ts';
import type { KmsKeyFact, SecretVersion, Target } from '../target.ts';
import { harmless } from '../terminal.ts';
import { type Finding, ok, refusedByOkta, skipped, warning } from './finding.ts';

const CREDENTIALS = 'Okta credentials';
const ACCEPTED = 'token accepted';
const ROLE = 'role';
/** Nobody keeps a key waiting for so long who has not forgotten it. */
const LONGEST_WAIT_MS = 30 * 86_400_000;
/** Okta's documents name no smaller one with a right to write zones. */
const ENOUGH = 'Organization Administrator suffices for that, and Okta documents no smaller role that does';

/** Signs in as whoever looks at all that there is to see: zones, and policies where they may be read. */
export function lookingSignIn({ config, kms }: Target, { clock, http }: Surroundings): OktaSignIn {
  const scopes = [...ZONE_SCOPES, POLICY_SCOPE];
  return new OktaSignIn(http, config.okta.baseUrl, () => clock.now(), { scopes, keys: kms?.signers });
}

/**
 * Okta's credentials: of which kind they are, how old, whether Okta takes them, and what they open.
 * @param rehearsals what Okta answered when the zones were read
 */
export async function credentialsLinks(
  rehearsals: readonly Rehearsal[],
  signIn: OktaSignIn,
  target: Target,
  here: Surroundings,
): Promise<readonly Finding[]> {
  const refusal = rehearsals.find((rehearsal) => rehearsal.failure)?.failure;
  if (refusal?.code === 'ZONE006') {
    return [refusedByOkta(CREDENTIALS, refusal), unknown(ACCEPTED, refusal), unknown(ROLE, refusal)];
  }
  const seen = await target.oktaCredentials.version('current');
  const credentials = asCredentials(seen?.text.trim(), target.kms !== undefined);
  const now = here.clock.now();
  const keys = (await target.kms?.list()) ?? [];
  const kinds = [
    ok(CREDENTIALS, kindText(credentials, seen, keys, now)),
    ...(await waitingLinks(target, now)),
    ...idleLinks(credentials, keys, now),
  ];
  if (refusal?.code === 'OKTA002') return [...kinds, ok(ACCEPTED, 'Okta knows it'), refusedByOkta(ROLE, refusal)];
  if (refusal) return [...kinds, refusedByOkta(ACCEPTED, refusal), unknown(ROLE, refusal)];
  const quota = rehearsals.findLast((rehearsal) => rehearsal.quota)?.quota;
  const accepted = ok(ACCEPTED, `Okta knows it${quotaText(quota)}`);
  return [...kinds, accepted, ...(await rightLinks(credentials, signIn))];
}

/** @param keys those that the stack has in KMS */
function kindText(
  credentials: OktaCredentials,
  seen: SecretVersion | undefined,
  keys: readonly KmsKeyFact[],
  now: number,
): string {
  const stored = seen?.createdAt === undefined ? 'stored' : `stored ${duration(now - seen.createdAt)} ago`;
  if (credentials.kind === 'token') return `an API token (SSWS), ${stored}`;
  const { clientId, kid, privateKey } = credentials;
  const app = `the service app ${clientId} (OAuth 2.0) with the key ${harmless(kid)}`;
  if (privateKey) return `${app} in the secret, ${stored}`;
  const key = keys.find(({ id }) => id === kid);
  return key ? `${app} in KMS, made ${duration(now - key.createdAt)} ago` : `${app} in KMS`;
}

/** A key that is to follow the one in use. */
async function waitingLinks({ oktaCredentials }: Target, now: number): Promise<readonly Finding[]> {
  const next = await oktaCredentials.next();
  if (!next) return [];
  const age = next.createdAt === undefined ? undefined : now - next.createdAt;
  const detail = `a next key waits${age === undefined ? '' : ` since ${duration(age)}`}, and is not in use`;
  if (age === undefined || age < LONGEST_WAIT_MS) return [ok(CREDENTIALS, detail)];
  const mend = 'Put it into use with `npm run zone -- oauth-key --finish`, or drop it with `--drop-next`.';
  return [warning(CREDENTIALS, detail, mend)];
}

/** Keys in KMS that are paid for and sign nothing: the next one, or the one before. */
function idleLinks(credentials: OktaCredentials, keys: readonly KmsKeyFact[], now: number): readonly Finding[] {
  const inUse = credentials.kind === 'app' && !credentials.privateKey ? credentials.kid : undefined;
  return keys
    .filter(({ id }) => id !== inUse)
    .map(({ id, createdAt }) =>
      ok(CREDENTIALS, `the key ${id} in KMS, made ${duration(now - createdAt)} ago, is not in use`),
    );
}

/** Reading tells no more: whether a role may write shows only with a write. */
async function rightLinks(credentials: OktaCredentials, signIn: OktaSignIn): Promise<readonly Finding[]> {
  const reading = `it may read zones; only a write shows whether it may write them. ${ENOUGH}`;
  if (credentials.kind === 'token') return [ok(ROLE, reading)];
  const granted = await grantedTo(credentials, signIn);
  if (!granted) return [ok(ROLE, reading)];
  const lacks = granted.scopes.includes(POLICY_SCOPE) ? '' : `; not ${POLICY_SCOPE}, so policies are not looked at`;
  const links = [ok(ROLE, `${reading}. Its scopes: ${failureDetail(granted.scopes.toSorted().join(', '))}${lacks}`)];
  if (granted.isBound) return links;
  const detail = 'Okta gives it bearer tokens: whoever copies one can use it for an hour';
  return [...links, warning(ACCEPTED, detail, 'In the app, General: turn "Require DPoP header in token requests" on.')];
}

/** @returns undefined where Okta gives no token for all of it, which says nothing of the zones */
async function grantedTo(credentials: AppCredentials, signIn: OktaSignIn): Promise<Granted | undefined> {
  try {
    return (signIn.current(credentials) ?? (await signIn.fetch(credentials))).granted;
  } catch (error) {
    if (error instanceof OktaFailure) return undefined;
    throw error;
  }
}

function quotaText(quota: Quota | undefined): string {
  return quota ? `; ${quota.remaining} of ${quota.limit} calls are left this minute` : '';
}

function unknown(link: string, { code }: Refusal): Finding {
  return skipped(link, `not known, because of ${code}`);
}
