import { ITEM, SEEN_PARTITION } from '../../lib/names.ts';
import type { HttpClient, Write } from '../../lib/ports.ts';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { type Bug, WHO_IS_IN } from './bug.ts';
import * as parts from './buggy-parts.ts';
import { LIST_BUGS } from './lists/list-bugs.ts';
import { UNKIND_BUGS } from './unkind-bugs.ts';

/** Bugs that people make in such systems. Each is put in from outside, and the simulation must notice it. */
const BUGS: readonly Bug[] = [
  {
    name: 'early-return',
    what: 'the loop over a batch returns after its first event',
    hooks: {
      grantsHandler: (handler) => (event, context) => handler({ Records: event.Records.slice(0, 1) }, context),
    },
  },
  {
    name: 'failures-swallowed',
    what: 'a catch around the batch answers that nothing failed',
    hooks: {
      grantsHandler: (handler) => async (event, context) => {
        await handler(event, context).catch(() => {});
        return { batchItemFailures: [] };
      },
    },
  },
  {
    name: 'expiry-as-delta',
    what: 'a lifetime counts from when the event is applied',
    hooks: { book: (...made) => new parts.ExpiryAsDelta(...made) },
  },
  {
    name: 'unconditional-delete',
    what: 'a grant that is due is removed, though it was extended since',
    hooks: { book: (...made) => new parts.UnconditionalEnd(...made) },
  },
  {
    name: 'nothing-read-again',
    what: 'what was read of the grants a moment ago is taken for what they are now',
    hooks: { book: (...made) => new parts.NothingReadAgain(...made) },
  },
  {
    name: 'tombstone-forgotten',
    what: 'a revoke of one grant leaves no trace for the grant that comes late',
    hooks: { table: (table) => parts.forgetting(table, ITEM.last) },
  },
  {
    name: 'no-revoke-guard',
    what: 'a revoke of all on an IP leaves no trace for the grant that comes late',
    hooks: { table: (table) => parts.forgetting(table, ITEM.revoked) },
  },
  {
    name: 'no-flush-guard',
    what: 'a flush leaves no trace for the grant that comes late',
    hooks: { table: (table) => parts.forgetting(table, ITEM.flushed) },
  },
  {
    name: 'order-ignored',
    what: 'the event that arrives last wins, whenever it happened',
    hooks: { table: (table) => parts.rewriting(table, withoutOrder) },
  },
  {
    name: 'duplicates-applied',
    what: 'a webhook id that was seen is applied again',
    hooks: { table: (table) => parts.forgetting(table, SEEN_PARTITION) },
  },
  {
    name: 'lease-ignored',
    what: 'a rebuild writes though another one is under way',
    breaks: ['5 one write at a time'],
    hooks: { states: (table) => new parts.NoLease(table) },
  },
  {
    name: 'old-list-after-conflict',
    what: 'a write that failed is repeated with the list it had then, and taken for the new one',
    breaks: [...WHO_IS_IN, 'nothing foreign reported'],
    hooks: { http: repeatingOldLists },
  },
  {
    name: 'secret-kept-too-soon',
    what: 'the token is kept before it was read, and never read again',
    hooks: { token: (reader, clock) => new parts.KeptForEver(reader, clock) },
  },
  {
    name: 'ttl-as-liveness',
    what: 'a grant is live until DynamoDB has deleted it',
    hooks: { book: (...made) => new parts.TtlLiveness(...made) },
  },
  {
    name: 'reset-time-ignored',
    what: 'Okta is called before the reset time that it gave',
    breaks: ['7 reset time kept'],
    hooks: { states: (table) => new ZoneStates(table, new parts.NoRest(table)) },
  },
  {
    name: 'proxies-dropped',
    what: 'a PUT leaves out the proxies',
    breaks: ['6 only gateways change'],
    hooks: { http: (http) => (request) => http(withoutProxies(request)) },
  },
  {
    name: 'no-adoption',
    what: 'a zone is written before its ACL has seen an event',
    breaks: ['8 unused zone untouched'],
    hooks: { book: (...made) => new parts.NoAdoption(...made) },
  },
  {
    name: 'no-second-look',
    what: 'an update without an answer is never looked for again',
    hooks: { states: (table) => new parts.NoDoubt(table) },
    changes: { rates: { 'timeout and applied late': 1 } },
  },
  {
    name: 'merged-too-wide',
    what: 'where a zone is full, a network is written that holds an address of nobody',
    hooks: { http: (http) => (request) => http(withWideNetworks(request)) },
  },
  {
    name: 'lost-on-the-way',
    what: 'whoever moves to another zone leaves their own before they are in the other',
    breaks: ['9 in a zone throughout'],
    hooks: { http: leavingFirst },
    changes: { world: 'unkind', dimensions: ['full zones', 'deploys'] },
  },
  {
    name: 'no-own-timer',
    what: 'a short grant arms no timer of its own',
    hooks: { timers: (timers, name) => (name === 'grants' ? { send: async () => {} } : timers) },
  },
];

/** All that there are. */
export const ALL_BUGS: readonly Bug[] = [...BUGS, ...UNKIND_BUGS, ...LIST_BUGS];

function withoutOrder(write: Write): Write {
  if (!write.when) return write;
  const when = write.when.filter((condition) => !('attribute' in condition && condition.attribute === 'order'));
  if (when.length > 0 || !('check' in write)) return { ...write, when };
  return { check: write.check, when: [{ attribute: 'no such attribute', equals: '', orAbsent: true }] };
}

function withoutProxies(request: Parameters<HttpClient>[0]): Parameters<HttpClient>[0] {
  if (request.body === undefined) return request;
  const { proxies, ...zone } = JSON.parse(request.body);
  return { ...request, body: JSON.stringify(zone) };
}

/** Merges the first two hosts into the smallest network around both, whoever else it holds. */
function withWideNetworks(request: Parameters<HttpClient>[0]): Parameters<HttpClient>[0] {
  if (request.body === undefined) return request;
  const zone = JSON.parse(request.body);
  const merged = zone.gateways.find(({ value }: { value: string }) => value.endsWith('/31'));
  if (merged) merged.value = merged.value.replace('/31', '/29');
  return { ...request, body: JSON.stringify(zone) };
}

/** Holds back each first PUT of two, and answers as if it had been carried out. */
function leavingFirst(http: HttpClient): HttpClient {
  let held: Parameters<HttpClient>[0] | undefined;
  return async (request) => {
    const late = held;
    held = undefined;
    if (late && (request.method === 'GET' || request.url === late.url)) await http(late);
    if (request.method === 'GET') return http(request);
    if (late && request.url !== late.url) {
      const answer = await http(request);
      await http(late);
      return answer;
    }
    const { body = '', ...read } = request;
    const answer = await http({ ...read, method: 'GET' });
    if (answer.status !== 200) return answer;
    held = request;
    return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), gateways: JSON.parse(body).gateways }) };
  };
}

function repeatingOldLists(http: HttpClient): HttpClient {
  const failed = new Map<string, string>();
  return async (request) => {
    if (request.method === 'GET') return http(request);
    const old = failed.get(request.url);
    const body = old ?? request.body;
    failed.delete(request.url);
    const repeat = () => body !== undefined && failed.set(request.url, body);
    try {
      const answer = await http(body === undefined ? request : { ...request, body });
      if (answer.status !== 200) repeat();
      if (answer.status !== 200 || old === undefined || request.body === undefined) return answer;
      const { gateways } = JSON.parse(request.body);
      return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), gateways }) };
    } catch (error) {
      repeat();
      throw error;
    }
  };
}
