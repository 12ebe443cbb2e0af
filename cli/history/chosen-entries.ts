import type { GrantChoice } from '../grant-choice.ts';
import { chosenBy } from '../grant-choice.ts';
import type { Entry } from './entries.ts';
import { keyOf, letsIn } from './who-was-in.ts';

export interface HistoryChoice extends GrantChoice {
  readonly acl?: readonly string[];
}

/**
 * What concerns a person, an IP or an ACL: with what names them, whatever ended their grants, the zones that had their
 * addresses, and what failed for their ACLs meanwhile.
 */
export function chosenEntries(entries: readonly Entry[], { acl, user, ip }: HistoryChoice): readonly Entry[] {
  const ofAcls = entries.filter((entry) => !acl || entry.acl === undefined || acl.includes(entry.acl));
  const chosen = chosenBy({ ...(user !== undefined && { user }), ...(ip !== undefined && { ip }) });
  if (!chosen) return ofAcls;
  const named = ofAcls.filter((entry) => entry.ip !== undefined && chosen({ ip: entry.ip, user: entry.user }));
  const ofUser = user === undefined ? named : [...named, ...ofAcls.filter((entry) => isNamed(entry, chosen))];
  const grants = new Set(ofUser.map(keyOf));
  const ips = new Set(ofUser.flatMap((entry) => entry.ip ?? []));
  const acls = new Set(ofUser.flatMap((entry) => entry.acl ?? []));
  const own = new Set(ofUser);
  return ofAcls.filter((entry) => {
    if (own.has(entry)) return true;
    const isOfAcl = entry.acl !== undefined && acls.has(entry.acl);
    switch (entry.kind) {
      case 'zone':
        return isOfAcl && [...ips].some((one) => letsIn(entry.added, one) || letsIn(entry.removed, one));
      case 'failed':
        return isOfAcl;
      case 'flushed':
        return isOfAcl;
      case 'revoked':
        // Of a whole IP, or of a grant of theirs: neither names a person.
        return entry.ip !== undefined && ips.has(entry.ip) && (entry.grantId === undefined || grants.has(keyOf(entry)));
      case 'refused':
        return entry.user === undefined && entry.ip !== undefined && ips.has(entry.ip);
      default:
        return entry.user === undefined && grants.has(keyOf(entry));
    }
  });
}

/** A refused event may name a person, and no usable address. */
function isNamed({ ip, user }: Entry, chosen: NonNullable<ReturnType<typeof chosenBy>>): boolean {
  return ip === undefined && user !== undefined && chosen({ ip: '', user });
}
