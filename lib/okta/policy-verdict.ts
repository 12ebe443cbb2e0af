/** A rule of a sign-on policy, as far as it says who gets in from where. */
export interface PolicyRule {
  readonly name: string;
  readonly isActive: boolean;
  /** The smallest number is judged first; the first rule that matches decides. */
  readonly priority: number;
  readonly access: 'ALLOW' | 'DENY' | 'unknown';
  /** Ids of zones; both empty where the rule holds anywhere. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** It holds for certain users or groups alone. Who that is, is not looked up. */
  readonly isOfSomePeople: boolean;
  /** Its expression, where it has one. */
  readonly expression: string;
}

export interface Policy {
  readonly name: string;
  readonly isActive: boolean;
  readonly rules: readonly PolicyRule[];
}

/** Whether a zone decides anything, over all sign-on policies of an org. */
export type Verdict =
  /** Whoever is outside of it does not get in by the policies that refer to it. */
  | { readonly kind: 'protects'; readonly policies: readonly string[] }
  /** A rule lets people in from anywhere, before or after the one that refers to the zone. */
  | { readonly kind: 'open'; readonly policy: string; readonly rule: string; readonly isOfSomePeople: boolean }
  /** Only something that never takes effect refers to it. */
  | { readonly kind: 'without effect'; readonly policy: string; readonly rule: string }
  | { readonly kind: 'not referenced' }
  /** An expression names it, which only a person can judge. */
  | { readonly kind: 'expression'; readonly policy: string; readonly rule: string };

/** The gravest first: one policy that is open opens what it is for, whatever others protect. */
const GRAVITY: readonly Verdict['kind'][] = ['open', 'protects', 'without effect', 'expression', 'not referenced'];

/**
 * Says of a zone whether it protects anything: pure. A policy counts once it refers to the zone; what other policies allow
 * is not this system's business.
 */
export function verdictOn(zone: { readonly id: string; readonly name: string }, policies: readonly Policy[]): Verdict {
  const verdicts = policies.map((policy) => verdictOfOne(zone, policy));
  const kind = GRAVITY.find((one) => verdicts.some((verdict) => verdict.kind === one));
  if (kind === 'protects') {
    return { kind, policies: verdicts.flatMap((verdict) => (verdict.kind === kind ? verdict.policies : [])) };
  }
  return verdicts.find((verdict) => verdict.kind === kind) ?? { kind: 'not referenced' };
}

/** Rules that have one zone of an ACL and lack another: whoever overflows into that one is not let in. */
export function incompleteRules(
  zoneIds: readonly string[],
  policies: readonly Policy[],
): readonly { readonly policy: string; readonly rule: string; readonly missing: readonly string[] }[] {
  return policies
    .filter(({ isActive }) => isActive)
    .flatMap((policy) =>
      policy.rules
        .filter(({ isActive }) => isActive)
        .flatMap((rule) => {
          const list = [rule.include, rule.exclude].find((ids) => zoneIds.some((id) => ids.includes(id)));
          const missing = list === undefined ? [] : zoneIds.filter((id) => !list.includes(id));
          return missing.length === 0 ? [] : [{ policy: policy.name, rule: rule.name, missing }];
        }),
    );
}

function verdictOfOne({ id, name }: { readonly id: string; readonly name: string }, policy: Policy): Verdict {
  const refers = ({ include, exclude }: PolicyRule) => include.includes(id) || exclude.includes(id);
  const inForce = policy.rules.filter(({ isActive }) => isActive).sort((a, b) => a.priority - b.priority);
  const [first] = policy.rules.filter(refers);
  if (!first) {
    const named = policy.rules.find(({ expression }) => expression.includes(id) || holdsName(expression, name));
    if (!named) return { kind: 'not referenced' };
    return { kind: 'expression', policy: policy.name, rule: named.name };
  }
  const idle = { kind: 'without effect', policy: policy.name, rule: first.name } as const;
  if (!policy.isActive || !inForce.some(refers)) return idle;
  const reached = reachable(inForce, id);
  const open = reached.find((rule) => rule.access !== 'DENY' && rule.include.length === 0);
  if (open) return { kind: 'open', policy: policy.name, rule: open.name, isOfSomePeople: open.isOfSomePeople };
  return reached.some(refers) ? { kind: 'protects', policies: [policy.name] } : idle;
}

/**
 * The rules that somebody outside of the zone, or inside, can get to: up to the first that decides for everybody. One that
 * turns away all who are not in the zone decides for everybody outside, so what comes after it opens nothing.
 */
function reachable(rules: readonly PolicyRule[], zoneId: string): readonly PolicyRule[] {
  const last = rules.findIndex(({ include, exclude, access, isOfSomePeople }) => {
    if (isOfSomePeople || include.length > 0) return false;
    const isForAll = exclude.length === 0;
    const isForAllOutside = access === 'DENY' && exclude.includes(zoneId);
    return isForAll || isForAllOutside;
  });
  return last === -1 ? rules : rules.slice(0, last + 1);
}

/** Names that are short stand in many a text by chance. */
function holdsName(expression: string, name: string): boolean {
  return name.length > 3 && expression.includes(name);
}
