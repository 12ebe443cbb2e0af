import type { HttpRequest, HttpResponse } from '../ports.ts';

/** What a token opens. */
export interface Granted {
  readonly scopes: readonly string[];
  /** It counts only with a proof; without, whoever has it can use it. */
  readonly isBound: boolean;
}

/** Proves to Okta who calls. */
export interface Authorization {
  /** Of a service app. */
  readonly granted?: Granted;
  /**
   * The headers of one attempt of one call. A proof counts once, so each attempt asks anew.
   * @param url as it is called, without a query
   */
  headers(method: HttpRequest['method'], url: string): Readonly<Record<string, string>>;
  /** Is told of the headers of each answer: what Okta wants in later proofs stands there. */
  saw(headers: HttpResponse['headers']): void;
}

/** An administrator's API token: the same header each time. */
export function byToken(token: string): Authorization {
  return { headers: () => ({ authorization: `SSWS ${token}` }), saw: () => {} };
}
