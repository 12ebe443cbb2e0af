import { hash } from 'node:crypto';
import type { FunctionName } from '../cdk/function-code.ts';
import { signedHeaders } from '../cli/webhook-client.ts';
import { eventOrder } from '../lib/grants/event-order.ts';
import { formatQueuedEvent } from '../lib/grants/queue-message.ts';
import { ITEM, SEEN_PARTITION, WEBHOOK_PATH } from '../lib/names.ts';
import { queuePosition } from '../lib/queue-position.ts';
import { fifoEvent, streamEvent } from '../local/stand-ins/aws-events.ts';
import { apiEvent, outcomeEvent } from '../local/webhook-server.ts';
import type { Answering, AwsAnswer, AwsCall } from '../test/helpers/fake-aws.ts';

export const ACL = 'okta-prod';
/** What the zone function has to go through: live grants of one ACL, in so many zones. */
export interface ZonesCase {
  readonly grants: number;
  readonly zoneIds: readonly string[];
}
export const ZONES_CASES = [
  { grants: 20_000, zoneIds: zoneIds(34) },
  { grants: 2_250, zoneIds: zoneIds(5) },
] as const satisfies readonly ZonesCase[];
/** Grants that one flush or one second ends. */
export const ENDED_GRANTS = 5_000;
/** DynamoDB's page is 1 MB; a grant with its user and id is about 400 bytes, and 150 in the index. */
const PAGE = { whole: 2_500, brief: 7_000 } as const;
const KEY = Buffer.alloc(33, 'k').toString('base64');

function zoneIds(zones: number): readonly string[] {
  return Array.from({ length: zones }, (_, i) => `nzo1bench${String(i).padStart(11, '0')}`);
}

/** What a function is woken by in the case that asks most of it. @param now milliseconds since the epoch */
export function largestEvent(name: FunctionName, now: number): unknown {
  const timestamp = new Date(now).toISOString();
  switch (name) {
    case 'webhook': {
      const data = { acl: ACL, ip: '203.0.113.7', user: 'alice@example.com' };
      const body = Buffer.from(JSON.stringify({ type: 'access.granted', timestamp, data }));
      const signed = signedHeaders(KEY, 'bench-1', Math.floor(now / 1000), body);
      return apiEvent(WEBHOOK_PATH, { 'content-type': 'application/json', ...signed }, body);
    }
    case 'outcome':
      return outcomeEvent(`${WEBHOOK_PATH}/events/${ACL}/bench-1`, {
        ...signedHeaders(KEY, 'bench-1', Math.floor(now / 1000), ''),
      });
    case 'grants': {
      const event = { type: 'access.flushed', acl: ACL, timestamp: BigInt(now) * 1_000_000n } as const;
      const body = formatQueuedEvent({ webhookId: 'bench-1', ...event });
      return fifoEvent([{ messageId: 'm-1', body, sequenceNumber: '1'.padStart(20, '0'), receives: 1 }]);
    }
    case 'expiry':
      return { kind: 'tick' };
    case 'zone':
      return streamEvent([{ eventName: 'MODIFY', key: { acl: ACL, item: ITEM.wake }, byTtl: false }]);
  }
}

/**
 * The AWS and the Okta that the largest case meets: a table full of grants, zones that hold others.
 * @param live how many live grants the zone function finds
 */
export function answersFor(name: FunctionName, live: number, now: number): Answering {
  const count = name === 'zone' ? live : ENDED_GRANTS;
  const expiresAt = name === 'expiry' ? now - 1_000 : now + 3_600_000;
  const items = Array.from({ length: count }, (_, i) => grantItem(i, expiresAt, now));
  const brief = items.map(({ acl, item, expiresAt, ip, since }) => ({ acl, item, expiresAt, ip, since }));
  const stored = new Map<string, Attributes>();
  return (call) => {
    if (call.operation === 'Query') return page(isOfAnEvent(call) ? [] : isBrief(call) ? brief : items, call);
    if (call.operation === 'GetSecretValue') {
      return {
        body: {
          SecretString: name === 'webhook' || name === 'outcome' ? JSON.stringify({ current: KEY }) : 'bench-token',
        },
      };
    }
    if (call.operation === 'GetItem') return { body: itemOf(call, stored, now) };
    if (call.operation === 'UpdateItem' || call.operation === 'PutItem') store(call, stored);
    return call.operation.includes('/api/v1/zones/') ? zoneAnswer(call) : undefined;
  };
}

