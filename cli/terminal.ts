import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { readable } from '../lib/failure-detail.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** What a person can choose: `value` is what the program calls it. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** The person or program on the other side. */
export interface Terminal {
  /** The answer: what a program reads. */
  readonly out: (text: string) => void;
  /** What goes on beside it: progress, questions, warnings. */
  readonly note: (text: string) => void;
  /** Waits until `out` has been taken. @returns false where whoever read it has gone, as in `… | head -1` */
  readonly isRead: () => Promise<boolean>;
  /** Colours are wanted in what goes to `out`. */
  readonly colours: boolean;
  /** Colours are wanted in what goes to `note`. */
  readonly coloursInNotes: boolean;
  /** How wide `out` is, in cells, where it is a screen. */
  readonly width: number | undefined;
  /** Where the person is, by its name in the database of time zones. */
  readonly timeZone: string;
  /** Clears the screen, where `out` is one. */
  readonly clear: () => void;
  /** Takes a screen of its own, where `out` is one. @returns what gives the old one back, with all that was on it */
  readonly openScreen: () => () => void;
  /** A person can be asked. */
  readonly canAsk: boolean;
  /** @returns the line that was typed. Rejects when there is none. */
  readonly ask: (question: string) => Promise<string>;
  /** As `ask`, but nothing of what is typed is shown. */
  readonly askSecretly: (question: string) => Promise<string>;
  /** @returns the value of what was chosen. Rejects when nothing was. */
  readonly choose: (question: string, choices: readonly Choice[]) => Promise<string>;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
}

export type Paint = (style: Style, text: string) => string;

/** Colours what goes to `out`, where they are wanted. */
export function painter({ colours }: Pick<Terminal, 'colours'>): Paint {
  // Whether to colour is decided by the terminal, not once more here.
  return (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
}

/** Colours what goes to `note`, where they are wanted. */
export function notePainter({ coloursInNotes }: Pick<Terminal, 'coloursInNotes'>): Paint {
  return painter({ colours: coloursInNotes });
}

/** The widest cell that is padded or shown whole, in the terminal's cells: ids and mail addresses fit. */
const WIDEST = 48;
/** What `painter` puts around a text, and the end of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OWN = /(\u001b\[\d*(?:;\d+)*m|\n)/;

/** Columns as wide as their widest cell; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
    });
  }
  return rows
    .map((row) => row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell))).join('  '))
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

/** Text from outside, such as a name that a sender gave, on one line: it cannot steer a terminal, nor hide in it. */
export function harmless(text: string): string {
  return readable(text);
}

/** The same for a cell of `columns`: what is longer ends with "…", so that it does not widen the others' rows. */
export function cellOf(text: string, widest = WIDEST): string {
  const line = readable(text);
  // Marks without a width of their own could make any number of characters fit.
  if (line.length <= widest && stringWidth(line) <= widest) return line;
  let shown = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    const longer = `${shown}${segment}`;
    if (longer.length >= widest || stringWidth(longer) >= widest) break;
    shown = longer;
  }
  return `${shown}…`;
}

/** A document for programs. What a terminal could be steered with is escaped in it, which is the same JSON. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(/[^\n\u0020-\u007e]/gu, (character) =>
    readable(character) === character ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}

/** The last door before a terminal: whatever a text holds, only its lines and our colours reach it as such. */
export function shownText(text: string): string {
  return text
    .split(OWN)
    .map((part, index) => (index % 2 === 1 ? part : readable(part)))
    .join('');
}

/** A terminal behind that door. */
export function guarded(terminal: Terminal): Terminal {
  return {
    ...terminal,
    out: (text) => terminal.out(shownText(text)),
    note: (text) => terminal.note(shownText(text)),
    ask: (question) => terminal.ask(shownText(question)),
    askSecretly: (question) => terminal.askSecretly(shownText(question)),
    choose: (question, choices) => {
      const shown = choices.map(({ value, label }) => ({ value, label: shownText(label) }));
      return terminal.choose(shownText(question), shown);
    },
  };
}
