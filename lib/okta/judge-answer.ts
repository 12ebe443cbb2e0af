import * as v from 'valibot';
import type { Fields, HttpResponse } from '../ports.ts';
import { OktaFailure } from './okta-failure.ts';
import { askedRest, restAfter } from './rate-limit.ts';

/** Causes that are told of one refusal. */
const MOST_CAUSES = 20;

const errorSchema = v.object({
  errorCode: v.optional(v.string()),
  errorSummary: v.optional(v.string()),
  errorId: v.optional(v.string()),
  errorCauses: v.optional(v.array(v.object({ errorSummary: v.optional(v.string()) }))),
});

/**
 * What an answer means that is no 200.
 *
 * Only Okta can say that a token, a right, a zone or a list is not good, and it says so in its own JSON, or, with
 * OAuth, in a challenge (`WWW-Authenticate`) whose body is often empty. A refusal (4xx) in any other form comes from
 * something in between, whose page says nothing of them. A 429 is believed from anybody: it only asks for patience.
 *
 * A 400 to a GET is in no list of Okta's for zones (its specification has 200, 403, 404 and 429), so what it would
 * mean is unknown, and what is unknown may pass: `ZONE003`.
 * @param now milliseconds since the epoch
 */
export function failureOf(method: 'GET' | 'PUT', response: HttpResponse, now: number): OktaFailure {
  const { status } = response;
  const challenge = challengeOf(response);
  const fields = fieldsOf(response, challenge);
  const lacks = status === 403 && challenge?.error === 'insufficient_scope' ? challenge.scope : undefined;
  const needed = lacks === undefined ? '' : ` (needed: ${lacks})`;
  const says = `Okta answered ${status}: ${fields.oktaSummary ?? 'no reason given'}${needed}`;
  const isOktas = isOktaCode(fields.oktaErrorCode) || challenge !== undefined;
  const passing = passingFailure(response, { says, fields, isOktas }, now);
  if (passing) return passing;
  if (status === 401) return new OktaFailure('OKTA001', says, fields);
  if (status === 403) return new OktaFailure('OKTA002', says, fields);
  if (challenge !== undefined && status === 400) {
    const isRight = challenge.error === 'insufficient_scope' || challenge.error === 'access_denied';
    return new OktaFailure(isRight ? 'OKTA002' : 'OKTA001', says, fields);
  }
  if (status === 404) return new OktaFailure('ZONE001', says, fields);
  if (status === 400 && method === 'PUT') return new OktaFailure('ZONE002', says, fields);
  return new OktaFailure('ZONE003', says, fields);
}

/**
 * What an answer means that says nothing of what was asked: a 429, trouble at Okta, or a refusal by something in between.
 * @param said what the answer says, what is logged of it, and whether its form is one of Okta's
 * @param now milliseconds since the epoch
 * @returns undefined where Okta has refused what was asked
 */
export function passingFailure(
  response: HttpResponse,
  { says, fields, isOktas }: { readonly says: string; readonly fields: Fields; readonly isOktas: boolean },
  now: number,
): OktaFailure | undefined {
  const { status } = response;
  if (status === 429) {
    const retryInMs = restAfter(askedRest(response, now), 1);
    return new OktaFailure('OKTA005', says, { ...fields, retryInMs }, { retryInMs });
  }
  if (status < 400 || status > 499) return new OktaFailure('ZONE003', says, fields);
  if (isOktas) return undefined;
  const type = response.headers['content-type'] ?? 'no type';
  const text = `something between here and Okta, such as a proxy, answered ${status} (${type}) in a form that is not Okta's`;
  return new OktaFailure('ZONE003', text, fields);
}

/** For the log: the status, Okta's reasons, and the id that its support asks for. */
export function fieldsOf(response: HttpResponse, challenge = challengeOf(response)): Record<string, unknown> {
  const parsed = v.safeParse(errorSchema, parseJson(response.body));
  const error = parsed.success ? parsed.output : {};
  const fields = {
    oktaStatus: response.status,
    oktaErrorCode: error.errorCode ?? challenge?.error,
    oktaSummary: error.errorSummary ?? challenge?.description,
    oktaCauses: error.errorCauses?.flatMap((cause) => cause.errorSummary ?? []).slice(0, MOST_CAUSES),
    oktaErrorId: error.errorId,
    oktaRequestId: response.headers['x-okta-request-id'],
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Every caller checks the shape, and answers of proxies are often HTML.
  }
}

/** Codes of Okta's own error JSON: "E" and seven digits. */
function isOktaCode(errorCode: unknown): boolean {
  return typeof errorCode === 'string' && /^E\d{7}$/.test(errorCode);
}

export interface Challenge {
  readonly error: string | undefined;
  readonly description: string | undefined;
  /** The scope that the call needs. */
  readonly scope?: string | undefined;
}

/** The challenge of an OAuth resource server (RFC 6750, RFC 9449). A proxy's is of another scheme, such as Basic. */
export function challengeOf({ headers }: HttpResponse): Challenge | undefined {
  const text = headers['www-authenticate'] ?? '';
  if (!/^\s*(DPoP|Bearer)\b/i.test(text)) return undefined;
  return {
    error: /\berror="([^"]*)"/.exec(text)?.[1],
    description: /\berror_description="([^"]*)"/.exec(text)?.[1],
    scope: /\bscope="([^"]*)"/.exec(text)?.[1],
  };
}
