/** The bytes are not one JSON text that everybody reads alike. */
export class JsonNotAcceptable extends Error {
  override name = 'JsonNotAcceptable';
}

/** No event nests deeper than `data`; a little room is left for fields that are ignored. */
const DEEPEST = 8;

/**
 * Parses UTF-8 JSON and refuses what parsers disagree on: bytes that are not UTF-8, a byte order
 * mark, the same key twice in one object, escaped lone surrogates, deep nesting, and the key
 * `__proto__`.
 * @throws {JsonNotAcceptable}
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonNotAcceptable('the body is not JSON in UTF-8', { cause });
  }
  checkKeysAndStrings(text);
  return value;
}

/** Of a text that is known to be valid JSON: its brackets and strings, a key with its colon. */
function* jsonTokens(text: string): Iterable<string> {
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) yield token;
}

/**
 * Where an object of the text has the same key twice, of which a parser takes either one: the keys that lead there,
 * one list for each.
 * @param text valid JSON
 */
export function repeatedKeys(text: string): string[][] {
  const repeated: string[][] = [];
  const open: { readonly keys: Set<string>; readonly path: readonly string[] }[] = [];
  let path: readonly string[] = [];
  for (const token of jsonTokens(text)) {
    if (token === '{' || token === '[') {
      open.push({ keys: new Set(), path });
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token.endsWith(':')) {
      const key: unknown = JSON.parse(token.slice(0, -1));
      const object = open.at(-1);
      if (object === undefined || typeof key !== 'string') continue;
      path = [...object.path, key];
      if (object.keys.has(key)) repeated.push([...path]);
      object.keys.add(key);
    }
  }
  return repeated;
}

/** Walks the tokens of a text that is known to be valid JSON. */
function checkKeysAndStrings(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (const token of jsonTokens(text)) {
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : undefined) > DEEPEST) throw new JsonNotAcceptable('nested too deeply');
    } else if (token === '}' || token === ']') {
      open.pop();
    } else {
      checkString(token, open.at(-1));
    }
  }
}

function checkString(token: string, keys: Set<string> | undefined): void {
  const isKey = token.endsWith(':');
  const string: unknown = JSON.parse(isKey ? token.slice(0, -1) : token);
  if (typeof string !== 'string' || !string.isWellFormed()) {
    throw new JsonNotAcceptable('a string holds half of a surrogate pair');
  }
  if (!isKey) return;
  if (string === '__proto__') throw new JsonNotAcceptable('the key __proto__ is not allowed');
  if (keys?.has(string)) throw new JsonNotAcceptable('an object has the same key twice');
  keys?.add(string);
}
