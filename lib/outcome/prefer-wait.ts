/** The longest that anyone can wait, in seconds. The API's own limit is 30 s, and the answer must still get out. */
export const LONGEST_WAIT_S = 20;

/**
 * Reads `Prefer: wait=N` (RFC 7240) among other preferences.
 * @returns seconds, at most 20; undefined where the header asks for no wait that can be understood
 */
export function preferredWait(header: string | undefined): number | undefined {
  for (const preference of (header ?? '').split(',')) {
    const match = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference);
    // RFC 7240: where a preference is given twice, the first counts.
    if (match) return Math.min(LONGEST_WAIT_S, Number(match[1]));
  }
  return undefined;
}
