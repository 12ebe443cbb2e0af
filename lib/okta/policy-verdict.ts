/** Whom a rule is for: certain users or groups, or whoever meets its other conditions, of device, risk and the like. */
export type Limit = 'none' | 'people' | 'conditions';

/** A rule of a sign-on policy, as far as it says who gets in from where. */
export interface PolicyRule {
  readonly name: string;
  readonly isActive: boolean;
  /** The smallest number is judged first; the first rule that matches decides. */
  readonly priority: number;
  readonly access: 'ALLOW' | 'DENY' | 'unknown';
  /** From where it holds; ids of zones. Both empty: from anywhere. `unknown` where the form is none that is known. */
  readonly network: { readonly include: readonly string[]; readonly exclude: readonly string[] } | 'unknown';
  readonly limit: Limit;
  /** Its expression, where it has one. */
  readonly expression: string;
}

export interface Policy {
  readonly name: string;
  readonly isActive: boolean;
  /**
   * Whom none of its rules fits comes to the next policy of the same type. So it is with global session policies; an app has
   * one policy.
   */
  readonly fallsThrough: boolean;
  /** The smallest number is judged first. */
  readonly priority: number;
  /** It is for certain people alone. The default policy is for everybody. */
  readonly isForSome: boolean;
  readonly rules: readonly PolicyRule[];
}

/** Whether a zone decides anything, over all sign-on policies of an org. */
export type Verdict =
  /** Whoever is in it gets in by the policies that refer to it, and whoever is outside does not. */
  | { readonly kind: 'protects'; readonly policies: readonly string[] }
  /** A rule lets people in from anywhere, before or after the one that refers to the zone. */
  | { readonly kind: 'open'; readonly policy: string; readonly rule: string; readonly limit: Limit }
  /** Whoever is in it does not get in by a policy that refers to it: by this rule, where there is one. */
  | { readonly kind: 'turned away'; readonly policy: string; readonly rule: string | undefined }
  /** Only something that never takes effect refers to it. */
  | { readonly kind: 'without effect'; readonly policy: string; readonly rule: string }
  | { readonly kind: 'not referenced' }
  /** An expression names it, or a rule has a form that nobody here knows: only a person can judge that. */
  | { readonly kind: 'not known'; readonly policy: string; readonly rule: string; readonly why: 'expression' | 'form' };

/** The gravest first: one policy that is open opens what it is for, whatever others protect. */
const GRAVITY: readonly Verdict['kind'][] = [
  ...(['open', 'turned away', 'protects', 'without effect', 'not known', 'not referenced'] as const),
];

/** A rule, and the policy that it is of. */
interface Reached extends PolicyRule {
  readonly policy: string;
}

/**
 * Says of a zone whether it protects anything: pure. A policy counts once it refers to the zone; what other policies allow
 * is not this system's business, but where people come to them from one that does.
 */
export function verdictOn(zone: { readonly id: string; readonly name: string }, policies: readonly Policy[]): Verdict {
  const verdicts = policies.map((policy) => verdictOfOne(zone, policy, policies));
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
          const { include, exclude } = zonesOf(rule);
          const list = [include, exclude].find((ids) => zoneIds.some((id) => ids.includes(id)));
          const missing = list === undefined ? [] : zoneIds.filter((id) => !list.includes(id));
          return missing.length === 0 ? [] : [{ policy: policy.name, rule: rule.name, missing }];
        }),
    );
}

