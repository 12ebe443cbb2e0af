import { describeError } from './describe-error.ts';
import type { Telemetry } from './ports.ts';

/**
 * Does the work for every ACL side by side: one's trouble does not hold up the others. Trouble here
 * is the table's or a queue's; what Okta refuses is no rejection.
 * @throws {AggregateError} after all are done, when the work failed for some
 */
export async function forEachAcl(
  acls: Iterable<string>,
  telemetry: Telemetry,
  detail: string,
  work: (acl: string) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    [...new Set(acls)].map(async (acl) => {
      try {
        await work(acl);
      } catch (error) {
        failures.push(error);
        const reason = describeError(error);
        telemetry.error('STORE001', `${detail}; it is tried again`, { acl, reason });
      }
    }),
  );
  if (failures.length > 0) throw new AggregateError(failures, `${detail} for ${failures.length} ACLs`);
}
