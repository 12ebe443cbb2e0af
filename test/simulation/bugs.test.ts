import { describe, it } from 'vitest';
import { ALL_BUGS } from './bugs.ts';
import { noticeBug } from './notice-bug.ts';
import { NOTICED } from './noticed.ts';

describe('a bug is noticed', () => {
  it.each(ALL_BUGS)('$name: $what', { timeout: 240_000 }, (bug) =>
    noticeBug(bug, NOTICED[bug.name]).then(() => undefined),
  );
});
