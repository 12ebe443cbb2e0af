import { writeFile } from 'node:fs/promises';
import { ALL_BUGS } from './bugs.ts';
import { noticeBug } from './notice-bug.ts';

/** `node test/simulation/note-bugs.ts`: finds a schedule for each known bug again, and writes `noticed.ts`. */
const bugs = ALL_BUGS.toSorted((a, b) => (a.name < b.name ? -1 : 1));
const lines: string[] = [];
for (const bug of bugs) {
  const seed = await noticeBug(bug);
  lines.push(`  ${/^\w+$/.test(bug.name) ? bug.name : `'${bug.name}'`}: ${seed},`);
  console.log(`${bug.name}: ${seed}`);
}
const text = `/**
 * Where the test of each known bug begins to look: a schedule that showed it, and often still does. Only the time that it
 * takes is at stake. Written by \`node test/simulation/note-bugs.ts\`, which looks from the first schedule on.
 */
export const NOTICED: Readonly<Record<string, number>> = {
${lines.join('\n')}
};
`;
await writeFile(new URL('noticed.ts', import.meta.url), text);
