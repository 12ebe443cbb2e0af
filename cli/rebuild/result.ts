import type { ErrorCode } from '../../lib/error-codes.ts';
import { firstStep, sectionOf, titleOf } from '../advice.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { harmless, type Paint } from '../terminal.ts';

export interface ZoneChange {
  readonly zoneId: string;
  readonly gateways: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What became of one ACL: of a rebuild, or of its rehearsal. */
export interface AclResult {
  readonly acl: string;
  /** `right`: Okta has what it must have. `differs`: a rehearsal found that it has not. `unknown`: no result in time. */
  readonly outcome: 'right' | 'differs' | 'full' | 'failed' | 'unknown' | 'untouched';
  readonly zones: readonly ZoneChange[];
  readonly code?: ErrorCode;
  readonly detail?: string;
}

export const EXIT_OF: Readonly<Record<AclResult['outcome'], ExitCode>> = {
  right: EXIT.fine,
  untouched: EXIT.fine,
  differs: EXIT.warning,
  full: EXIT.warning,
  failed: EXIT.failure,
  unknown: EXIT.failure,
};

/** One ACL for a person to read. */
export function resultText(result: AclResult, dryRun: boolean, paint: Paint): string {
  const { acl, outcome, zones, code, detail = '' } = result;
  const name = paint('bold', acl);
  if (outcome === 'unknown') return `${paint('red', '✘')} ${name}: ${detail}\n  → npm run zone -- doctor`;
  // What a rebuild has done before it failed shows in `status`.
  const lines = outcome === 'failed' && !dryRun ? [] : zones.map((zone) => zoneText(zone, outcome, dryRun));
  if (code) {
    const sign = outcome === 'failed' ? paint('red', '✘') : paint('yellow', '!');
    const first = `${sign} ${name}: ${titleOf(code)}: ${harmless(detail)}`;
    return [first, ...lines, `  → ${firstStep(code)} (${sectionOf(code)})`].join('\n');
  }
  const words = {
    right: dryRun ? 'nothing would be written' : 'the zone is right',
    differs: 'a rebuild would write',
    untouched: 'no event yet: its zones are only read',
  };
  const sign = outcome === 'differs' ? paint('yellow', '!') : paint('green', '✔');
  return [`${sign} ${name}: ${words[outcome as keyof typeof words]}`, ...lines].join('\n');
}

function zoneText({ zoneId, gateways, added, removed }: ZoneChange, outcome: string, dryRun: boolean): string {
  const changes = [...added.map((entry) => `    + ${entry}`), ...removed.map((entry) => `    - ${entry}`)];
  const now =
    outcome === 'untouched' && !dryRun
      ? ''
      : `  ${gateways} ${gateways === 1 ? 'gateway' : 'gateways'}${dryRun ? ' now' : ''}`;
  return [`  zone ${zoneId}${now}`, ...changes].join('\n');
}
