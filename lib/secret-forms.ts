import { readable } from './failure-detail.ts';

/** Names of a JSON object are not secret, unless somebody has put the secret there: these are too long for names. */
const LONG_NAME = 20;
/** Keys, passwords and lines of a PEM are shorter. What is longer is a token of an hour, and would cost a call's time. */
const LONGEST_IN_BASE64 = 512;
/** What begins and ends a PEM, whatever it holds. */
const PEM_LABEL = /-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----/g;
/** A text of JSON as it is written, closed or not, and whether it is a name. */
const JSON_TEXT = /"((?:[^"\\]|\\.)*)(?:"(\s*:)?|$)/gs;

/**
 * What is secret in the text of a secret: the values of JSON, or all of a text that is none.
 * @param names that are no part of what is secret, however long they are: ACLs
 */
export function valuesIn(text: string, names: ReadonlySet<string>): string[] {
  const isName = (name: string) => name.length < LONG_NAME || names.has(name);
  const written = () =>
    [...text.matchAll(JSON_TEXT)].flatMap(([, inner = '', colon]) =>
      colon !== undefined && isName(inner) ? [] : [inner],
    );
  const values = (() => {
    try {
      const parsed: unknown = JSON.parse(text);
      // Of a name that stands twice only the last value is parsed; and what is quoted may be the text with its escapes.
      return [...leaves(parsed, isName), ...(isJsonText(text) ? written() : [])];
    } catch {
      // Cut off or mistyped: all of it, but for the names, which stand in many a line.
      const rest = text.replace(JSON_TEXT, (whole, inner: string, colon?: string) =>
        colon !== undefined && isName(inner) ? '\n' : whole,
      );
      return isJsonText(text) ? [rest, ...written()] : [text];
    }
  })();
  return values.flatMap((value) => partsOf(value, names));
}

/**
 * The ways in which a value is seen again: as it stands, line by line or as one line, made readable, and as it is
 * written in a URL, in JSON, and in a header of HTTP basic, which is base64 of what it stands in the middle of.
 */
export function formsOf(value: string): string[] {
  const lines = value
    .replace(PEM_LABEL, '\n')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const texts = lines.length > 1 ? [...lines, lines.join(' '), lines.join('')] : lines;
  return texts.flatMap((text) => [
    ...[text, readable(text), encodeURIComponent(text.toWellFormed()), JSON.stringify(text).slice(1, -1)],
    ...(text.length > LONGEST_IN_BASE64 ? [] : [0, 1, 2].flatMap((before) => base64After(before, text))),
  ]);
}

/** Base64 of the text behind so many other bytes, as far as these do not matter; in both alphabets. */
function base64After(before: number, text: string): string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  const whole = (form: 'base64' | 'base64url') =>
    bytes.toString(form).slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
  return [whole('base64'), whole('base64url')];
}

function isJsonText(text: string): boolean {
  return /^\s*[{["]/.test(text);
}

function leaves(value: unknown, isName: (name: string) => boolean): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.entries(value).flatMap(([name, inner]) => [...(isName(name) ? [] : [name]), ...leaves(inner, isName)]);
}

/** Of a URL: where a server is, is no secret, nor is a word in a path that everybody knows. */
function partsOf(value: string, names: ReadonlySet<string>): string[] {
  const [address = '', user = ''] = /^https?:\/\/(.*@)?[^/?#]*/is.exec(value) ?? [];
  if (address === '') return [value];
  const parts = [...user.split(/[:@]+/), ...value.slice(address.length).split(/[/?&=#]+/)];
  return parts.flatMap((part) => (part === 'allowlists' || names.has(part) ? [] : [part, decoded(part)]));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Not encoded.
  }
}
