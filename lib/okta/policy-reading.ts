import * as v from 'valibot';
import type { ErrorCode } from '../error-codes.ts';
import type { HttpClient, HttpResponse } from '../ports.ts';
import type { Authorization } from './authorization.ts';
import { exchange, untold } from './exchange.ts';
import { failureOf, parseJson } from './judge-answer.ts';
import { OktaFailure } from './okta-failure.ts';
import { isAmple } from './pacing.ts';
import { policyOf, policySchema, ruleOf, ruleSchema, SIGN_ON_TYPES } from './policy-shape.ts';
import type { Policy } from './policy-verdict.ts';
import { quotaOf } from './rate-limit.ts';

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
  const passes = code === 'OKTA005' || status === RECONCILING || (code === 'ZONE003' && !isRefusal);
  return { isWhole: false, why: message, code, passes };
}

/** Okta is putting the order of policies right: "Please try again later." */
const RECONCILING = 423;
/** More than an org has; whoever answers with pages without end is not asked on. */
const MOST_PAGES = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of policies and rules together. Okta takes a hundred rules in a policy of an app. */
const MOST_ENTRIES = 100_000;

/** Reads the sign-on policies of an org, one call after the other, and no further once half of the quota is used up. */
export class PolicyReader {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  #pages = 0;
  #entries = 0;

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
        for (const { id, ...policy } of found) {
          const rules = await this.#list(`/api/v1/policies/${id}/rules`, ruleSchema, by);
          policies.push(policyOf(type, policy, rules.map(ruleOf)));
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
      this.#entries += parsed.output.length;
      if (this.#entries > MOST_ENTRIES)
        throw new OktaFailure('ZONE003', `there are more than ${MOST_ENTRIES} policies and rules`);
      for (const one of parsed.output) all.push(one);
      path = this.#nextPath(response.headers.link);
    }
    return all;
  }

  /**
   * The path of the next page, at the org: credentials go nowhere else, whichever host it names.
   * @throws {OktaFailure} where there is a next page that can't be asked for: what was read until then is a part
   */
  #nextPath(link = ''): string | undefined {
    const [, url] = /<([^>]*)>[^<]*;\s*rel="?next\b/.exec(link) ?? [];
    if (url === undefined) return undefined;
    const next = URL.canParse(url, this.#baseUrl) ? new URL(url, this.#baseUrl) : undefined;
    if (next?.pathname.startsWith('/api/v1/policies')) return `${next.pathname}${next.search}`;
    throw new OktaFailure('ZONE003', 'Okta names a next page of policies that is none');
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
