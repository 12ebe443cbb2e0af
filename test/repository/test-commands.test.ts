import { describe, expect, it } from 'vitest';
import config from '../../vitest.config.ts';
import { GUARD } from '../commands/steps.ts';

describe('npm test', () => {
  it('runs every kind of test that there is, but for the tools in Python', () => {
    const projects = config.test?.projects ?? [];
    const names = projects.flatMap((project) =>
      typeof project === 'object' && 'test' in project ? [String(project.test?.name)] : [],
    );
    expect(names).toHaveLength(projects.length);
    const run = GUARD.flatMap(({ command }) => command).filter((word) => word.startsWith('--project='));
    const guarding = names.filter((name) => name !== 'python');
    expect(run.toSorted()).toEqual(guarding.map((name) => `--project=${name}`).toSorted());
  });
});
