/**
 * Shared by all AWS clients: a call that hangs must fail while the function still has time to say
 * so. Milliseconds; the SDK's own retries (two more tries) come on top.
 */
export const AWS_CLIENT_DEFAULTS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_500 },
} as const;
