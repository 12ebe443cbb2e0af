import { allErrorCodes, type ErrorCode } from '../lib/error-codes.ts';

/** The code in a problem document; undefined where the text is none, or has none of ours. */
export function codeOf(body: string): ErrorCode | undefined {
  const { code } = fieldsOf(body);
  return allErrorCodes().find((known) => known === code);
}

/** The fields of a JSON object; none where the text is no such thing. */
export function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {}; // A proxy's page, say: the caller shows the status and the text.
  }
}
