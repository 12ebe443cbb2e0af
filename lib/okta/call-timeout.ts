/** Longest wait for one answer of Okta's, in milliseconds. */
export const CALL_TIMEOUT_MS = 8_000;
