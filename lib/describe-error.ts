import { failureDetail } from './failure-detail.ts';

/** For a log line: what went wrong, without a stack. */
export function describeError(error: unknown): string {
  return error instanceof Error ? failureDetail(`${error.name}: ${error.message}`) : 'unknown';
}
