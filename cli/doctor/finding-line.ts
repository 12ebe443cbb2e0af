import { sectionOf } from '../advice.ts';
import { EXIT, type ExitCode, worst } from '../exit-codes.ts';
import type { Paint } from '../terminal.ts';
import type { Finding } from './finding.ts';

const EXIT_OF: Readonly<Record<Finding['level'], ExitCode>> = {
  ok: EXIT.fine,
  skipped: EXIT.fine,
  warning: EXIT.warning,
  failure: EXIT.failure,
};

/** What a program is told of several findings: the worst. */
export function exitOf(findings: readonly Finding[]): ExitCode {
  return worst(findings.map(({ level }) => EXIT_OF[level]));
}

const SIGNS = { ok: '✔', warning: '!', failure: '✘', skipped: '·' } as const;
const STYLES = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'dim' } as const;
const LINK_WIDTH = 16;

/** A finding for a person to read, with what to do about it. */
export function findingLine({ link, level, code, detail, mend }: Finding, paint: Paint): string {
  const said = code ? `${paint(STYLES[level], code)} ${detail}` : detail;
  const first = `${paint(STYLES[level], SIGNS[level])} ${link.padEnd(LINK_WIDTH)}  ${said}`;
  if (mend === undefined) return first;
  const more = code ? ` (${sectionOf(code)})` : '';
  return `${first}\n  ${' '.repeat(LINK_WIDTH)}  → ${mend}${more}`;
}
