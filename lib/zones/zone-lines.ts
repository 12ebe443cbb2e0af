import { differenceOf } from '../addresses/list-difference.ts';
import { AUDIT, METRICS } from '../names.ts';
import type { Fields, Telemetry } from '../ports.ts';
import type { ZoneRecord } from './zone-items.ts';
import type { ZoneView } from './zone-view.ts';

/** At most this many changed entries are named in one log line. */
const NAMED_IN_LOG = 50;

/** Whose zone it is, and where the lines go. */
interface Log {
  readonly acl: string;
  readonly telemetry: Telemetry;
}

/** A write that Okta has carried out, and what it has made of the zone's list. */
export interface ZoneChange extends Pick<ZoneRecord, 'write' | 'before' | 'after'> {
  readonly zoneId: string;
  /** The ACL that has made it: mostly the one that rebuilds, or the one that had the zone before. */
  readonly acl: string;
}

/** Says that Okta shows a list which this system did not make. */
export function reportForeignChange({ zoneId, expected }: ZoneView, list: readonly string[], log: Log): void {
  log.telemetry.error('ZONE007', `zone ${zoneId} is not as it was last written; it is put right`, {
    acl: log.acl,
    zoneId,
    ...namedDifference(expected.at(-1) ?? [], list),
  });
}

/** What somebody else had put into a zone is gone with the first write: all of it is named, in as many lines as it takes. */
export function reportFirstWrite({ zoneId, has = [] }: ZoneView, list: readonly string[], log: Log): void {
  const { removed } = differenceOf(has, list);
  for (let at = 0; at < removed.length; at += NAMED_IN_LOG) {
    log.telemetry.warn('the first update of a zone removes what was in it', {
      ...{ acl: log.acl, zoneId, removedInAll: removed.length, removed: removed.slice(at, at + NAMED_IN_LOG) },
    });
  }
}

/**
 * Says that a write was carried out.
 * @param audit what brought it about
 * @param isCounted whether its entries are counted by a metric too, which costs something by the month
 */
export function reportChange(
  { zoneId, acl, write, before, after }: ZoneChange,
  audit: Fields,
  telemetry: Telemetry,
  isCounted: boolean,
): void {
  const difference = namedDifference(before, after);
  telemetry.info('zone updated', { action: AUDIT.zoneUpdated, zoneId, write, acl, ...audit, ...difference });
  if (isCounted && difference.changes > 0) telemetry.metric(METRICS.changes, 'Count', difference.changes);
}

function namedDifference(before: readonly string[], after: readonly string[]) {
  const { added, removed } = differenceOf(before, after);
  return {
    before: before.length,
    after: after.length,
    changes: added.length + removed.length,
    added: added.slice(0, NAMED_IN_LOG),
    removed: removed.slice(0, NAMED_IN_LOG),
  };
}
