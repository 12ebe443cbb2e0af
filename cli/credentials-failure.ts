import { fromIni } from '@aws-sdk/credential-provider-ini';
import { parseKnownFiles } from '@smithy/core/config';
import { CliFailure } from './cli-failure.ts';
import { CHECK_NETWORK, toError } from './explain.ts';
import { harmless } from './terminal.ts';

type Profiles = Awaited<ReturnType<typeof parseKnownFiles>>;

/** AWS knows the credentials no more, or never did. */
const REFUSED = /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|TokenRefreshRequired|SignatureDoesNotMatch/;
/** The SDK found none, or none that it can use. */
const NONE = /^(CredentialsProviderError|TokenProviderError)$/;
const SWALLOWED = /could not load credentials from any providers/i;
/** AWS was not reached. */
const NO_WAY = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_PROXY|Timeout/;
/** Sections of the shared files that are no profiles. */
const OTHER_SECTION = /^(sso-session|services)\./;

/**
 * Why there are no good AWS credentials, by the profile that is meant. The SDK goes through all places where some could
 * be, and says at the end that it found none, without the reason.
 * @returns undefined where an error has another reason
 */
export async function credentialsFailure(
  error: unknown,
  environment: NodeJS.ProcessEnv,
): Promise<CliFailure | undefined> {
  const { name, message } = toError(error);
  const isRefused = REFUSED.test(name);
  const isNone = NONE.test(name) || message.includes('Region is missing');
  if (!isRefused && !isNone) return undefined;
  const profiles = await parseKnownFiles({});
  const { AWS_PROFILE: named, AWS_ACCESS_KEY_ID: key } = environment;
  if (named && !profiles[named]) return missingProfile(named, profiles, error);
  // A region may be missing for another reason.
  if (!isRefused && !NONE.test(name)) return undefined;
  // The SDK prefers a profile that is named, then the environment, then the profile "default".
  if (!named && key) return isRefused ? refusedKey(message, error) : undefined;
  const profile = named || 'default';
  const settings = profiles[profile];
  if (!settings) return isRefused ? undefined : noCredentials(profiles, error);
  return isRefused
    ? refusedProfile(profile, settings, message, error)
    : unusableProfile(profile, settings, message, error);
}

function missingProfile(profile: string, profiles: Profiles, cause: unknown): CliFailure {
  const advice = `${known(profiles)}Set AWS_PROFILE to one that is there, or make it: aws configure sso --profile ${profile}`;
  return new CliFailure(`there is no AWS profile "${profile}" in the AWS configuration files`, advice, { cause });
}

function noCredentials(profiles: Profiles, cause: unknown): CliFailure {
  const advice = `${known(profiles)}Sign in (aws sso login), or set AWS_PROFILE.`;
  return new CliFailure('there are no AWS credentials', advice, { cause });
}

function known(profiles: Profiles): string {
  const names = Object.keys(profiles).filter((name) => !OTHER_SECTION.test(name));
  return names.length === 0 ? '' : `Known profiles: ${names.join(', ')}. `;
}

function refusedKey(message: string, cause: unknown): CliFailure {
  const advice =
    'Set new ones, or unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN and name a profile with AWS_PROFILE.';
  return new CliFailure(`AWS does not accept the credentials in the environment: ${message}`, advice, { cause });
}

function refusedProfile(profile: string, settings: Profiles[string], message: string, cause: unknown): CliFailure {
  const advice = isSignIn(settings)
    ? signIn(profile)
    : `They have ended, or were withdrawn. Get new ones for this profile, or name another one with AWS_PROFILE.`;
  const what = `AWS does not accept the credentials of the AWS profile "${profile}": ${message}`;
  return new CliFailure(what, advice, { cause });
}

/** Where the search as a whole has swallowed why, the profile's own provider says it. */
async function unusableProfile(
  profile: string,
  settings: Profiles[string],
  message: string,
  cause: unknown,
): Promise<CliFailure> {
  const reason = SWALLOWED.test(message) ? await fromIni({ profile })().then(() => message, messageOf) : message;
  const failure = (what: string, advice: string) => new CliFailure(what, advice, { cause });
  if (/multi-factor/i.test(reason)) {
    return failure(
      `the AWS profile "${profile}" asks for an MFA code, which this command cannot ask you for`,
      `The AWS CLI can, and gives a session: eval "$(aws configure export-credentials --profile ${profile} --format env)" && unset AWS_PROFILE`,
    );
  }
  if (/aws sso login|SSO session/.test(reason)) {
    return failure(
      `you are not signed in for the AWS profile "${profile}": its SSO session has ended`,
      signIn(profile),
    );
  }
  if (/^Command failed|credential_process/.test(reason)) {
    // Not the command itself, which stands on the first line: its arguments may be secret.
    const said = reason.replace(/^Command failed:.*/, '').trim() || 'it said nothing';
    return failure(
      `the credential process of the AWS profile "${profile}" failed: ${harmless(said)}`,
      `Run what stands after credential_process in the AWS configuration file by hand: it must print credentials as JSON.`,
    );
  }
  if (NO_WAY.test(reason))
    return failure(`AWS gives no credentials for the AWS profile "${profile}": ${harmless(reason)}`, CHECK_NETWORK);
  if (settings.login_session !== undefined) {
    return failure(`you are not signed in for the AWS profile "${profile}"`, `Sign in: aws login --profile ${profile}`);
  }
  return failure(
    `the AWS profile "${profile}" gives no credentials: ${harmless(reason)}`,
    'Correct it in the AWS configuration files, or name another one with AWS_PROFILE.',
  );
}

/** With its lines. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isSignIn(settings: Profiles[string]): boolean {
  return settings.sso_session !== undefined || settings.sso_start_url !== undefined;
}

function signIn(profile: string): string {
  return `Sign in, and run this again: aws sso login --profile ${profile}`;
}
