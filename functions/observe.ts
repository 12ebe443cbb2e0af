import type { MiddlewareObj } from '@middy/core';
import { describeError } from '../lib/describe-error.ts';
import type { Telemetry } from '../lib/ports.ts';

/** Marks every log line with the invocation, and says what an invocation failed with before Lambda retries it. */
export function observe(telemetry: () => Telemetry): MiddlewareObj {
  return {
    before: ({ context }) => {
      telemetry().begin({ awsRequestId: context.awsRequestId });
    },
    onError: ({ error }) => {
      telemetry().warn('the invocation failed', { reason: describeError(error) });
    },
  };
}
