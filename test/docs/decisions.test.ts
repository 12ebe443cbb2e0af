import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, readDocument, sectionsOf } from './documents.ts';

/** Lines; a record that is longer is not one that people read. */
const A_PAGE = 60;
const RECORDS = DOCUMENTS.filter((path) => path.startsWith('docs/decisions/')).toSorted();

describe('the decision records', () => {
  it('are numbered without a gap', () => {
    const numbers = RECORDS.map((path) => basename(path).slice(0, 5));
    expect(numbers).toEqual(RECORDS.map((_, index) => `${String(index + 1).padStart(4, '0')}-`));
  });

  it.each(RECORDS)('%s has its number in the title, and context, choice and consequences on a page', (path) => {
    const text = readDocument(path);
    expect(text).toMatch(new RegExp(`^# ${Number(basename(path).slice(0, 4))}\\. `));
    expect([...sectionsOf(text, 2).keys()]).toEqual(['Context', 'Choice', 'Consequences']);
    expect(text.split('\n').length).toBeLessThanOrEqual(A_PAGE);
  });
});
