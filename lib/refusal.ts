import { ERRORS, type ErrorCode } from './error-codes.ts';
import { failureDetail } from './failure-detail.ts';

/** A request that is refused for good: it gets its code and status, and changes nothing. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: ErrorCode;
  /** The HTTP status of the answer. */
  readonly status: number;

  /** @param detail what is wrong, for the sender: never anything of the body but names and limits */
  constructor(code: ErrorCode, status: number, detail: string) {
    super(detail);
    this.code = code;
    this.status = status;
  }
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An RFC 9457 problem document. `type` identifies the code and is not meant to be fetched. */
export function problem(code: ErrorCode, status: number, detail: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '5' } : {}) },
    body: JSON.stringify({
      type: `urn:knocknoc-okta:problem:${code}`,
      title: ERRORS[code].name,
      status,
      detail: failureDetail(detail),
      code,
    }),
  };
}
