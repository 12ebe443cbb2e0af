import * as v from 'valibot';
import { failureDetail } from '../failure-detail.ts';
import type { Limit, Policy, PolicyRule } from './policy-verdict.ts';

/** The policies that decide who may sign in. Those of passwords, enrolment and routing do not. */
export const SIGN_ON_TYPES = ['ACCESS_POLICY', 'OKTA_SIGN_ON'] as const;

/** Conditions are nested less deeply. */
const DEEPEST = 8;

/** It goes into a finding and a log line, and is as long as whoever answers likes. */
const name = v.fallback(v.pipe(v.string(), v.transform(failureDetail)), 'without a name');
const conditionsSchema = v.optional(v.nullable(v.record(v.string(), v.unknown())));
export const ruleSchema = v.object({
  name,
  status: v.fallback(v.string(), 'ACTIVE'),
  priority: v.fallback(v.number(), Number.MAX_SAFE_INTEGER),
  conditions: conditionsSchema,
  actions: v.optional(
    v.nullable(
      v.object({
        appSignOn: v.optional(v.nullable(v.object({ access: v.optional(v.string()) }))),
        signon: v.optional(v.nullable(v.object({ access: v.optional(v.string()) }))),
      }),
    ),
  ),
});
export const policySchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{1,64}$/)),
  name,
  status: v.fallback(v.string(), 'ACTIVE'),
  priority: v.fallback(v.number(), Number.MAX_SAFE_INTEGER),
  system: v.fallback(v.boolean(), false),
  conditions: conditionsSchema,
});
const networkSchema = v.object({
  connection: v.string(),
  include: v.optional(v.unknown()),
  exclude: v.optional(v.unknown()),
});

/** @param type as it was asked for */
export function policyOf(
  type: (typeof SIGN_ON_TYPES)[number],
  { name, status, priority, system, conditions }: Omit<v.InferOutput<typeof policySchema>, 'id'>,
  rules: readonly PolicyRule[],
): Policy {
  return {
    ...{ name, priority, rules, isActive: status === 'ACTIVE', fallsThrough: type === 'OKTA_SIGN_ON' },
    isForSome: !system && !isNeutral(conditions),
  };
}

export function ruleOf({ name, status, priority, conditions, actions }: v.InferOutput<typeof ruleSchema>): PolicyRule {
  const { network, ...others } = conditions ?? {};
  const access = actions?.appSignOn?.access ?? actions?.signon?.access;
  return {
    ...{ name, isActive: status === 'ACTIVE', priority, network: networkOf(network), limit: limitOf(others) },
    access: access === 'ALLOW' || access === 'DENY' ? access : 'unknown',
    expression: expressionOf(others.elCondition),
  };
}

/** `ZONE` comes with one of the two lists (Okta's specification); whatever else stands in one, it is no zone. */
function networkOf(network: unknown): PolicyRule['network'] {
  if (network === undefined || network === null) return { include: [], exclude: [] };
  const parsed = v.safeParse(networkSchema, network);
  if (!parsed.success) return 'unknown';
  const { connection, include, exclude } = parsed.output;
  if (connection === 'ANYWHERE') return { include: [], exclude: [] };
  const lists = [include ?? [], exclude ?? []];
  if (connection !== 'ZONE' || !lists.every(Array.isArray)) return 'unknown';
  const [included = [], excluded = []] = lists.map((list) => list.filter((one: unknown) => typeof one === 'string'));
  return included.length + excluded.length === 0 ? 'unknown' : { include: included, exclude: excluded };
}

function limitOf({ people, ...others }: Readonly<Record<string, unknown>>): Limit {
  if (!isNeutral(people)) return 'people';
  return isNeutral(others) ? 'none' : 'conditions';
}

/** Whether conditions fit everybody, as Okta writes it: nothing, empty lists, `ANY`. */
function isNeutral(condition: unknown, depth = 0): boolean {
  if (condition === undefined || condition === null || condition === '' || condition === 'ANY') return true;
  if (typeof condition !== 'object' || depth > DEEPEST) return false;
  return Object.values(condition).every((one) => isNeutral(one, depth + 1));
}

function expressionOf(elCondition: unknown): string {
  const parsed = v.safeParse(v.object({ condition: v.string() }), elCondition);
  return parsed.success ? parsed.output.condition : '';
}
