import type { ErrorCode } from '../error-codes.ts';
import { failureDetail } from '../failure-detail.ts';
import type { KnownSecrets } from '../known-secrets.ts';

/** Okta did not do what was asked of it. What it says, and what its fields say, goes through the door for details. */
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
    super(failureDetail(message), { cause: options.cause });
    this.code = code;
    this.fields = mapTexts(fields, failureDetail);
    this.retryInMs = options.retryInMs;
  }

  /** The same failure, with more for the log. */
  about(fields: Readonly<Record<string, unknown>>): OktaFailure {
    return this.#with({ ...this.fields, ...fields }, this.retryInMs);
  }

  /** The same failure, without what was read from a secret, and without the cause, which may quote one. */
  without(secrets: KnownSecrets): OktaFailure {
    const redacted = (text: string) => secrets.redact(text);
    const options = this.retryInMs === undefined ? {} : { retryInMs: this.retryInMs };
    return new OktaFailure(this.code, redacted(this.message), mapTexts(this.fields, redacted), options);
  }

  /** The same refusal, with the rest that holds for the whole org. @param retryInMs milliseconds */
  resting(retryInMs: number, fields: Readonly<Record<string, unknown>>): OktaFailure {
    return this.#with({ ...this.fields, ...fields, retryInMs }, retryInMs);
  }

  #with(fields: Readonly<Record<string, unknown>>, retryInMs: number | undefined): OktaFailure {
    const options = { cause: this.cause, ...(retryInMs !== undefined && { retryInMs }) };
    return new OktaFailure(this.code, this.message, fields, options);
  }
}

/** The fields with every text changed so, those in lists too. */
function mapTexts(fields: Readonly<Record<string, unknown>>, change: (text: string) => string) {
  const mapped = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapped);
    return typeof value === 'string' ? change(value) : value;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, mapped(value)]));
}