type Attributes = Readonly<Record<string, unknown>>;

function isBrief({ input }: AwsCall): boolean {
  return input.Select === 'ALL_PROJECTED_ATTRIBUTES';
}

function grantItem(index: number, expiresAt: number, now: number): Attributes {
  const ip = `8.${index >> 14}.${(index >> 7) & 127}.${(index & 127) * 2}`;
  const order = eventOrder(BigInt(now - 60_000) * 1_000_000n, queuePosition(String(index)));
  const texts = { acl: ACL, item: `${ITEM.grant}${ip}#session-${index}`, ip, grantId: `session-${index}`, order };
  const more = { since: order, user: `person-${index}@example.com`, audit: hash('sha256', ip) };
  const numbers = { expiresAt, ttl: Math.ceil(expiresAt / 1000) };
  return {
    ...Object.fromEntries(Object.entries({ ...texts, ...more }).map(([attribute, S]) => [attribute, { S }])),
    ...Object.fromEntries(Object.entries(numbers).map(([attribute, N]) => [attribute, { N: String(N) }])),
  };
}

/** What one event remembers of itself: of a flush that was never tried before, nothing. */
function isOfAnEvent({ input }: AwsCall): boolean {
  return JSON.stringify(input.ExpressionAttributeValues).includes(SEEN_PARTITION);
}

/** The key that a page goes on after is only its number: the function hands it back as it is. */
function page(items: readonly unknown[], call: AwsCall): AwsAnswer {
  const { input } = call;
  const values = input.ExpressionAttributeValues as Record<string, { N?: string }> | undefined;
  // The tick asks for what falls due next, too: there is none.
  if (Number(values?.[':first']?.N ?? 0) > 1 && items.length === ENDED_GRANTS) return { body: { Items: [], Count: 0 } };
  const from = Number((input.ExclusiveStartKey as { acl?: { S: string } } | undefined)?.acl?.S ?? 0);
  const to = from + PAGE[isBrief(call) ? 'brief' : 'whole'];
  const found = items.slice(from, to);
  const next = to < items.length ? { LastEvaluatedKey: { acl: { S: String(to) } } } : {};
  return { body: { Items: found, Count: found.length, ScannedCount: found.length, ...next } };
}

function itemOf({ input }: AwsCall, stored: ReadonlyMap<string, Attributes>, now: number): unknown {
  const key = input.Key as { item?: { S: string } };
  if (key.item?.S === ITEM.wake)
    return { Item: { position: { S: queuePosition('1') }, since: { N: String(now - 60_000) } } };
  const item = stored.get(JSON.stringify(key));
  return item ? { Item: item } : {};
}

/** Keeps what a function stores of its zones, above all that it holds the lease: it goes on only while it does. */
function store({ input }: AwsCall, stored: Map<string, Attributes>): void {
  const { Item: item, Key: key } = input as { Item?: Attributes; Key?: Attributes };
  if (item) stored.set(JSON.stringify({ acl: item.acl, item: item.item }), item);
  if (!key) return;
  const names = input.ExpressionAttributeNames as Record<string, string>;
  const values = (input.ExpressionAttributeValues ?? {}) as Attributes;
  const [sets = ''] = String(input.UpdateExpression).split(/ (?:REMOVE|ADD) /);
  const changed = [...sets.matchAll(/(#\w+) = (:\w+)/g)].map(([, name = '', value = '']) => [
    names[name],
    values[value],
  ]);
  const name = JSON.stringify(key);
  stored.set(name, { ...key, ...stored.get(name), ...Object.fromEntries(changed) });
}

function zoneAnswer({ operation, input }: AwsCall): AwsAnswer {
  const id = operation.split('/').at(-1) ?? '';
  const zone = { id, name: id, type: 'IP', status: 'ACTIVE', usage: 'POLICY', system: false, proxies: null };
  const gateways = operation.startsWith('PUT') ? input.gateways : [{ type: 'CIDR', value: '192.0.2.0/32' }];
  return { body: { ...zone, gateways } };
}
