import { ERRORS, type ErrorCode } from '../lib/error-codes.ts';

/** The first thing to do about a code. */
export function firstStep(code: ErrorCode): string {
  return ERRORS[code].firstStep;
}

/** The code with its name. */
export function titleOf(code: ErrorCode): string {
  return `${code} ${ERRORS[code].name}`;
}

/** Where the rest is written. */
export function sectionOf(code: ErrorCode): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}
