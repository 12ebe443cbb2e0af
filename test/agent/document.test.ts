import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readDocument, sectionsOf, tableRows } from '../docs/documents.ts';
import { SCRIPT } from './script.ts';

const script = readFileSync(SCRIPT, 'utf8');
const usage = /^usage\(\) \{\n.*?^\}/ms.exec(script)?.[0] ?? '';
const sections = sectionsOf(readDocument('docs/knocknoc.md'), 2);
const firstCells = (section: string) => tableRows(sections.get(section) ?? '').map(([cell = '']) => cell);

it('docs/knocknoc.md lists the exit statuses of the script', () => {
  const listed = firstCells('When it fails').slice(1);
  const [, line = ''] = /^readonly (EXIT_USAGE.*)$/m.exec(script) ?? [];
  const known = [...line.matchAll(/=(\d)/g)].map(([, digit]) => digit);
  expect(listed).toEqual(['0', ...known]);
  expect(
    [...(/^Exit status: (.*)/ms.exec(usage)?.[1]?.matchAll(/(?:^|; ?\n?)(\d) /g) ?? [])].map(([, d]) => d),
  ).toEqual(listed);
});

it('docs/knocknoc.md lists the environment variables of the script', () => {
  const listed = firstCells('Settings of the script')
    .slice(1)
    .map((cell) => cell.replaceAll('`', ''));
  expect([...usage.matchAll(/^ {2}(KNOCKNOC_\w+)/gm)].map(([, name]) => name)).toEqual(listed);
});
