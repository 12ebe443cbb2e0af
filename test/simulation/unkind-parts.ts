import { canonicalGateways } from '../../lib/addresses/address-block.ts';
import type { Config } from '../../lib/config.ts';
import type { EventResult } from '../../lib/grants/event-result.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { ZONE_PARTITION } from '../../lib/names.ts';
import type { Clock, HttpClient, HttpRequest, HttpResponse, Item, Table, Telemetry, Write } from '../../lib/ports.ts';
import { keyOf } from '../../lib/table-changes.ts';
import { ZoneItems } from '../../lib/zones/zone-items.ts';
import type { ZoneMemory, ZoneState } from '../../lib/zones/zone-state.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import type { GrantsHandler, Hooks, OutcomeHandler } from './hooks.ts';

/** What is wrong in an unkind world's bugs: clients and tables that do not do what they should. */

type Gateways = readonly { readonly value: string }[];

const zoneIn = ({ url }: HttpRequest): string => url.slice(url.lastIndexOf('/') + 1);
const urlOf = (request: HttpRequest, zoneId: string): string => request.url.replace(/[^/]*$/, zoneId);

function aclOf(config: Config, zoneId: string) {
  return Object.values(config.acls).find(({ zoneIds }) => zoneIds.includes(zoneId));
}

function gatewaysIn(body: string | undefined): Gateways {
  try {
    return JSON.parse(body ?? '').gateways ?? [];
  } catch {
    return []; // Half an answer.
  }
}

function withFields<T extends { readonly body?: string }>(message: T, fields: object): T {
  try {
    return { ...message, body: JSON.stringify({ ...JSON.parse(message.body ?? ''), ...fields }) };
  } catch {
    return message;
  }
}

export function readingAllFirst(http: HttpClient, config: Config): HttpClient {
  return async (request) => {
    const zoneId = zoneIn(request);
    const others = aclOf(config, zoneId)?.zoneIds.filter((other) => other !== zoneId) ?? [];
    if (request.method === 'GET') for (const other of others) await http({ ...request, url: urlOf(request, other) });
    return http(request);
  };
}

/** For all runs of one schedule: calls fail until a moment that an answer gives. @param until milliseconds since the epoch */
function resting(until: (answer: HttpResponse, now: number) => number): Hooks {
  let restsUntil = 0;
  return {
    http: (http, _, clock) => async (request) => {
      if (clock.now() < restsUntil) throw new Error('it rests');
      const answer = await http(request);
      restsUntil = Math.max(restsUntil, until(answer, clock.now()));
      return answer;
    },
  };
}

export function restingLong(): Hooks {
  return resting(({ status }, now) => (status === 429 ? now + 240_000 : 0));
}

/** Believes the header, whatever it says. */
export function believingResets(): Hooks {
  return resting(({ status, headers }) => {
    const isSpent = status === 429 || Number(headers['x-rate-limit-remaining']) < 5;
    return isSpent ? Number(headers['x-rate-limit-reset']) * 1000 || 0 : 0;
  });
}

/** Takes the time from `Date` alone: a rest is as long as the header says that it is until the reset. */
export function believingDates(): Hooks {
  return resting(({ status, headers }, now) => {
    const restMs = Number(headers['x-rate-limit-reset']) * 1000 - Date.parse(headers.date ?? '');
    return status === 429 && restMs > 0 ? now + restMs : 0;
  });
}

export function impatient(http: HttpClient): HttpClient {
  return async (request) => http({ ...request, timeoutMs: Math.min(request.timeoutMs, 1_000) });
}

export function alwaysInTheFirst(http: HttpClient, config: Config): HttpClient {
  return async (request) => {
    const acl = aclOf(config, zoneIn(request));
    if (request.method === 'GET' || !acl || acl.zoneIds[0] === zoneIn(request)) return http(request);
    const gateways = gatewaysIn(request.body);
    const people = gatewaysIn(request.body).filter(({ value }) => !acl.alwaysAllow.includes(value));
    if (people.length === 0 || people.length === gateways.length) return http(request);
    const answer = await http(withFields(request, { gateways: people }));
    return answer.status === 200 ? withFields(answer, { gateways }) : answer;
  };
}

export function alwaysLater(http: HttpClient, config: Config): HttpClient {
  return async (request) => {
    const always = aclOf(config, zoneIn(request))?.alwaysAllow ?? [];
    const people = gatewaysIn(request.body).filter(({ value }) => !always.includes(value));
    if (request.method === 'PUT' && people.length > 0) await http(withFields(request, { gateways: people }));
    return http(request);
  };
}

export function readingOnce(http: HttpClient, _: Config, clock: Clock): HttpClient {
  const known = new Map<string, { readonly answer: HttpResponse; readonly at: number }>();
  return async (request) => {
    const before = known.get(request.url);
    if (request.method === 'GET' && before && clock.now() < before.at + 20_000) return before.answer;
    const answer = await http(request);
    if (answer.status === 200) known.set(request.url, { answer, at: clock.now() });
    return answer;
  };
}

