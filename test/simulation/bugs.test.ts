import { describe, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { noticeBug } from './notice-bug.ts';
import { NOTICED } from './noticed.ts';
import { UNKIND_BUGS } from './unkind-bugs.ts';

describe('a bug is noticed', () => {
  it.each([...BUGS, ...UNKIND_BUGS])('$name: $what', { timeout: 240_000 }, (bug) =>
    noticeBug(bug, NOTICED[bug.name]).then(() => undefined),
  );
});
