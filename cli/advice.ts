import { ERROR_CODES, type ErrorCode } from '../lib/error-codes.ts';

/** The first thing to do about a code. The whole story is in `docs/errors.md`. */
const FIRST_STEPS: Readonly<Record<ErrorCode, string>> = {
  OKTA001: 'Make a new token in Okta and store it: npm run zone -- set-token',
  OKTA002: "Give the token's owner the role Org Administrator, make a new token, store it: npm run zone -- set-token",
  OKTA005: 'Wait: it goes on by itself. If it happens often, see who uses up the quota (Okta: Reports > Rate Limits).',
  ZONE001: 'Compare the id in the configuration with the zone in Okta (Security > Networks), then deploy.',
  ZONE002: "Read Okta's causes in the log of the zone function.",
  ZONE003: 'Look at status.okta.com, and at okta.domain in the configuration; it is tried again by itself.',
  ZONE004: 'In Okta (Security > Networks) make it an active IP zone that is no blocklist, or configure another zone.',
  ZONE005: 'Add a zone to the ACL in the configuration, and to the policies in Okta; then deploy.',
  ZONE006: 'Store a token: npm run zone -- set-token',
  ZONE007: 'Find who else edits the zone (Okta: Reports > System Log), and stop it. The list is put right by itself.',
  HOOK001: 'Give the sender the current key of the webhook secret.',
  HOOK002: "Set the sender's clock right.",
  HOOK003: 'Compare what the sender posts with docs/webhook.md.',
  HOOK004: 'Use an ACL of the configuration, or add it there and deploy.',
  HOOK005: 'Send one public IP address.',
  HOOK006: 'Send an expiry in the future.',
  HOOK007: 'Read the log of the webhook function: the events queue or the webhook secret is out of reach.',
  STORE001: 'Read the log of the function that says so: the table is out of reach.',
};

export function firstStep(code: ErrorCode): string {
  return FIRST_STEPS[code];
}

/** The code with what it means, in one line. */
export function meaningOf(code: ErrorCode): string {
  return `${code} ${ERROR_CODES[code]}`;
}

/** Where the rest is written. */
export function sectionOf(code: ErrorCode): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}
