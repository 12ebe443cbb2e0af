export interface ScenarioProblem {
  /** Where, as a person would write it: `steps[3].expect.zonee`. */
  readonly path: string;
  readonly message: string;
}

/** A scenario file cannot be played: it is not well-formed. The message lists every problem with its path. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly ScenarioProblem[];

  constructor(problems: readonly ScenarioProblem[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'));
    this.problems = problems;
  }
}
