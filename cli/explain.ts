import { OktaFailure } from '../lib/okta/okta-failure.ts';
import { firstStep, sectionOf, titleOf } from './advice.ts';
import { CliFailure } from './cli-failure.ts';
import { EXIT } from './exit-codes.ts';
import { harmless } from './terminal.ts';

const RIGHTS = 'The rights that each command needs are listed in docs/cli.md#rights.';
/** Where somebody was not reached. */
export const CHECK_NETWORK = 'Check the network, and --endpoint-url, AWS_ENDPOINT_URL and HTTPS_PROXY if set.';
const NO_ANSWER = ['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'ERR_PROXY_TUNNEL'];

/** An error of any kind as one that says what to do. */
export function explain(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof OktaFailure) {
    const { code, message: detail } = error;
    const advice = `${firstStep(code)} (${sectionOf(code)})`;
    return new CliFailure(`${titleOf(code)}: ${harmless(detail)}`, advice, { cause: error });
  }
  const { name, message, code } = toError(error);
  const failure = (text: string, advice: string) => new CliFailure(text, advice, { cause: error });
  if (message.includes('Region is missing')) {
    return failure('no AWS region is set', 'Give it with --region, or set AWS_REGION or AWS_PROFILE.');
  }
  if (name === 'CredentialsProviderError' || /could not load credentials/i.test(message)) {
    return failure('there are no AWS credentials', 'Sign in (aws sso login), or set AWS_PROFILE.');
  }
  if (/ExpiredToken|InvalidClientTokenId|UnrecognizedClient|TokenRefreshRequired/.test(name)) {
    return failure(
      `AWS does not accept the credentials: ${message}`,
      'Sign in again (aws sso login), or set AWS_PROFILE.',
    );
  }
  if (/AccessDenied|NotAuthorized|Forbidden|AuthorizationError/.test(name)) {
    return failure(`AWS does not allow it: ${message}`, RIGHTS);
  }
  if (name === 'TimeoutError' || (code !== undefined && NO_ANSWER.includes(code))) {
    return failure(`no answer: ${message || code}`, CHECK_NETWORK);
  }
  return new CliFailure(`${name}: ${message}`, undefined, { exitCode: EXIT.failure, cause: error });
}

/** What an error says, on one line and without what would steer a terminal. */
export function toError(error: unknown): { readonly name: string; readonly message: string; readonly code?: string } {
  // Node's own errors of several addresses hide what happened in the first of them.
  const real: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  if (!(real instanceof Error)) return { name: 'Error', message: harmless(String(real)) };
  const { code } = real as NodeJS.ErrnoException;
  return { name: real.name, message: harmless(real.message), ...(code !== undefined && { code }) };
}
