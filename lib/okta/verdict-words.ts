import type { Verdict } from './policy-verdict.ts';

/** What a verdict on a zone means, in a sentence that names policy and rule. Names are an administrator's: any text. */
export function sayVerdict(zoneId: string, verdict: Verdict): string {
  if (verdict.kind === 'protects') return `${zoneId} decides in ${named(verdict.policies)}`;
  if (verdict.kind === 'not referenced') return `no active sign-on policy refers to ${zoneId}: it protects nothing`;
  const where = `rule ${named([verdict.rule])} of policy ${named([verdict.policy])}`;
  if (verdict.kind === 'open') {
    const whom = verdict.isOfSomePeople ? 'the people it names' : 'everybody';
    return `${zoneId} does not decide: ${where} lets ${whom} in from anywhere`;
  }
  if (verdict.kind === 'without effect') {
    return `${zoneId} stands in ${where}, which never takes effect: it is switched off, or an earlier rule decides`;
  }
  return `${zoneId} is named in the expression of ${where}, which is not understood here`;
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
