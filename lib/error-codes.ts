/**
 * The error codes of the system: one place for the functions that emit them and the alarms that
 * watch them. Codes are never reused or renumbered; `docs/errors.md` has a section for each.
 */
export const ERROR_CODES = {
  OKTA001: 'Okta authentication failed',
  OKTA002: 'Okta authorization failed',
  OKTA005: 'Okta rate limit exceeded',
  ZONE001: 'zone not found',
  ZONE002: 'Okta rejected the update',
  ZONE003: 'Okta unavailable',
  ZONE004: 'zone not usable',
  ZONE005: 'zone full',
  ZONE006: 'Okta token missing',
  ZONE007: 'zone changed by someone else',
  HOOK001: 'signature missing or invalid',
  HOOK002: 'timestamp outside the tolerance',
  HOOK003: 'malformed request',
  HOOK004: 'unknown ACL',
  HOOK005: 'IP not acceptable',
  HOOK006: 'expiry not in the future',
  HOOK007: 'event queue unavailable',
  STORE001: 'grants could not be stored',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Codes that anyone who can reach the webhook can cause; one of them alone is no reason to wake someone. */
export const PASSER_BY_CODES: readonly ErrorCode[] = ['HOOK001', 'HOOK002', 'HOOK003', 'HOOK004', 'HOOK005', 'HOOK006'];

export function allErrorCodes(): ErrorCode[] {
  return Object.keys(ERROR_CODES) as ErrorCode[];
}
