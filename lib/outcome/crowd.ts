import type { Config } from '../config.ts';
import { ERRORS } from '../error-codes.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import { MOST_WAITING } from '../names.ts';
import type { ZoneStates } from '../zones/zone-states.ts';

/** Where it is known how many events Okta has not confirmed yet. */
export interface CrowdSources {
  readonly config: Pick<Config, 'acls'>;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
}

/**
 * Whether too many wait for their outcomes. Whoever waits, waits for an event that Okta has not confirmed; so no more wait
 * than there are of those, and these the table counts.
 */
export async function isCrowded({ config, grants, states }: CrowdSources): Promise<boolean> {
  const counts = await Promise.all(
    Object.keys(config.acls).map(async (acl) => {
      const [state, wake] = await Promise.all([
        states.get(acl, { stale: true }),
        grants.wake.read(acl, { stale: true }),
      ]);
      const { confirmedCount = 0, lastError } = state;
      // Where a person must mend something, whoever asks is told so at once.
      if (lastError && !ERRORS[lastError.code].healsItself) return 0;
      return Math.max(0, (wake.events?.count ?? 0) - confirmedCount);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) > MOST_WAITING;
}
