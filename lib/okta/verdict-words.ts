import type { Limit, Verdict } from './policy-verdict.ts';

/** What a verdict on a zone means, in a sentence that names policy and rule. Names are an administrator's: any text. */
export function sayVerdict(zoneId: string, verdict: Verdict): string {
  if (verdict.kind === 'protects') return `${zoneId} decides in ${named(verdict.policies)}`;
  if (verdict.kind === 'not referenced') return `no active sign-on policy refers to ${zoneId}: it protects nothing`;
  if (verdict.kind === 'turned away') return sayTurnedAway(zoneId, verdict);
  const where = `rule ${named([verdict.rule])} of policy ${named([verdict.policy])}`;
  if (verdict.kind === 'open')
    return `${zoneId} does not decide: ${where} lets ${WHOM[verdict.limit]} in from anywhere`;
  if (verdict.kind === 'without effect') {
    return `${zoneId} stands in ${where}, which never takes effect: it is switched off, or an earlier rule decides`;
  }
  return verdict.why === 'expression'
    ? `${zoneId}: not known, since the expression of ${where} names it, which is not understood here`
    : `${zoneId}: not known, since ${where} has a form that is not understood here`;
}

const WHOM: Readonly<Record<Limit, string>> = {
  none: 'everybody',
  people: 'the people it names',
  conditions: 'whoever meets its other conditions',
};

function sayTurnedAway(
  zoneId: string,
  { policy, rule }: { readonly policy: string; readonly rule?: string | undefined },
) {
  const by = rule === undefined ? 'no rule lets them in' : `rule ${named([rule])} turns them away`;
  return `${zoneId} lets nobody in by policy ${named([policy])}, which refers to it: ${by}`;
}

/** A rule has one zone of an ACL and lacks others. */
export function sayIncomplete(rule: {
  readonly policy: string;
  readonly rule: string;
  readonly missing: readonly string[];
}): string {
  const { policy, rule: name, missing } = rule;
  return `rule ${named([name])} of policy ${named([policy])} lacks ${missing.join(', ')}: whoever overflows into it is not let in`;
}

function named(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
