import { type Block, blockOf, covers, readableBlocks } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';

/** Ranges that nobody can come from (RFC 5737, RFC 3849): examples and placeholders stand in them. */
const NOBODYS = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'].map(blockOf);

export interface AdoptionCase {
  /** The list of a zone that was never written by this system, canonical. */
  readonly shown: readonly string[];
  /** All that the ACL's lists would hold. */
  readonly wanted: readonly Block[];
  /** The list that a person has seen and allows to be replaced. */
  readonly allowed: readonly string[] | undefined;
  /** The configuration allows to replace whatever is there. */
  readonly replaceExisting: boolean;
}

/**
 * Whether a zone may be taken over whose list somebody else has made.
 * @returns why not, in words for a person; undefined where it may
 */
export function whyNotAdopted({ shown, wanted, allowed, replaceExisting }: AdoptionCase): string | undefined {
  const others = foreignEntries(shown, wanted);
  if (others.length === 0 || replaceExisting) return undefined;
  if (allowed && sameList(allowed, shown)) return undefined;
  const count = others.length === 1 ? '1 entry' : `${others.length} entries`;
  const changed = allowed ? '; its list has changed since it was adopted' : '';
  return `it holds ${count} that this system did not make${changed}`;
}

/** The entries that are neither placeholders nor what the list would hold anyway. */
export function foreignEntries(shown: readonly string[], wanted: readonly Block[]): string[] {
  const known = [...NOBODYS, ...wanted];
  return shown.filter((text) => {
    const [block] = readableBlocks([text]);
    return !block || !known.some((one) => covers(one, block));
  });
}
