import { blockOf, covers, readableBlocks } from '../../lib/addresses/address-block.ts';
import type { Entry } from './entries.ts';

/** A grant that was live at a moment. */
export interface GrantThen {
  readonly acl: string;
  readonly ip: string;
  readonly user?: string;
  readonly grantId?: string;
  /** When it was stored, and until when it was good. */
  readonly since: number;
  readonly expiresAt: number;
  readonly webhookId?: string;
  /** Since when a zone of the ACL has had the IP, as far as the lines tell; absent where none is known to. */
  readonly inZoneSince?: number;
}

/**
 * The grants that were live at a moment, by what happened before it.
 * @param entries oldest first, from at least the longest lifetime of a grant before the moment
 */
export function whoWasIn(entries: readonly Entry[], moment: number): readonly GrantThen[] {
  const live = new Map<string, GrantThen>();
  const before = entries.filter(({ at }) => at <= moment);
  for (const entry of before) {
    const { acl, ip, kind, at, expiresAt } = entry;
    if (acl === undefined || ip === undefined) continue;
    const key = keyOf(entry);
    if (kind === 'granted' && expiresAt !== undefined) {
      const { user, grantId, webhookId } = entry;
      const named = { ...(user !== undefined && { user }), ...(grantId !== undefined && { grantId }) };
      const since = live.get(key)?.since ?? at;
      live.set(key, { acl, ip, ...named, since, expiresAt, ...(webhookId !== undefined && { webhookId }) });
    } else if (kind === 'ended' || kind === 'expired' || (kind === 'revoked' && entry.grantId !== undefined)) {
      live.delete(key);
    }
  }
  return [...live.values()]
    .filter(({ expiresAt }) => expiresAt > moment)
    .map((grant) => {
      const inZoneSince = shownSince(grant, before);
      return { ...grant, ...(inZoneSince !== undefined && { inZoneSince }) };
    });
}

/** Which grant an entry is about. */
export function keyOf({ acl, ip, grantId }: Pick<Entry, 'acl' | 'ip' | 'grantId'>): string {
  return JSON.stringify([acl, ip, grantId]);
}

/** Whether a list of gateways, as the audit names them, lets an IP in. */
export function letsIn(entries: readonly string[] | undefined, ip: string): boolean {
  const [host] = readableBlocks([ip]);
  return host !== undefined && readableBlocks(entries ?? []).some((block) => covers(block, blockOf(ip)));
}

/** Whether a zone still has an IP by all that was told since: a line of many changes does not name them all. */
export function isKnownToBeShown(of: Pick<GrantThen, 'acl' | 'ip'>, entries: readonly Entry[]): boolean {
  const since = shownSince(of, entries);
  const leavesOut = ({ kind, acl, at, added = [], removed = [], changes = 0 }: Entry) =>
    kind === 'zone' && acl === of.acl && at > (since ?? 0) && added.length + removed.length < changes;
  return since !== undefined && !entries.some(leavesOut);
}

/**
 * Since when a zone of the ACL has had an IP, by the zones' updates; it may have several, between which people move.
 * @returns undefined where none is known to have it
 */
function shownSince({ acl, ip }: Pick<GrantThen, 'acl' | 'ip'>, entries: readonly Entry[]): number | undefined {
  const zones = new Map<string, number>();
  let since: number | undefined;
  for (const { kind, at, acl: of, zoneId = '', added, removed } of entries) {
    if (kind !== 'zone' || of !== acl) continue;
    if (letsIn(removed, ip)) zones.delete(zoneId);
    if (letsIn(added, ip)) zones.set(zoneId, at);
    if (zones.size === 0) since = undefined;
    else since ??= at;
  }
  return since;
}
