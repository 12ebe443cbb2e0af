import type * as v from 'valibot';
import { formatPath, type Path } from '../../config/problems.ts';
import type { ScenarioProblem } from './scenario-error.ts';

/** What a schema found wrong, each with its path. @param prefix where the examined value stands in the file */
export function problemsOf(issues: readonly v.BaseIssue<unknown>[], prefix: Path = []): ScenarioProblem[] {
  return issues.map((issue) => {
    const keys = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    return { path: formatPath([...prefix, ...keys]), message: messageOf(issue) };
  });
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'unknown key';
  if (issue.received === 'undefined') return 'missing';
  return issue.kind === 'schema' ? `${issue.message}, not ${issue.received}` : issue.message;
}
