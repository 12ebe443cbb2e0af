import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, readDocument, sectionsOf } from './documents.ts';

/** Lines; a record that is longer is not one that people read. */
const A_PAGE = 60;
const INDEX = 'docs/decisions/README.md';
const RECORDS = DOCUMENTS.filter((path) => path.startsWith('docs/decisions/') && path !== INDEX).toSorted();
const numberOf = (path: string) => Number(basename(path).slice(0, 4));

/** The line of the index that a record must have: its title, and by which later ones it is replaced. */
function lineOf(path: string): string {
  const [head = ''] = readDocument(path).split('## Context');
  const [, title = ''] = /^# (.+)$/m.exec(head) ?? [];
  const [, inPart = '', by] = /^Replaced( in part)? by ((?:[^[]*\[[^\]]+\]\([^)]+\))+?)[:.]/m.exec(head) ?? [];
  const later = [...(by ?? '').matchAll(/\((\d{4})-/g)].map(([, number]) => Number(number));
  expect(later.every((number) => number > numberOf(path))).toBe(true);
  const replaced = by === undefined ? '' : ` (replaced${inPart} by ${later.join(' and ')})`;
  return `- [${title}](${basename(path)})${replaced}`;
}

describe('the decision records', () => {
  it('are numbered without a gap', () => {
    const numbers = RECORDS.map((path) => basename(path).slice(0, 5));
    expect(numbers).toEqual(RECORDS.map((_, index) => `${String(index + 1).padStart(4, '0')}-`));
  });

  it('are all in the index, once, with what has replaced them', () => {
    const lines = readDocument(INDEX).split('\n');
    expect(lines.filter((line) => line.startsWith('- ')).toSorted()).toEqual(RECORDS.map(lineOf).toSorted());
  });

  it.each(RECORDS)('%s has its number in the title, and context, choice and consequences on a page', (path) => {
    const text = readDocument(path);
    expect(text).toMatch(new RegExp(`^# ${numberOf(path)}\\. `));
    expect([...sectionsOf(text, 2).keys()]).toEqual(['Context', 'Choice', 'Consequences']);
    expect(text.split('\n').length).toBeLessThanOrEqual(A_PAGE);
  });
});
