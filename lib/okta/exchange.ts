import { KnownSecrets } from '../known-secrets.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../ports.ts';
import { CALL_TIMEOUT_MS } from './call-timeout.ts';
import { whyNoAnswer } from './no-answer.ts';
import { OktaFailure } from './okta-failure.ts';

/** A request to Okta; `CALL_TIMEOUT_MS` where it says no time of its own. */
type OktaRequest = Omit<HttpRequest, 'timeoutMs'> & { readonly timeoutMs?: number };

/**
 * One exchange with Okta, whatever is asked for.
 * @param what was asked, for whoever reads that there was no answer
 * @throws {OktaFailure} ZONE003, where there is none
 */
export async function exchange(http: HttpClient, request: OktaRequest, what: string): Promise<HttpResponse> {
  const { timeoutMs = CALL_TIMEOUT_MS, method } = request;
  const headers = { accept: 'application/json', 'user-agent': 'knocknoc-okta-zones', ...request.headers };
  try {
    return await http({ ...request, headers, timeoutMs });
  } catch (cause) {
    const why = whyNoAnswer(cause, timeoutMs);
    throw new OktaFailure('ZONE003', `no answer from Okta to ${what}: ${why}`, { method }, { cause });
  }
}

/**
 * Whatever answers has seen what was sent to prove who calls, and may show it: in a reason, a header, an error. A failure
 * of the work is told without it.
 * @param sent tokens, proofs, assertions
 */
export async function untold<T>(sent: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    const secrets = new KnownSecrets();
    for (const text of sent) secrets.remember(text.replace(/^(SSWS|DPoP|Bearer) /, ''));
    throw error.without(secrets);
  }
}
