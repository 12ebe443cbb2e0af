import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** The person or program on the other side. */
export interface Terminal {
  /** The answer: what a program reads. */
  readonly out: (text: string) => void;
  /** What goes on beside it: progress, questions, warnings. */
  readonly note: (text: string) => void;
  /** Colours are wanted in what goes to `out`. */
  readonly colours: boolean;
  /** Colours are wanted in what goes to `note`. */
  readonly coloursInNotes: boolean;
  /** `out` is a screen that can be cleared. */
  readonly isScreen: boolean;
  /** A person can be asked. */
  readonly canAsk: boolean;
  /** @returns the line that was typed. Rejects when there is none. */
  readonly ask: (question: string) => Promise<string>;
  /** As `ask`, but nothing of what is typed is shown. */
  readonly askSecretly: (question: string) => Promise<string>;
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

/** Columns as wide as their widest cell; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
    });
  }
  return rows
    .map((row) => row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell))).join('  '))
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

/**
 * Text from outside, such as a name that a sender gave: what would steer a terminal is taken out of it.
 */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

function visibleLength(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
