import { KnownSecrets } from '../known-secrets.ts';
import { whyNoAnswer } from '../okta/no-answer.ts';
import type { HttpClient, HttpResponse } from '../ports.ts';
import type { ListAddress } from './list-address.ts';
import { ListFailure } from './list-failure.ts';

/** As long as the vendor's own reader waits, in milliseconds: for the whole answer. */
export const LIST_TIMEOUT_MS = 5_000;
/** The largest list that is read, in bytes. */
export const MOST_LIST_BYTES = 4 * 1024 * 1024;

/** So long after the date of its last change a list tells changes by that date, in milliseconds. */
const SETTLED_MS = 2_000;

/** What a server gave with a list, to be asked whether it has changed. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type ListAnswer =
  | { readonly kind: 'list'; readonly body: string; readonly validators: Validators }
  /** The server says that the list is the one that these validators came with. */
  | { readonly kind: 'unchanged' };

/**
 * Asks Knocknoc for a list. No redirect is followed, so the key goes to no other host.
 * @param known of the list that the caller has; absent: the list is wanted, whatever it is
 * @throws {ListFailure} LIST001, LIST002, LIST003
 */
export async function fetchList(http: HttpClient, address: ListAddress, known?: Validators): Promise<ListAnswer> {
  const answer = await ask(http, address, known);
  const { status, headers, body } = answer;
  if (status === 304 && known !== undefined) return { kind: 'unchanged' };
  if (status === 401 || status === 403) {
    const what = status === 401 ? 'does not accept the key' : 'does not let this key read the list';
    throw new ListFailure('LIST002', `Knocknoc ${what} (${status})`);
  }
  if (status < 200 || status > 299) throw new ListFailure('LIST001', `Knocknoc answers ${status}${hint(status)}`);
  if (answer.tooLarge) throw new ListFailure('LIST003', 'the list is larger than 4 MiB');
  return { kind: 'list', body, validators: validatorsIn(headers) };
}

/**
 * The tag, or else the date. A date has whole seconds: where the list changed in the second in which it was asked for, it may
 * change again in that second, and the date says nothing (RFC 9110, 8.8.2.2).
 */
function validatorsIn({ etag, date, 'last-modified': lastModified }: HttpResponse['headers']): Validators {
  if (isHeader(etag)) return { etag };
  const isPast = Date.parse(date ?? '') - Date.parse(lastModified ?? '') >= SETTLED_MS;
  return isPast && isHeader(lastModified) ? { lastModified } : {};
}

async function ask(http: HttpClient, { url, username, key }: ListAddress, known?: Validators): Promise<HttpResponse> {
  const authorization = `Basic ${Buffer.from(`${username}:${key}`).toString('base64')}`;
  const headers = {
    ...{ accept: 'text/plain', authorization, 'user-agent': 'knocknoc-okta-zones' },
    // Where a packed body ends too early, `fetch` takes what there is of it for the whole.
    'accept-encoding': 'identity',
    ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
    ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
  };
  try {
    return await http({ method: 'GET', url, headers, timeoutMs: LIST_TIMEOUT_MS, mostBytes: MOST_LIST_BYTES });
  } catch (cause) {
    // It is stored as well, and an error of the client may quote what it could not send.
    const secrets = new KnownSecrets();
    secrets.remember(JSON.stringify({ url, username, key }));
    const why = secrets.redact(whyNoAnswer(cause, LIST_TIMEOUT_MS));
    throw new ListFailure('LIST001', `no answer from Knocknoc: ${why}`, { cause });
  }
}

function hint(status: number): string {
  if (status >= 300 && status < 400)
    return ': it wants to send us elsewhere, which is not followed. Store the URL itself';
  return status === 404 ? ': there is no list at this URL' : '';
}

/** What came in a header goes back in one. */
function isHeader(text: string | undefined): text is string {
  return text !== undefined && /^[\x20-\x7e]{1,512}$/.test(text);
}
