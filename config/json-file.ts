import { readFileSync } from 'node:fs';
import { printParseErrorCode, visit } from 'jsonc-parser';
import type { Problem } from './problems.ts';

export interface JsonFile {
  /** Undefined where the file could not be read or is no JSON; `problems` says why. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
}

export const MISSING_FILE =
  'the file is not there; copy config.example.json to config.json and fill it in, or name yours: -c config=FILE (of npm run zone: --config FILE)';

/**
 * Reads a JSON file that a person wrote: says where it is wrong, and finds keys that stand twice in one object, of which
 * `JSON.parse` silently drops the first.
 */
export function readJsonFile(path: string): JsonFile {
  let text: string;
  try {
    const bytes = readFileSync(path);
    if (isUtf16(bytes)) return { problems: [{ path: [], message: 'the file is UTF-16; save it as UTF-8' }] };
    // Some editors put a byte order mark first, which JSON does not allow.
    text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? MISSING_FILE : `the file cannot be read: ${(error as Error).message}`;
    return { problems: [{ path: [], message }] };
  }
  const { mistakes, twice } = examine(text);
  return mistakes.length > 0 ? { problems: mistakes } : { value: JSON.parse(text), problems: twice };
}

function examine(text: string): { readonly mistakes: Problem[]; readonly twice: Problem[] } {
  const [mistakes, twice]: [Problem[], Problem[]] = [[], []];
  const open: Set<string>[] = [];
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Set()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty: (key, _offset, _length, line, column) => {
        if (open.at(-1)?.has(key)) twice.push(located(`Duplicate key ${JSON.stringify(key)}`, line, column));
        open.at(-1)?.add(key);
      },
      onError: (code, _offset, _length, line, column) => {
        // "PropertyNameExpected"
        const words = printParseErrorCode(code).replaceAll(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
        mistakes.push(located(words, line, column));
      },
    },
    { disallowComments: true },
  );
  // What comes after the first follows from it.
  return { mistakes: mistakes.slice(0, 1), twice };
}

function located(text: string, line: number, column: number): Problem {
  return { path: [], message: `line ${line + 1}, column ${column + 1}: ${text}` };
}

/** As Windows editors save "Unicode": with its mark, or with every other byte of the first two letters zero. */
function isUtf16([first, second]: Uint8Array): boolean {
  const isMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMark || (first !== undefined && second !== undefined && (first === 0) !== (second === 0));
}
