import { OktaFailure } from './okta-failure.ts';

/** Longer than any token of Okta's, which have 42 characters. */
const LONGEST = 512;

/**
 * Why a text can't be an API token of Okta's (SSWS). It must never get into a header then, nor be quoted.
 * @returns undefined where it can
 */
export function tokenProblem(text: string): string | undefined {
  if (/^[{["]/.test(text)) return 'it is JSON, and not the token alone';
  if (/^SSWS\s/i.test(text)) return 'it begins with "SSWS", which is not part of the token';
  if (/\s/.test(text)) return 'it has white space in it';
  // The characters that a credential may have in a header without quotes (RFC 6750).
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(text)) return 'it has characters that no token has';
  if (text.length > LONGEST) return 'it is too long for a token';
  return undefined;
}

/**
 * The text of the secret as a token.
 * @throws {OktaFailure} ZONE006, which says what is wrong with the text and shows nothing of it
 */
export function asToken(text: string | undefined): string {
  if (!text) throw new OktaFailure('ZONE006', 'the secret that should hold the Okta token has no value');
  const problem = tokenProblem(text);
  if (problem === undefined) return text;
  throw new OktaFailure('ZONE006', `what the secret holds can't be an Okta token: ${problem}`);
}
