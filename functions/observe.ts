import type { MiddlewareObj } from '@middy/core';
import type { Telemetry } from '../lib/ports.ts';

/** Marks every log line with the invocation, and says what an invocation failed with before Lambda retries it. */
export function observe(telemetry: () => Telemetry): MiddlewareObj {
  return {
    before: ({ context }) => {
      telemetry().begin({ awsRequestId: context.awsRequestId });
    },
    onError: ({ error }) => {
      telemetry().warn('the invocation failed', { reason: error ? `${error.name}: ${error.message}` : 'unknown' });
    },
  };
}
