import { readFileSync } from 'node:fs';
import { type Message, type TransformFailure, transformSync } from 'esbuild';
import type { Problem } from './problems.ts';

export interface JsonFile {
  /** Undefined where the file could not be read or is no JSON; `problems` says why. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
}

export const MISSING_FILE =
  'the file is not there; copy config.example.json to config.json and fill it in, or name yours with -c config=FILE';

/**
 * Reads a JSON file that a person wrote. esbuild's reader says what is wrong and where in words that
 * help, and finds keys that stand twice in one object, of which `JSON.parse` silently drops the first.
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
  try {
    const { warnings } = transformSync(text, { loader: 'json', logLevel: 'silent' });
    const twice = warnings.filter(({ id }) => id === 'duplicate-object-key');
    return { value: JSON.parse(text), problems: twice.map(located) };
  } catch (error) {
    const errors = (error as Partial<TransformFailure>).errors;
    return { problems: errors?.map(located) ?? [{ path: [], message: (error as Error).message }] };
  }
}

function located({ text, location }: Message): Problem {
  const where = location ? `line ${location.line}, column ${location.column + 1}: ` : '';
  return { path: [], message: `${where}${text}` };
}

/** As Windows editors save "Unicode": with its mark, or with every other byte of the first two letters zero. */
function isUtf16([first, second]: Uint8Array): boolean {
  const isMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMark || (first !== undefined && second !== undefined && (first === 0) !== (second === 0));
}
