import type { EndedGrant } from '../grants/grant-items.ts';
import { AUDIT } from '../names.ts';
import type { Telemetry } from '../ports.ts';

/** A grant's row that has left the table, as the table's stream tells. */
export interface RemovedGrant {
  readonly grant: EndedGrant;
  /** When it was found to be over, in milliseconds since the epoch: see `GrantBook.end`. */
  readonly over?: number;
  /** The table's TTL has removed it: nobody had ended it. */
  readonly byTtl: boolean;
  /** The stream's name for this one change, the same however often it comes. */
  readonly change: string | undefined;
}

/**
 * Says of each grant that was over that it has ended. The stream has one record of each row that leaves the table, whoever
 * removes it, so nothing is missing and nothing is there twice. What an event has ended, the event's own lines say.
 * @param now milliseconds since the epoch
 */
export function reportExpired(removed: readonly RemovedGrant[], now: number, telemetry: Telemetry): void {
  for (const { grant, over, byTtl, change } of removed) {
    if (over === undefined && !byTtl) continue;
    const endedAt = over ?? now;
    telemetry.info('grant expired', {
      ...{ action: AUDIT.expired, ...grant, cause: 'expiry', lateMs: endedAt - (grant.expiresAt ?? endedAt) },
      ...{ ...(byTtl && { byTtl }), change },
    });
  }
}