export function statusUnseen(http: HttpClient): HttpClient {
  return async (request) => {
    const answer = await http(request);
    if (request.method === 'GET' || answer.status !== 200) return answer;
    return withFields(answer, { status: 'ACTIVE', usage: 'POLICY' });
  };
}

export function tryingAgainAtOnce(http: HttpClient): HttpClient {
  return async (request) => {
    let answer = await http(request);
    for (let again = 0; answer.status === 429 && again < 30; again += 1) {
      const reset = Number(answer.headers['x-rate-limit-reset']) * 1000 - Date.parse(answer.headers.date ?? '');
      if (reset > 0 && reset < 120_000) return answer;
      answer = await http(request);
    }
    return answer;
  };
}

export function foreignUnseen(http: HttpClient): HttpClient {
  return async (request) => {
    const answer = await http(request);
    const own = gatewaysIn(answer.body).filter(({ value }) => !value.startsWith('8.8.'));
    return request.method === 'GET' ? withFields(answer, { gateways: own }) : answer;
  };
}

/** A table whose items reach the code changed. */
function reading(table: Table, change: (item: Item) => Item): Table {
  const pages = async function* (found: AsyncIterable<readonly Item[]>) {
    for await (const page of found) yield page.map(change);
  };
  return {
    ...writing(table, (writes) => writes),
    get: async (key, options) => {
      const item = await table.get(key, options);
      return item && change(item);
    },
    queryPrefix: (...query) => pages(table.queryPrefix(...query)),
    queryExpiry: (...range) => pages(table.queryExpiry(...range)),
  };
}

/** A table that is given other writes than the code meant. */
function writing(table: Table, change: (writes: readonly Write[]) => readonly Write[]): Table {
  return {
    get: (key, options) => table.get(key, options),
    write: (writes) => table.write(change(writes)),
    queryPrefix: (...query) => table.queryPrefix(...query),
    queryExpiry: (...range) => table.queryExpiry(...range),
  };
}

/** Whoever reads a row's network reads the host that it begins with, in the row's name too. */
export function networksAsHosts(table: Table): Table {
  return reading(table, (item) => {
    if (typeof item.ip !== 'string' || !item.ip.endsWith('/24')) return item;
    return { ...item, ip: item.ip.slice(0, -3), item: item.item.replace(item.ip, item.ip.slice(0, -3)) };
  });
}

export function strictReader(table: Table): Table {
  return reading(table, (item) => {
    if ('fromAnotherVersion' in item) throw new Error('an item of another version');
    return item;
  });
}

export function firstPageOnly(table: Table): Table {
  const first = async function* (found: AsyncIterable<readonly Item[]>) {
    for await (const page of found) {
      yield page;
      return;
    }
  };
  return {
    ...writing(table, (writes) => writes),
    queryPrefix: (...query) => first(table.queryPrefix(...query)),
    queryExpiry: (...range) => first(table.queryExpiry(...range)),
  };
}

export function staleReads(table: Table): Table {
  return { ...writing(table, (writes) => writes), get: (key) => table.get(key, { stale: true }) };
}

/** What is remembered of each zone is gone when the next rebuild begins. */
export function forgettingZones(table: Table): Table {
  return writing(table, (writes) =>
    writes.map((write) => ('put' in write && 'zones' in write.put ? { put: { ...write.put, zones: {} } } : write)),
  );
}

/** An event whose number is not above those before it counts as applied. */
export function risingNumbers(): Hooks {
  let highest = 0n;
  return {
    grantsHandler: (handler) => (event, context) => {
      const Records = event.Records.filter(({ attributes }) => BigInt(attributes.SequenceNumber ?? '0') >= highest);
      for (const { attributes } of Records) highest = BigInt(attributes.SequenceNumber ?? '0');
      return handler({ Records }, context);
    },
  };
}

export function countingNone(handler: GrantsHandler): GrantsHandler {
  return (event, context) => {
    const Records = event.Records.map((record) => ({
      ...record,
      attributes: { ...record.attributes, ApproximateReceiveCount: '1' },
    }));
    return handler({ Records }, context);
  };
}

/** Says of a list that a GET has just shown that it is written, whatever was written before. */
export function leavingOutWhatIsShown(http: HttpClient): HttpClient {
  const shown = new Map<string, string>();
  const listOf = (body: string | undefined) =>
    JSON.stringify(
      gatewaysIn(body)
        .map(({ value }) => value)
        .sort(),
    );
  return async (request) => {
    const { body, ...rest } = request;
    if (request.method === 'PUT' && shown.get(request.url) === listOf(body)) {
      const answer = await http({ ...rest, method: 'GET' });
      return answer.status === 200 ? withFields(answer, { gateways: gatewaysIn(body) }) : answer;
    }
    const answer = await http(request);
    if (request.method === 'GET' && answer.status === 200) shown.set(request.url, listOf(answer.body));
    return answer;
  };
}

