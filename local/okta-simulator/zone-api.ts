import { invalidField, zoneNotFound } from './errors.ts';
import { represent } from './representation.ts';
import { checkRoute, type Route } from './route.ts';
import type { SimRequest } from './types.ts';
import { readBody, validateZone } from './validation.ts';
import type { Zone, ZoneStore } from './zones.ts';

/** The org holds this many zones at most (help pages). */
const MAX_ZONES = 100;

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  /** A write that took place. */
  readonly applied: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The operations of Okta's Network Zone API, on their own: whoever calls has passed token and rate limit. */
export class ZoneApi {
  readonly #zones: ZoneStore;
  readonly #domain: string;
  readonly #allowIpv6: boolean;
  #created = 0;

  constructor(zones: ZoneStore, domain: string, allowIpv6: boolean) {
    this.#zones = zones;
    this.#domain = domain;
    this.#allowIpv6 = allowIpv6;
  }

  /** @throws {OktaError} for everything Okta refuses */
  answer(route: Route, request: SimRequest, now: number): ApiAnswer {
    checkRoute(route, request.method);
    if (route.kind === 'list') return request.method === 'POST' ? this.#create(request, now) : this.#list(route);
    const zone = this.#zones.get(route.zoneId ?? '');
    if (zone === undefined) throw zoneNotFound(route.zoneId ?? '');
    if (route.kind === 'activate' || route.kind === 'deactivate') return this.#lifecycle(zone, route.kind, now);
    if (request.method === 'PUT') return this.#replace(zone, request, now);
    if (request.method === 'DELETE') return this.#remove(zone);
    return { status: 200, body: this.shown(zone), applied: false };
  }

  /** The zone as an answer to a GET shows it. */
  shown(zone: Zone): Record<string, unknown> {
    return represent(zone, this.#domain);
  }

  /** A full replace. The answer carries the `lastUpdated` of before the write (recorded traffic). */
  #replace(zone: Zone, request: SimRequest, now: number): ApiAnswer {
    const content = validateZone(readBody(request), {
      existing: zone,
      nameTaken: (name) => this.#zones.nameTaken(name, zone.id),
      allowIpv6: this.#allowIpv6,
    });
    const { lastUpdated } = zone;
    this.#zones.replace(zone, content, now);
    const body = represent(zone, this.#domain, { lastUpdated, exemptFlags: zone.exempt });
    return { status: 200, body, applied: true };
  }

  /** Answers 200, not 201 (recorded traffic). */
  #create(request: SimRequest, now: number): ApiAnswer {
    const content = validateZone(readBody(request), {
      existing: undefined,
      nameTaken: (name) => this.#zones.nameTaken(name),
      allowIpv6: this.#allowIpv6,
    });
    if (this.#zones.list().length >= MAX_ZONES) throw invalidField('name', `The org has ${MAX_ZONES} zones already.`);
    const zone = this.#zones.create(this.#newId(), content, now);
    return { status: 200, body: represent(zone, this.#domain), applied: true };
  }

  #newId(): string {
    let id: string;
    do {
      this.#created += 1;
      id = `nzosim${String(this.#created).padStart(14, '0')}`;
    } while (this.#zones.get(id) !== undefined);
    return id;
  }

  /** Okta refuses to delete a system zone, or (Identity Engine) an active one; the bodies are not known. */
  #remove(zone: Zone): ApiAnswer {
    if (zone.system) throw invalidField('system', 'A system zone cannot be deleted.');
    if (zone.content.status === 'ACTIVE') throw invalidField('status', 'An active network zone cannot be deleted.');
    this.#zones.remove(zone.id);
    return { status: 204, body: undefined, applied: true };
  }

  #lifecycle(zone: Zone, action: 'activate' | 'deactivate', now: number): ApiAnswer {
    const status = action === 'activate' ? 'ACTIVE' : 'INACTIVE';
    if (zone.exempt && status === 'INACTIVE') throw invalidField('status', 'The zone cannot be deactivated.');
    this.#zones.replace(zone, { ...zone.content, status }, now);
    // Also where nothing has changed (recorded traffic).
    this.#zones.touch(zone, now);
    return { status: 200, body: represent(zone, this.#domain), applied: true };
  }

  /** All zones, or a page of them: `limit`, and `after` the id of the page before, as in the `next` link. */
  #list(route: Route): ApiAnswer {
    const query = new URLSearchParams(route.query);
    if (query.has('filter')) throw invalidField('filter', 'The simulator has no filter.');
    const zones = this.#zones.list();
    const after = query.get('after');
    const start = after === null ? 0 : zones.findIndex((zone) => zone.id === after) + 1;
    const limit = Number(query.get('limit') ?? -1);
    const end = limit > 0 ? start + limit : zones.length;
    const page = zones.slice(start, end);
    const url = `https://${this.#domain}/api/v1/zones`;
    const last = page.at(-1);
    const next =
      last !== undefined && end < zones.length ? `, <${url}?after=${last.id}&limit=${limit}>; rel="next"` : '';
    const body = page.map((zone) => represent(zone, this.#domain));
    return { status: 200, body, applied: false, headers: { link: `<${url}>; rel="self"${next}` } };
  }
}
