import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BAD_REQUESTS } from '../corpus/index.ts';
import { ALL_BUGS } from '../simulation/bugs.ts';
import { FAULTS } from '../simulation/faults.ts';
import { UNKIND_BUGS } from '../simulation/unkind-bugs.ts';
import { ROOT, readDocument, sectionsOf } from './documents.ts';

const text = readDocument('docs/reliability.md');
const promises = [...sectionsOf(text, 3)];
/** `- [file](../file): "name"`, where the name is that of a test or of a check. */
const PROOF = /^- \[([^\]]+)\]\(\.\.\/([^)]+)\): "(.+)"$/;
const proofsOf = (section: string) => section.split('\n').flatMap((line) => (line.startsWith('- [') ? [line] : []));

describe('docs/reliability.md', () => {
  it('numbers its promises, ten and more of them', () => {
    expect(promises.map(([title]) => Number.parseInt(title, 10))).toEqual(promises.map((_, index) => index + 1));
    expect(promises.length).toBeGreaterThanOrEqual(10);
  });

  it('gives the invariants of the simulation the numbers of its promises', () => {
    const source = readFileSync(join(ROOT, 'test/simulation/violation.ts'), 'utf8');
    const invariants = [...source.matchAll(/'(\d+) [a-z ]+'/g)];
    expect(invariants.length).toBeGreaterThanOrEqual(10);
    for (const [name, number] of invariants) {
      const section = promises[Number(number) - 1]?.[1] ?? '';
      // One that is told apart for its report alone is part of the invariant of the same number.
      expect(section, name).toContain(`"${number} `);
    }
  });

  it('names every known bug that is put in, and says how many there are', () => {
    const [, section = ''] = /\n## An unkind world\n(.*?)\n## /s.exec(text) ?? [];
    const names = ALL_BUGS.map(({ name }) => name);
    expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
    expect(section).toContain(`${names.length} known bugs`);
    expect(UNKIND_BUGS.length).toBeGreaterThanOrEqual(15);
  });

  it('counts in an unkind world what the simulation counts', () => {
    const [, section = ''] = /\n## An unkind world\n(.*?)\n## /s.exec(text) ?? [];
    const counted = [...section.matchAll(/\| ([^|]+?) \| [\d,]+ (?=\|)/g)].map(([, name]) => name);
    expect(counted.length).toBeGreaterThan(40);
    expect(counted.filter((name) => !FAULTS.some((fault) => fault === name))).toEqual([]);
  });

  it('says how many bad requests there are', () => {
    expect(text).toContain(`${BAD_REQUESTS.length} with a name`);
  });
});

describe.each(promises)('the promise %s', (_, section) => {
  it('names a test for it that exists', () => {
    const proofs = proofsOf(section);
    expect(proofs.length).toBeGreaterThan(0);
    for (const line of proofs) {
      const [, shown, path = '', name = ''] = PROOF.exec(line) ?? [];
      expect(shown, line).toBe(path);
      expect(readFileSync(join(ROOT, path), 'utf8').includes(name), line).toBe(true);
    }
  });
});
