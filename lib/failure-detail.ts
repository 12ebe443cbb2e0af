/** A longer text says no more to whoever reads it, and may be a page of somebody's. */
const LONGEST = 500;

/**
 * Text from outside as it may stand in a line: without line breaks, and without what is not seen or steers what is
 * seen: control characters, direction marks (U+202E writes the rest backwards), zero-width characters, and whatever
 * else Unicode has shown as nothing at all (fillers, variation selectors).
 */
export function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '�');
}

/**
 * The one door through which the detail of a failure goes, to a log line, an answer, the table or a screen: readable,
 * and 500 characters at most. What was read from secrets is taken out before: see `KnownSecrets`.
 */
export function failureDetail(text: string): string {
  const line = readable(text.slice(0, 4 * LONGEST))
    .replace(/ {2,}/g, ' ')
    .trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1).toWellFormed()}…`;
}