function verdictOfOne(
  zone: { readonly id: string; readonly name: string },
  policy: Policy,
  all: readonly Policy[],
): Verdict {
  const { id } = zone;
  const refers = (rule: PolicyRule) => Object.values(zonesOf(rule)).some((ids) => ids.includes(id));
  const first = policy.rules.find(refers);
  if (!first) return notReferenced(zone, policy);
  const idle = { kind: 'without effect', policy: policy.name, rule: first.name } as const;
  if (!policy.isActive || !policy.rules.some((rule) => rule.isActive && refers(rule))) return idle;
  const rules = rulesInForce(policy, all);
  const inside = reached(rules, ({ include, exclude }) => isIn(include, id) && !exclude.includes(id));
  // Who is in another zone that a rule lets in is that zone's business.
  const outside = reached(rules, ({ include }) => include.length === 0);
  const open = outside.find(letsIn);
  const isOpen = open && ({ kind: 'open', policy: open.policy, rule: open.name, limit: open.limit } as const);
  const referring = [...inside, ...outside].filter(refers);
  if (referring.length === 0) return isOpen ?? idle;
  if (!referring.some((rule) => helps(rule, id)) || !inside.some(letsIn)) {
    // Whether it turns some away or not: everybody else gets in, from inside as from outside.
    if (isOpen?.limit === 'none' && inside.some((rule) => rule === open)) return isOpen;
    const doubt = inside.find(mayLetIn);
    if (doubt) return notKnown(doubt, 'form');
    const last = inside.findLast(({ access }) => access === 'DENY');
    return { kind: 'turned away', policy: policy.name, rule: last?.name };
  }
  if (isOpen) return isOpen;
  const doubt = outside.find(mayLetIn);
  return doubt ? notKnown(doubt, 'form') : { kind: 'protects', policies: [policy.name] };
}

/** Whether it is for those in the zone: it lets them in, or turns away all others. */
function helps(rule: PolicyRule, id: string): boolean {
  const { include, exclude } = zonesOf(rule);
  return rule.access === 'ALLOW' ? include.includes(id) : rule.access === 'DENY' && exclude.includes(id);
}

function letsIn({ access, network }: PolicyRule): boolean {
  return access === 'ALLOW' && network !== 'unknown';
}

/** In which form nobody here knows. */
function mayLetIn({ access, network }: PolicyRule): boolean {
  return access === 'unknown' || (access === 'ALLOW' && network === 'unknown');
}

function isIn(include: readonly string[], id: string): boolean {
  return include.length === 0 || include.includes(id);
}

function notKnown({ policy, name }: Reached, why: 'expression' | 'form'): Verdict {
  return { kind: 'not known', policy, rule: name, why };
}

/** No rule lists the zone. It may still be named where nothing here understands it. */
function notReferenced({ id, name }: { readonly id: string; readonly name: string }, policy: Policy): Verdict {
  const rules = policy.rules.map((rule) => ({ ...rule, policy: policy.name }));
  const named = rules.find(({ expression }) => expression.includes(id) || holdsName(expression, name));
  if (named) return notKnown(named, 'expression');
  const odd = policy.isActive ? rules.find(({ isActive, network }) => isActive && network === 'unknown') : undefined;
  return odd ? notKnown(odd, 'form') : { kind: 'not referenced' };
}

/** What decides of those whom a policy is for, in order: its own rules, and those of the policies that they come to then. */
function rulesInForce(policy: Policy, all: readonly Policy[]): readonly Reached[] {
  const next = policy.fallsThrough ? all.filter((other) => isAfter(other, policy)) : [];
  return [policy, ...next.toSorted((a, b) => a.priority - b.priority)].flatMap((each) =>
    each.rules
      .filter(({ isActive }) => isActive)
      .toSorted((a, b) => a.priority - b.priority)
      .map((rule) => ({
        ...rule,
        policy: each.name,
        // Whether those whom the first policy is for are among the others' people is not known.
        limit: rule.limit === 'none' && each !== policy && each.isForSome ? ('people' as const) : rule.limit,
      })),
  );
}

function isAfter(other: Policy, policy: Policy): boolean {
  return other !== policy && other.isActive && other.fallsThrough && other.priority >= policy.priority;
}

/** The rules that somebody at a place can get to: those that fit it, up to the first that decides for everybody there. */
function reached(
  rules: readonly Reached[],
  fits: (zones: { readonly include: readonly string[]; readonly exclude: readonly string[] }) => boolean,
): readonly Reached[] {
  const fitting = rules.filter((rule) => rule.network === 'unknown' || fits(rule.network));
  const last = fitting.findIndex(({ limit, network }) => limit === 'none' && network !== 'unknown');
  return last === -1 ? fitting : fitting.slice(0, last + 1);
}

function zonesOf({ network }: PolicyRule) {
  return network === 'unknown' ? { include: [], exclude: [] } : network;
}

/** Names that are short stand in many a text by chance. */
function holdsName(expression: string, name: string): boolean {
  return name.length > 3 && expression.includes(name);
}
