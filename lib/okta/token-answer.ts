import * as v from 'valibot';
import type { HttpResponse } from '../ports.ts';
import type { Granted } from './authorization.ts';
import { type Challenge, challengeOf, fieldsOf, parseJson, passingFailure } from './judge-answer.ts';
import { OktaFailure } from './okta-failure.ts';

/** A token, as far as it is plausible. */
export interface TokenGrant extends Granted {
  readonly accessToken: string;
  /** Milliseconds; never longer than an hour. */
  readonly lifeMs: number;
}

/** Okta's tokens for its own API live an hour, whatever an answer says. Seconds. */
const LONGEST_LIFE_S = 3600;
/** Where the answer says no time that can be meant. */
const UNKNOWN_LIFE_S = 300;
/** Okta's are about 1 KB; a header has room for so much. */
const LONGEST_TOKEN = 8_192;
/** Without this one no zone can be written; it includes reading. */
const NEEDED_SCOPE = 'okta.networkZones.manage';

const grantSchema = v.object({
  token_type: v.pipe(v.string(), v.toLowerCase(), v.picklist(['dpop', 'bearer'])),
  access_token: v.pipe(v.string(), v.maxLength(LONGEST_TOKEN), v.regex(/^[A-Za-z0-9._~+/=-]+$/)),
  expires_in: v.fallback(v.pipe(v.number(), v.minValue(1)), UNKNOWN_LIFE_S),
  scope: v.optional(v.string()),
});
/** Two forms: that of OAuth, and Okta's own. */
const errorSchema = v.object({
  error: v.optional(v.string()),
  error_description: v.optional(v.string()),
  errorCode: v.optional(v.string()),
  errorSummary: v.optional(v.string()),
});

/** Of OAuth's errors, those that say that the app may not, and not that it is not believed. */
const RIGHTS: readonly string[] = ['access_denied', 'insufficient_scope', 'consent_required', 'invalid_scope'];

/** @throws {OktaFailure} OKTA002 where the app lacks the scope that is needed, ZONE003 where the answer is no token */
export function grantedToken(response: HttpResponse, asked: readonly string[]): TokenGrant {
  const parsed = v.safeParse(grantSchema, parseJson(response.body));
  if (!parsed.success) {
    throw new OktaFailure('ZONE003', 'Okta answered 200 with something that is not a token', statusOf(response));
  }
  const { token_type: type, access_token: accessToken, expires_in: life, scope } = parsed.output;
  // Left out, it is what was asked for (RFC 6749). Okta drops scopes without a word that nobody has granted.
  const granted = scope === undefined ? asked : scope.split(' ');
  if (!granted.includes(NEEDED_SCOPE)) {
    const said = `the service app has not been granted the scope ${NEEDED_SCOPE}: no zone can be written`;
    throw new OktaFailure('OKTA002', said, statusOf(response));
  }
  return { accessToken, scopes: granted, isBound: type === 'dpop', lifeMs: Math.min(LONGEST_LIFE_S, life) * 1000 };
}

/** Whether the same request, with an assertion and a proof made anew, may be answered otherwise. */
export function wantsAnotherTry(response: HttpResponse): boolean {
  const { error, description = '' } = errorOf(response);
  if (response.status !== 400 && response.status !== 401) return false;
  if (error === 'use_dpop_nonce' || error === 'invalid_dpop_proof') return true;
  return error === 'invalid_client' && /already been used/i.test(description);
}

/**
 * What it means that Okta gives no token. Reasons and statuses are those of Okta's table of OAuth errors.
 * @param now milliseconds since the epoch
 */
export function tokenFailure(response: HttpResponse, now: number): OktaFailure {
  const { status } = response;
  const { error, description } = errorOf(response);
  const fields = { ...statusOf(response), ...(error !== undefined && { oktaErrorCode: error }) };
  const reason = [error, description].filter(Boolean).join(': ') || 'no reason given';
  const says = `Okta gives no token (${status}): ${reason}`;
  const passing = passingFailure(response, { says, fields, isOktas: error !== undefined }, now);
  if (passing) return passing;
  const isRight = status === 403 || RIGHTS.includes(error ?? '');
  return new OktaFailure(isRight ? 'OKTA002' : 'OKTA001', says, fields);
}

/** The body says it, or the header alone. */
function errorOf(response: HttpResponse): Partial<Challenge> {
  const parsed = v.safeParse(errorSchema, parseJson(response.body));
  const { error, errorCode, error_description: described, errorSummary } = parsed.success ? parsed.output : {};
  const said = error ?? errorCode;
  return said === undefined ? (challengeOf(response) ?? {}) : { error: said, description: described ?? errorSummary };
}

function statusOf(response: HttpResponse): Record<string, unknown> {
  const { oktaStatus, oktaRequestId } = fieldsOf(response);
  return { oktaStatus, ...(oktaRequestId !== undefined && { oktaRequestId }) };
}
