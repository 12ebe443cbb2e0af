import * as v from 'valibot';
import type { Authorization } from '../lib/okta/authorization.ts';
import { exchange, untold } from '../lib/okta/exchange.ts';
import { failureOf, parseJson } from '../lib/okta/judge-answer.ts';
import type { HttpClient } from '../lib/ports.ts';

/** An org has at most 100 zones of its own (Okta's help pages), and a few of Okta's: one page holds them. */
const PAGE = 200;
const MOST_BYTES = 4 * 1024 * 1024;

const zonesSchema = v.array(
  v.object({
    id: v.string(),
    name: v.fallback(v.string(), ''),
    type: v.string(),
    system: v.fallback(v.boolean(), false),
    status: v.fallback(v.string(), 'ACTIVE'),
    usage: v.fallback(v.string(), 'POLICY'),
  }),
);

export interface NamedZone {
  readonly id: string;
  readonly name: string;
}

/**
 * The org's zones that an ACL could use, for somebody who looks for an id: active IP zones that administrators have made for
 * policies.
 * @param baseUrl the org's @param now milliseconds since the epoch
 * @throws {OktaFailure}
 */
export async function zonesOfOrg(
  http: HttpClient,
  baseUrl: string,
  by: Authorization,
  now: number,
): Promise<readonly NamedZone[]> {
  const url = `${baseUrl.replace(/\/+$/, '')}/api/v1/zones`;
  const headers = by.headers('GET', url);
  const answer = await untold(Object.values(headers), async () => {
    const request = { method: 'GET', url: `${url}?limit=${PAGE}`, headers, mostBytes: MOST_BYTES } as const;
    const response = await exchange(http, request, 'the question for zones');
    if (response.status !== 200) throw failureOf('GET', response, now);
    return response;
  });
  const parsed = v.safeParse(zonesSchema, parseJson(answer.body));
  return parsed.success ? parsed.output.filter(isUsable) : [];
}

function isUsable({ type, system, status, usage }: v.InferOutput<typeof zonesSchema>[number]): boolean {
  return type === 'IP' && !system && status === 'ACTIVE' && usage === 'POLICY';
}
