import type { ErrorCode } from '../error-codes.ts';

/** Okta did not do what was asked of it. */
export class OktaFailure extends Error {
  override name = 'OktaFailure';
  readonly code: ErrorCode;
  /** Milliseconds until Okta takes calls again; only for OKTA005. */
  readonly retryInMs: number | undefined;
  /** For the log: the status, Okta's error code, its causes and the request id its support asks for. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    options: { readonly retryInMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fields = fields;
    this.retryInMs = options.retryInMs;
  }

  /** The same failure, with more for the log. */
  about(fields: Readonly<Record<string, unknown>>): OktaFailure {
    return this.#with(fields, this.retryInMs);
  }

  /** The same refusal, with the rest that holds for the whole org. @param retryInMs milliseconds */
  resting(retryInMs: number, fields: Readonly<Record<string, unknown>>): OktaFailure {
    return this.#with({ ...fields, retryInMs }, retryInMs);
  }

  #with(fields: Readonly<Record<string, unknown>>, retryInMs: number | undefined): OktaFailure {
    const options = { cause: this.cause, ...(retryInMs !== undefined && { retryInMs }) };
    return new OktaFailure(this.code, this.message, { ...this.fields, ...fields }, options);
  }
}
