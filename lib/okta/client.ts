import * as v from 'valibot';
import type { Gateway } from '../addresses/address-block.ts';
import type { HttpClient, HttpResponse, KeysElsewhere } from '../ports.ts';
import type { Authorization } from './authorization.ts';
import { exchange, untold } from './exchange.ts';
import { failureOf, fieldsOf, parseJson } from './judge-answer.ts';
import { OktaFailure } from './okta-failure.ts';
import { type Quota, quotaOf } from './rate-limit.ts';
import { OktaSignIn } from './sign-in.ts';

const gatewaySchema = v.object({ type: v.optional(v.string(), ''), value: v.optional(v.string(), '') });
/** Okta sends null for an empty list. Unknown fields are kept: a PUT replaces the zone, so they go back as they came. */
const zoneSchema = v.looseObject({
  id: v.string(),
  type: v.string(),
  name: v.string(),
  status: v.optional(v.nullable(v.string())),
  usage: v.optional(v.nullable(v.string())),
  system: v.optional(v.nullable(v.boolean())),
  gateways: v.optional(v.nullable(v.array(gatewaySchema))),
});
export type OktaZone = v.InferOutput<typeof zoneSchema>;

export interface ZoneAnswer {
  readonly zone: OktaZone;
  readonly quota: Quota | undefined;
}

/** Reading and writing zones with credentials that are somebody else's concern. Both throw `OktaFailure`. */
export interface ZoneCalls {
  get(zoneId: string): Promise<ZoneAnswer>;
  putGateways(zoneId: string, zone: OktaZone, gateways: readonly Gateway[]): Promise<WriteAnswer>;
}

/** `written: false`: the zone was no more as it had been read. It was not written, and this is how it is. */
export type WriteAnswer = ZoneAnswer & { readonly written: boolean };

/**
 * Reads and writes one zone of Okta's Network Zones API. Our own client, since Okta's SDK drops
 * fields that it does not know and answers a second GET from its cache.
 */
export class OktaZones {
  readonly #http: HttpClient;
  readonly #baseUrl: string;
  readonly #now: () => number;
  readonly signIn: OktaSignIn;

  /**
   * @param now milliseconds since the epoch; used where Okta's answer has no date of its own
   * @param keys where keys are that no secret holds
   */
  constructor(http: HttpClient, baseUrl: string, now: () => number, keys?: KeysElsewhere) {
    this.#http = http;
    this.#now = now;
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.signIn = new OktaSignIn(http, this.#baseUrl, now, { keys });
  }

  /** @throws {OktaFailure} */
  async get(zoneId: string, by: Authorization): Promise<ZoneAnswer> {
    return this.#call('GET', zoneId, by);
  }

  /**
   * Replaces the zone's gateways. Everything else goes back as it was read: what a PUT leaves out,
   * Okta clears.
   * @param zone the zone as just read
   * @throws {OktaFailure}
   */
  async putGateways(
    zoneId: string,
    zone: OktaZone,
    gateways: readonly Gateway[],
    by: Authorization,
  ): Promise<ZoneAnswer> {
    return this.#call('PUT', zoneId, by, bodyOf(zone, gateways));
  }

  async #call(method: 'GET' | 'PUT', zoneId: string, by: Authorization, body?: string): Promise<ZoneAnswer> {
    const url = `${this.#baseUrl}/api/v1/zones/${encodeURIComponent(zoneId)}`;
    const proof = by.headers(method, url);
    return untold(Object.values(proof), async () => {
      const json = body !== undefined && { body, headers: { ...proof, 'content-type': 'application/json' } };
      const response = await exchange(this.#http, { method, url, headers: proof, ...json }, method);
      by.saw(response.headers);
      return this.#judged(method, zoneId, response);
    });
  }

  #judged(method: 'GET' | 'PUT', zoneId: string, response: HttpResponse): ZoneAnswer {
    if (response.status !== 200) throw failureOf(method, response, this.#now());
    if (response.tooLarge) {
      throw new OktaFailure('ZONE003', 'Okta answered 200 with more than can be a zone', fieldsOf(response));
    }
    const parsed = v.safeParse(zoneSchema, parseJson(response.body));
    if (!parsed.success) {
      throw new OktaFailure('ZONE003', 'Okta answered 200 with something that is not a zone', fieldsOf(response));
    }
    // What is not the zone that was asked for must not go into it.
    if (parsed.output.id !== zoneId) {
      throw new OktaFailure('ZONE003', 'Okta answered with another zone', fieldsOf(response));
    }
    return { zone: parsed.output, quota: quotaOf(response, this.#now()) };
  }
}

/** Whether a zone is as it was when it was read before, in all that goes back with a PUT. */
export function isAsRead(found: OktaZone, before: OktaZone): boolean {
  return bodyOf(found, found.gateways) === bodyOf(before, before.gateways);
}

/** @throws {OktaFailure} where the zone holds something that can be read but not written: JSON nested without end */
function bodyOf(zone: OktaZone, gateways: OktaZone['gateways'] | readonly Gateway[]): string {
  const { _links, created, lastUpdated, ...kept } = zone;
  try {
    return JSON.stringify({ ...kept, gateways });
  } catch (cause) {
    throw new OktaFailure('ZONE003', "the zone can't be sent back as it was read", {}, { cause });
  }
}