/** A zone that is not there is believed to be: what is written to it is remembered, and nobody is let in by it. */
export function believingInGhosts(): Hooks {
  const lists = new Map<string, unknown>();
  return {
    http: (http) => async (request) => {
      const answer = await http(request);
      if (answer.status !== 404) return answer;
      const { gateways } = JSON.parse(request.body ?? '{}');
      if (request.method === 'PUT') lists.set(request.url, gateways);
      const zone = { id: zoneIn(request), type: 'IP', name: 'ghost', status: 'ACTIVE', usage: 'POLICY', proxies: null };
      return { ...answer, status: 200, body: JSON.stringify({ ...zone, gateways: lists.get(request.url) ?? null }) };
    },
  };
}

/** A person's word counts for whatever list the zone has by now. */
export function adoptingAnyList(): Hooks {
  const shown = new Map<string, readonly string[]>();
  class AnyList extends ZoneItems {
    override async adoption(zoneId: string): Promise<readonly string[] | undefined> {
      return (await super.adoption(zoneId)) && shown.get(zoneId);
    }
  }
  class AnyListStates extends ZoneStates {
    override readonly items: ZoneItems;
    constructor(table: Table) {
      super(table);
      this.items = new AnyList(table);
    }
  }
  return {
    http: (http) => async (request) => {
      const answer = await http(request);
      if (answer.status === 200) shown.set(zoneIn(request), canonicalGateways(gatewaysIn(answer.body)));
      return answer;
    },
    states: (table) => new AnyListStates(table),
  };
}

/** Each write of a single item is made together with a check of another, as if they had to agree. */
export function inTransactions(table: Table): Table {
  return writing(table, (writes) => {
    const [only, ...others] = writes;
    if (!only || others.length > 0) return writes;
    const { acl } = keyOf(only);
    return [only, { check: { acl, item: 'BESIDE' }, when: [{ absent: true }] }];
  });
}

/** What is known of the zones is gone after a refusal. */
export class ThrownAway extends ZoneStates {
  override async release(acl: string, owner: string, state: ZoneState): Promise<void> {
    await super.release(acl, owner, state.lastError?.code === 'OKTA005' ? { ...state, zones: {} } : state);
  }
}

/** Every announcement is written, whoever has the zone by now. */
export function announcingAnyway(table: Table): Table {
  return writing(table, (writes) =>
    writes.map((write) => ('put' in write && write.put.acl.startsWith(ZONE_PARTITION) ? { put: write.put } : write)),
  );
}

/** A zone that another ACL had is free at once. */
export class NoOtherLease extends ZoneStates {
  override async peek(...asked: Parameters<ZoneStates['peek']>): ReturnType<ZoneStates['peek']> {
    const { lease, ...known } = await super.peek(...asked);
    return known;
  }

  override async lease(): ReturnType<ZoneStates['lease']> {
    return undefined;
  }
}

/** Every list that was announced counts as confirmed. */
export class ConfirmedUnseen extends ZoneStates {
  override async release(acl: string, owner: string, state: ZoneState): Promise<void> {
    const zones: Record<string, ZoneMemory> = {};
    for (const [zoneId, { trouble, doubtUntil, ...memory }] of Object.entries(state.zones)) {
      const stored = await this.items.get(zoneId);
      zones[zoneId] = typeof stored === 'object' ? { ...memory, write: stored.write, rightAt: stored.at } : memory;
    }
    const { unfinished, lastError, dueAt, ...rest } = state;
    await super.release(acl, owner, { ...rest, zones });
  }
}

/** Says that an event is applied as soon as it is asked for. */
export function appliedTooSoon(handler: OutcomeHandler): OutcomeHandler {
  return async (event, context) => {
    const answer = await handler(event, context);
    if (answer.statusCode !== 202) return answer;
    return { ...answer, statusCode: 200, body: JSON.stringify({ status: 'applied', heldBy: 0, ended: 0 }) };
  };
}

/** Says nothing of who has overtaken an event, or holds its IP. */
export function sayingAppliedAlone(handler: OutcomeHandler): OutcomeHandler {
  return async (event, context) => {
    const answer = await handler(event, context);
    return answer.statusCode === 200 ? { ...answer, body: JSON.stringify({ status: 'applied' }) } : answer;
  };
}

/** The key of all ACLs speaks for the one too that has its own. */
export function openingAll(text: string): string {
  const { current, acls = {} } = JSON.parse(text);
  const opened = Object.entries<object>(acls).map(([name, keys]) => [name, { ...keys, previous: current }]);
  return JSON.stringify({ current, acls: Object.fromEntries(opened) });
}

/** Messages of one id are one, whatever their ACL. */
export function idAlone({ body }: { readonly body: string }): string {
  return parseQueuedEvent(body)?.webhookId ?? body;
}

/** What stands under an id counts as the same event, whatever its body. */
export class AnyBody extends GrantBook {
  override async apply(...[event, ...others]: Parameters<GrantBook['apply']>): Promise<EventResult> {
    const { bodyHash, ...rest } = event;
    return super.apply(rest, ...others);
  }
}

/** Lines of this kind are lost, where they are about what has come about without an event. */
export function losingLines(telemetry: Telemetry, action: string): Telemetry {
  return {
    ...telemetry,
    info: (message, fields) => {
      if (fields?.action !== action || fields.cause === 'events') telemetry.info(message, fields);
    },
  };
}
