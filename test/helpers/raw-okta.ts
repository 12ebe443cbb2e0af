import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/ports.ts';

export type RawZone = Readonly<Record<string, unknown>>;
type Answer = HttpResponse | Error;

/** A zone as Okta writes it, with these fields in place of its own. */
export function rawZone(more: RawZone = {}): RawZone {
  return {
    ...{ type: 'IP', id: 'nzo1', name: 'Zone', status: 'ACTIVE', usage: 'POLICY', system: false },
    ...{ created: '2026-01-01T00:00:00.000Z', lastUpdated: '2026-01-01T00:00:00.000Z' },
    ...{ gateways: [{ type: 'CIDR', value: '192.0.2.0/32' }], proxies: null },
    _links: { self: { href: 'https://acme.okta.com/api/v1/zones/nzo1' } },
    ...more,
  };
}

export function answer(
  status: number,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** An Okta of a few lines, which keeps whatever it is given: for what the simulator would tidy up, and for wild answers. */
export class RawOkta {
  readonly requests: HttpRequest[] = [];
  readonly zones = new Map<string, RawZone>();
  /** Given instead of the right answer, one for each call, in order; undefined lets a call through. */
  readonly next: (Answer | undefined)[] = [];
  /** Headers of every right answer. */
  headers: Readonly<Record<string, string>> = {};

  readonly http: HttpClient = async (request) => {
    this.requests.push(request);
    const instead = this.next.shift();
    if (instead instanceof Error) throw instead;
    if (instead) return instead;
    const id = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1) ?? '');
    if (!this.zones.has(id)) return answer(404, { errorCode: 'E0000007', errorSummary: 'Not found' });
    if (request.body !== undefined) this.zones.set(id, { ...JSON.parse(request.body), _links: {} });
    return answer(200, this.zones.get(id), this.headers);
  };

  constructor(zones: Readonly<Record<string, RawZone>> = {}) {
    for (const [id, zone] of Object.entries(zones)) this.zones.set(id, { ...zone, id });
  }

  /** The bodies of the writes, in order. */
  puts(): RawZone[] {
    return this.requests.flatMap(({ method, body }) => (method === 'PUT' ? [JSON.parse(body ?? '{}')] : []));
  }

  gateways(id: string): unknown[] {
    const list = this.zones.get(id)?.gateways;
    return Array.isArray(list) ? list.map(({ value }) => value) : [];
  }
}
