/** Why a message is among the dead letters, where no retry can mend it. The function that sets it aside and a redrive say the same. */
export const NO_EVENT = 'not an event of this system';
export const TOO_OLD = 'older than the events that are remembered';

/** For what failed for the last time: the kind of the error and no message, which could hold anything. */
export function reasonOfFailure(error: unknown): string {
  return `STORE001 ${error instanceof Error ? error.name : 'unknown'}`;
}
