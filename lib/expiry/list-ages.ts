import { type Config, listedAcls } from '../config.ts';
import { type ListRecords, listAge } from '../list-record.ts';
import { listAgeLimitSeconds, METRICS } from '../names.ts';
import type { Clock, Telemetry } from '../ports.ts';

export interface ListAgeDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly records: ListRecords;
  readonly telemetry: Telemetry;
}

/** @returns seconds since an ACL's list was last read. The first time it is asked, that begins to count. */
export async function ageOfList(acl: string, { clock, records }: ListAgeDeps): Promise<number> {
  const age = listAge(await records.get(acl, clock.now()), clock.now());
  if (age === undefined) await records.begin(acl, clock.now());
  return age ?? 0;
}

/**
 * Tells how old the lists are: one metric, the worst of all ACLs, and a line for each that is too old. It is told only where
 * all are known: its alarm takes silence for trouble.
 * @param ages by ACL, in seconds
 */
export function reportListAges(ages: ReadonlyMap<string, number>, { config, telemetry }: ListAgeDeps): void {
  const acls = listedAcls(config);
  const limit = listAgeLimitSeconds(acls.map((acl) => config.acls[acl]?.allowlist?.pollSeconds ?? 0));
  for (const [acl, listAge] of ages) {
    if (listAge >= limit) telemetry.warn('the list of an ACL was not read for too long', { acl, listAge });
  }
  if (acls.length > 0 && ages.size === acls.length)
    telemetry.metric(METRICS.listAge, 'Seconds', Math.max(...ages.values()));
}
