import { formsOf, valuesIn } from './secret-forms.ts';

/** What is shorter can't be a secret, and stands in many a text by chance. */
const SHORTEST = 8;
/** Secrets that are remembered: those in use, and what they were before their last rotations. */
const MOST_TEXTS = 8;

/**
 * What this process has read from secrets, so that it can be taken out of whatever is said to the outside. Not eight
 * characters in a row of a secret come through, nor of a form that it travels in: error messages often quote a part of
 * what they are about.
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
  const forms = new Set(valuesIn(text, names).flatMap(formsOf));
  return [...forms].flatMap((form) =>
    Array.from({ length: Math.max(0, form.length - SHORTEST + 1) }, (_, at) => form.slice(at, at + SHORTEST)),
  );
}
