import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Every document of the repository, by its path from the root. */
export const DOCUMENTS: readonly string[] = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What stands under each heading of a level, up to the next heading of that level or above. */
export function sectionsOf(markdown: string, level: number): Map<string, string> {
  const sections = new Map<string, string>();
  let title: string | undefined;
  for (const { line, isCode } of linesOf(markdown)) {
    const [, marks = '', text = ''] = (isCode ? undefined : /^(#+) (.+)$/.exec(line)) ?? [];
    if (marks !== '' && marks.length <= level) {
      title = marks.length === level ? text : undefined;
      if (title !== undefined && sections.has(title)) throw new Error(`two sections are called ${title}`);
    }
    if (title !== undefined) sections.set(title, `${sections.get(title) ?? ''}${line}\n`);
  }
  return sections;
}

/** The code blocks in one language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, marked]) => marked === language)
    .map(([, , code = '']) => code.trimEnd());
}

/** Cells of every row of every table, without the backticks around them. */
export function tableRows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('|-'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

export interface Link {
  /** From the root of the repository; a document linking within itself names itself. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Links to this repository's own files. */
export function ownLinks(document: string): Link[] {
  const prose = linesOf(readDocument(document))
    .filter(({ isCode }) => !isCode)
    .map(({ line }) => line)
    .join('\n');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    return [{ path: path === '' ? document : join(dirname(document), path), anchor }];
  });
}

/** The anchors that headings get on the usual hosts of repositories. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = linesOf(markdown).flatMap(({ line, isCode }) => (isCode ? [] : (/^#+ (.+)$/.exec(line)?.[1] ?? [])));
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Everything that stands in backticks outside of code blocks. */
export function inlineCode(markdown: string): string[] {
  const prose = linesOf(markdown)
    .filter(({ isCode }) => !isCode)
    .map(({ line }) => line)
    .join('\n');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

function linesOf(markdown: string): { readonly line: string; readonly isCode: boolean }[] {
  let isCode = false;
  return markdown.split('\n').map((line) => {
    const fence = line.trimStart().startsWith('```');
    if (fence) isCode = !isCode;
    return { line, isCode: isCode || fence };
  });
}
