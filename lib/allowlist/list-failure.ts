import type { ErrorCode } from '../error-codes.ts';

export type ListCode = Extract<ErrorCode, `LIST00${1 | 2 | 3 | 4}`>;

/** A list could not be read. Nothing changes by that. Its message says what an operator must know, and nothing secret. */
export class ListFailure extends Error {
  override name = 'ListFailure';
  readonly code: ListCode;

  constructor(code: ListCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
