import type { Answer } from './responder.ts';
import type { HeaderChanges } from './types.ts';

/** The answer with other fields in its zone; one that holds no zone stays as it is. */
export function withFields(answer: Answer, fields: Readonly<Record<string, unknown>>): Answer {
  if (answer.status !== 200) return answer;
  const zone: unknown = JSON.parse(answer.body);
  if (typeof zone !== 'object' || zone === null || Array.isArray(zone)) return answer;
  return { ...answer, body: JSON.stringify({ ...zone, ...fields }) };
}

/** The answer with other headers. @param now milliseconds since the epoch */
export function withHeaders(answer: Answer, changes: HeaderChanges, now: number): Answer {
  const headers = new Map(Object.entries(answer.headers));
  for (const [name, change] of Object.entries(changes)) {
    headers.delete(name.toLowerCase());
    if (change === null) continue;
    // As an HTTP client joins a header that came more than once.
    const values = [change].flat().map((text) => filledIn(text, now));
    headers.set(name.toLowerCase(), values.join(', '));
  }
  return { ...answer, headers: Object.fromEntries(headers) };
}

function filledIn(text: string, now: number): string {
  return text.replace(/\{(now|nowMs|date)([+-]\d+)?\}/g, (_, what: string, shift = '0') => {
    if (what === 'nowMs') return String(now + Number(shift));
    const seconds = Math.floor(now / 1000) + Number(shift);
    return what === 'now' ? String(seconds) : new Date(seconds * 1000).toUTCString();
  });
}
