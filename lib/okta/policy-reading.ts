import * as v from 'valibot';
import type { ErrorCode } from '../error-codes.ts';
import { failureDetail } from '../failure-detail.ts';
import type { HttpClient, HttpResponse } from '../ports.ts';
import type { Authorization } from './authorization.ts';
import { exchange, untold } from './exchange.ts';
import { failureOf, parseJson } from './judge-answer.ts';
import { OktaFailure } from './okta-failure.ts';
import { isAmple } from './pacing.ts';
import type { Policy, PolicyRule } from './policy-verdict.ts';
import { quotaOf } from './rate-limit.ts';

/** The policies that decide who may sign in. Those of passwords, enrolment and routing do not. */
export const SIGN_ON_TYPES = ['ACCESS_POLICY', 'OKTA_SIGN_ON'] as const;

/** All sign-on policies with their rules; or why they are not known. Never a part of them. */
export type PolicyReading =
  | { readonly isWhole: true; readonly policies: readonly Policy[] }
  | {
      readonly isWhole: false;
      readonly why: string;
      readonly code: ErrorCode;
      /** It ends by itself, and says nothing of the org. */
      readonly passes: boolean;
    };

/** Why they are not known. That Okta answers 4xx to the question passes no more than a right that is missing. */
export function notKnown({ code, message, fields }: OktaFailure): PolicyReading {
  const status = Number(fields.oktaStatus ?? 0);
  const isRefusal = status >= 400 && status < 500;
  const passes = code === 'OKTA005' || (code === 'ZONE003' && !isRefusal);
  return { isWhole: false, why: message, code, passes };
}

/** More than an org has; whoever answers with pages without end is not asked on. */
const MOST_PAGES = 200;
const MOST_BYTES = 4 * 1024 * 1024;

/** Whatever else stands in such a list one day, it is no zone. */
const ids = v.fallback(
  v.pipe(
    v.array(v.unknown()),
    v.transform((all) => all.filter((one) => typeof one === 'string')),
  ),
  [],
);
/** It goes into a finding and a log line, and is as long as whoever answers likes. */
const name = v.fallback(v.pipe(v.string(), v.transform(failureDetail)), 'without a name');
const network = v.optional(v.nullable(v.object({ connection: v.optional(v.string()), include: ids, exclude: ids })));
const someone = v.optional(v.nullable(v.object({ include: ids })));
const ruleSchema = v.object({
  name,
  status: v.fallback(v.string(), 'ACTIVE'),
  priority: v.fallback(v.number(), Number.MAX_SAFE_INTEGER),
  conditions: v.optional(
    v.nullable(
      v.object({
        network,
        people: v.optional(v.nullable(v.object({ users: someone, groups: someone }))),
        elCondition: v.optional(v.nullable(v.object({ condition: v.optional(v.nullable(v.string())) }))),
      }),
    ),
  ),
  actions: v.optional(
    v.nullable(
      v.object({
        appSignOn: v.optional(v.nullable(v.object({ access: v.optional(v.string()) }))),
        signon: v.optional(v.nullable(v.object({ access: v.optional(v.string()) }))),
      }),
    ),
  ),
});
const policySchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{1,64}$/)),
  name,
  status: v.fallback(v.string(), 'ACTIVE'),
});

/** Reads the sign-on policies of an org, one call after the other, and no further once half of the quota is used up. */
export class PolicyReader {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  #pages = 0;

  /** @param baseUrl the org's, without a slash at its end @param now milliseconds since the epoch */
  constructor(http: HttpClient, baseUrl: string, now: () => number) {
    this.#http = http;
    this.#baseUrl = baseUrl;
    this.#now = now;
  }

  async read(by: Authorization): Promise<PolicyReading> {
    try {
      const policies: Policy[] = [];
      for (const type of SIGN_ON_TYPES) {
        const found = await this.#list(`/api/v1/policies?type=${type}`, policySchema, by);
        for (const { id, name, status } of found) {
          const rules = await this.#list(`/api/v1/policies/${id}/rules`, ruleSchema, by);
          policies.push({ name, isActive: status === 'ACTIVE', rules: rules.map(ruleOf) });
        }
      }
      return { isWhole: true, policies };
    } catch (error) {
      if (error instanceof OktaFailure) return notKnown(error);
      throw error;
    }
  }

  /** All pages of a list. @throws {OktaFailure} */
  async #list<Schema extends v.GenericSchema>(
    first: string,
    schema: Schema,
    by: Authorization,
  ): Promise<v.InferOutput<Schema>[]> {
    const all: v.InferOutput<Schema>[] = [];
    for (let path: string | undefined = first; path !== undefined; ) {
      this.#pages += 1;
      if (this.#pages > MOST_PAGES)
        throw new OktaFailure('ZONE003', `there are more than ${MOST_PAGES} pages of policies`);
      const response = await this.#get(path, by);
      const parsed = v.safeParse(v.array(schema), parseJson(response.body));
      if (!parsed.success)
        throw new OktaFailure('ZONE003', 'Okta answered 200 with something that is no list of policies');
      all.push(...parsed.output);
      path = nextPath(response.headers.link);
    }
    return all;
  }

  async #get(path: string, by: Authorization): Promise<HttpResponse> {
    const url = `${this.#baseUrl}${path}`;
    const [bare = url] = url.split('?');
    const proof = by.headers('GET', bare);
    const response = await untold(Object.values(proof), async () => {
      const answer = await exchange(
        this.#http,
        { method: 'GET', url, headers: proof, mostBytes: MOST_BYTES },
        'a question for policies',
      );
      by.saw(answer.headers);
      if (answer.status !== 200) throw failureOf('GET', answer, this.#now());
      return answer;
    });
    const quota = quotaOf(response, this.#now());
    if (quota && !isAmple(quota)) {
      const left = `${quota.remaining} of ${quota.limit} calls are left this minute`;
      throw new OktaFailure('OKTA005', `not all were read, to spare Okta's quota: ${left}`);
    }
    return response;
  }
}

/** The path of the next page. The host does not count: credentials go to the org alone. */
function nextPath(link = ''): string | undefined {
  const [, url = ''] = /<([^>]*)>\s*;\s*rel="next"/.exec(link) ?? [];
  if (!URL.canParse(url)) return undefined;
  const { pathname, search } = new URL(url);
  return pathname.startsWith('/api/v1/policies') ? `${pathname}${search}` : undefined;
}

function ruleOf({ name, status, priority, conditions, actions }: v.InferOutput<typeof ruleSchema>): PolicyRule {
  const { network: where, people, elCondition } = conditions ?? {};
  const isByZone = where?.connection === 'ZONE';
  const access = actions?.appSignOn?.access ?? actions?.signon?.access;
  return {
    ...{ name, isActive: status === 'ACTIVE', priority },
    access: access === 'ALLOW' || access === 'DENY' ? access : 'unknown',
    include: isByZone ? where.include : [],
    exclude: isByZone ? where.exclude : [],
    isOfSomePeople: [people?.users, people?.groups].some((some) => (some?.include.length ?? 0) > 0),
    expression: elCondition?.condition ?? '',
  };
}
