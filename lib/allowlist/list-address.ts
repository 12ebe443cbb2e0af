import * as v from 'valibot';
import { ListFailure } from './list-failure.ts';

/** Where an ACL's list is, and what it is asked for with. */
export interface ListAddress {
  /** As the administrator copied it from Knocknoc. It holds a token, so it is half a secret itself. */
  readonly url: string;
  readonly username: string;
  readonly key: string;
}

/** Knocknoc takes any user name beside an API key; its documentation writes this one. */
export const USERNAME = 'apikey';

const schema = v.object({
  url: v.string(),
  username: v.optional(v.string(), USERNAME),
  key: v.string(),
});

/** @returns why a URL can't be that of a list; undefined where it can */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !['https:', 'http:'].includes(url.protocol)) return 'its URL is not an address that begins with https://';
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) {
    return 'its URL begins with http://: the key would go out readable; write https://';
  }
  if (url.username !== '' || url.password !== '') return 'its URL holds a user name or a password; write them apart';
  return undefined;
}

/** @returns why a text can't be the key, or the user name, of a list; undefined where it can */
export function credentialProblem(what: 'key' | 'username', text: string): string | undefined {
  if (text.trim() === '') return `its ${what} is empty`;
  // The limits of HTTP basic (RFC 7617); and what a person pastes by mistake: a line break, a space at the end.
  if (!/^[\x21-\x7e]{1,1024}$/.test(text)) return `its ${what} has characters that none has`;
  if (what === 'username' && text.includes(':')) return 'its username has a colon in it';
  return undefined;
}

/**
 * Finds an ACL's list in the text of the secret.
 * @throws {ListFailure} LIST004, which says what is wrong with the text and shows nothing of it
 */
export function listAddress(text: string | undefined, acl: string): ListAddress {
  if (!text) throw unset('the secret that should hold URL and key of the lists has no value');
  const all = parsed(text);
  if (all === undefined) throw unset('what the secret of the lists holds is not a JSON object');
  if (!Object.hasOwn(all, acl)) throw unset('the secret of the lists says nothing of this ACL');
  const one = v.safeParse(schema, all[acl]);
  if (!one.success) throw unset('its url, username or key is missing in the secret of the lists, or not a text');
  const { url, username, key } = one.output;
  const why = urlProblem(url) ?? credentialProblem('username', username) ?? credentialProblem('key', key);
  if (why !== undefined) throw unset(`the secret of the lists can't be used for this ACL: ${why}`);
  return { url, username, key };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : undefined;
  } catch {
    return undefined; // Whatever the reason: it is not to be used, and nothing of it may be shown.
  }
}

function unset(why: string): ListFailure {
  return new ListFailure('LIST004', why);
}
