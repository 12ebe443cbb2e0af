import { readable } from './failure-detail.ts';

/** What is shorter can't be a secret, and stands in many a text by chance. */
const SHORTEST = 8;
/** Secrets that are remembered: those in use, and what they were before their last rotations. */
const MOST_TEXTS = 8;
/** Names of a JSON object are not secret, unless somebody has put the secret there: these are too long for names. */
const LONG_NAME = 20;

/**
 * What this process has read from secrets, so that it can be taken out of whatever is said to the outside. Not eight
 * characters in a row of a secret come through: error messages often quote a part of what they are about.
 */
export class KnownSecrets {
  readonly #texts: string[] = [];
  readonly #names: ReadonlySet<string>;
  /** Every piece of eight characters. */
  #pieces = new Set<string>();

  /** @param names that stand in a secret and are no part of what is secret in it, however long they are: ACLs */
  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  /** @param text what a secret holds: JSON, of which the values are secret, or anything else, all of which is */
  remember(text: string): void {
    if (this.#texts.includes(text)) return;
    this.#texts.push(text);
    if (this.#texts.length > MOST_TEXTS) this.#texts.shift();
    this.#pieces = new Set(this.#texts.flatMap((one) => piecesOf(one, this.#names)));
  }

  /** The text with `[secret]` in place of everything that was read from one. */
  redact(text: string): string {
    if (this.#pieces.size === 0 || text.length < SHORTEST) return text;
    let said = '';
    let shown = 0;
    for (let at = 0; at <= text.length - SHORTEST; at += 1) {
      if (!this.#pieces.has(text.slice(at, at + SHORTEST))) continue;
      let end = at + 1;
      while (this.#pieces.has(text.slice(end, end + SHORTEST))) end += 1;
      said += `${text.slice(shown, at)}[secret]`;
      shown = end + SHORTEST - 1;
      at = shown - 1;
    }
    return said + text.slice(shown);
  }
}

function piecesOf(text: string, names: ReadonlySet<string>): string[] {
  return (
    valuesIn(text, names)
      .flatMap((value) => value.split(/[\r\n]+/))
      .map((line) => line.trim())
      .filter((line) => !line.startsWith('-----'))
      // As it stands, and as a line of text has it that was made readable.
      .flatMap((line) => [line, readable(line)])
      .flatMap((line) =>
        Array.from({ length: Math.max(0, line.length - SHORTEST + 1) }, (_, at) => line.slice(at, at + SHORTEST)),
      )
  );
}

function valuesIn(text: string, names: ReadonlySet<string>): string[] {
  try {
    return leaves(JSON.parse(text), names);
  } catch {
    return [text];
  }
}

function leaves(value: unknown, names: ReadonlySet<string>): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => [
      ...(name.length >= LONG_NAME && !names.has(name) ? [name] : []),
      ...leaves(inner, names),
    ]);
  }
  const text = String(value);
  const [address = ''] = /^https?:\/\/[^/]*/i.exec(text) ?? [];
  if (address === '') return [text];
  // Where a server is, is no secret, and its beginning is that of many; nor is a word in a path that everybody knows.
  const parts = text.slice(address.length).split(/[/?&=#]+/);
  return parts.filter((part) => part !== 'allowlists' && !names.has(part));
}
