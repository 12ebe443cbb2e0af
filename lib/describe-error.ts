/** For a log line: what went wrong, without a stack. Errors of the AWS clients hold no secrets. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
}
