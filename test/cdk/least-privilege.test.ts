import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { formatQueuedEvent } from '../../lib/grants/queue-message.ts';
import { ENV, TABLE, TIMERS_MOST_RECEIVES } from '../../lib/names.ts';
import type { Item, Value } from '../../lib/ports.ts';
import { fifoEvent, streamEvent, timerEvent } from '../../local/stand-ins/aws-events.ts';
import { apiEvent, outcomeEvent } from '../../local/webhook-server.ts';
import { ACL, configOf, flushed, granted, revoked } from '../helpers/events.ts';
import { type AwsCall, startFakeAws } from '../helpers/fake-aws.ts';
import { invoke } from '../helpers/lambda-process.ts';
import { recordingTable, tableRights } from '../helpers/sdk-recorder.ts';
import { ZoneWorld } from '../helpers/zone-world.ts';
import { makePlan } from '../simulation/make-plan.ts';
import { runSchedule } from '../simulation/run-schedule.ts';
import { rightsIn } from './rights.ts';
import { LISTED, property, resourceOf, templateWith } from './synthesised.ts';

const template = templateWith(LISTED);
const SECRET = Buffer.alloc(33, 'k').toString('base64');
const SCHEDULES = 25;
const soon = () => Date.now() + 30_000;

/** What Lambda itself does with a function's role: write its log, and poll what wakes it. */
const logs = (name: string) => ['CreateLogStream', 'PutLogEvents'].map((action) => `logs:${action} on ${name}Logs.Arn`);
const POLL_QUEUE = [
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ReceiveMessage',
] as const;
const poll = (queue: string) => POLL_QUEUE.map((action) => `sqs:${action} on ${queue}.Arn`);
const BY_LAMBDA = {
  webhook: logs('Webhook'),
  outcome: logs('Outcome'),
  grants: [...logs('Grants'), ...poll('GrantsEventsQueue')],
  expiry: [...logs('Expiry'), ...poll('ExpiryTimersQueue')],
  zone: [
    ...logs('Zone'),
    ...['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
      (action) => `dynamodb:${action} on GrantsTable.StreamArn`,
    ),
    'sqs:SendMessage on ZoneFailuresQueue.Arn',
  ],
  allowlist: [...logs('AllowlistReader'), ...poll('AllowlistReadsQueue')],
} as const;
type Name = keyof typeof BY_LAMBDA;
const NAMES = Object.keys(BY_LAMBDA) as Name[];

/** The address variable of a queue or secret that the process got in place of the real one. */
const VARIABLES: Readonly<Record<string, string>> = {
  'events.fifo': ENV.eventsQueueUrl,
  timers: ENV.timerQueueUrl,
  reads: ENV.readQueueUrl,
  'dead.fifo': ENV.deadLetterQueueUrl,
  'arn:webhook': ENV.webhookSecretArn,
  'arn:okta': ENV.oktaCredentialsArn,
  'arn:lists': ENV.allowlistSecretArn,
};

/** What the stack's names of a function begin with. */
function titleOf(name: Name): string {
  return name === 'allowlist' ? 'AllowlistReader' : `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

/** The right that a request asks for; the resource is the one whose address the stack gives to this function. */
function rightsOf(name: Name, { operation, input }: AwsCall): string[] {
  if (/^(GET|PUT) /.test(operation)) return []; // Okta and Knocknoc
  if (input.QueueUrl === undefined && input.SecretId === undefined) return tableRights(operation, input);
  const address = String(input.QueueUrl ?? input.SecretId).replace(/^http.*\//, '');
  const [, lambda] = resourceOf(template, 'AWS::Lambda::Function', `${titleOf(name)}Function`);
  const value = JSON.stringify(property(lambda, 'Environment', 'Variables', VARIABLES[address] ?? '') ?? null);
  const [, id = `no address of ${address}`] = /"(?:Ref|Fn::GetAtt)":\[?"(\w+)[0-9A-F]{8}"/.exec(value) ?? [];
  const isSecret = input.SecretId !== undefined;
  const action = isSecret ? 'secretsmanager:GetSecretValue' : `sqs:${operation.replace(/Batch$/, '')}`;
  return [`${action} on ${id}.${isSecret ? 'Id' : 'Arn'}`];
}

/**
 * The table after events that are confirmed, of an ACL whose zone can't be used any more: all that an outcome is judged by
 * is read. A revoke is asked about (`msg_1`) and a flush (`msg_2`), and a grant is over soon.
 */
async function storedItems(): Promise<readonly Item[]> {
  const world = new ZoneWorld();
  await world.apply(
    flushed(0, { webhookId: 'msg_2' }),
    granted('203.0.113.8', 1, { expiresAt: soon() }),
    revoked('203.0.113.7', 2, { webhookId: 'msg_1' }),
  );
  await world.rebuild();
  world.okta.editZone('nzo1', { status: 'INACTIVE' });
  await world.clock.advance(60_000);
  await world.deps.states.requestReading(ACL, 'a test', world.clock.now());
  await world.rebuild();
  return world.table.items();
}

/** What the table answers, as AWS's own protocol has it. */
function readOf(items: readonly Item[], { operation, input }: AwsCall): unknown {
  if (operation === 'GetItem') {
    const [acl, item] = [TABLE.partitionKey, TABLE.sortKey].map((name) => textIn(input.Key, name));
    const found = items.find((one) => one.acl === acl && one.item === item);
    return found ? { Item: wired(found).M } : {};
  }
  const [acl, prefix = ''] = [':acl', ':prefix'].map((name) => textIn(input.ExpressionAttributeValues, name));
  const Items = items
    .filter((one) => one.acl === acl && (input.IndexName ? TABLE.expiryAttribute in one : one.item.startsWith(prefix)))
    .map((one) => wired(one).M);
  return { Items, Count: Items.length, ScannedCount: Items.length };
}

function textIn(attributes: unknown, name: string): string | undefined {
  const found = recordOf(attributes)[name];
  return typeof recordOf(found).S === 'string' ? String(recordOf(found).S) : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function wired(value: Value | Item): { readonly [type: string]: unknown } {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(wired) };
  return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, wired(inner)])) };
}

/** Requests of the exported handlers, on the events that make them use all that they are given. */
async function called(name: Name): Promise<string[]> {
  const items = await storedItems();
  const isAsked = name === 'webhook' || name === 'outcome' || name === 'allowlist';
  let reads = 0;
  const aws = await startFakeAws((call) => {
    const { operation, input, headers } = call;
    if (operation === 'GetSecretValue') {
      const lists = { [ACL]: { url: `http://${headers.host}/list`, key: 'key' } };
      const secrets: Readonly<Record<string, string>> = { 'arn:okta': 'token', 'arn:lists': JSON.stringify(lists) };
      return { body: { SecretString: secrets[String(input.SecretId)] ?? JSON.stringify({ current: SECRET }) } };
    }
    if (operation === 'GET /list') {
      reads += 1;
      return reads === 1 ? { body: '203.0.113.9\n' } : { status: 503, body: {} };
    }
    if (operation === 'Query' && (isAsked || input.IndexName)) return { body: readOf(items, call) };
    if (operation === 'GetItem' && isAsked) return { body: readOf(items, call) };
    // Okta is down: the next attempt is armed.
    return /^(GET|PUT) /.test(operation) ? { status: 503, body: {} } : undefined;
  });
  try {
    const config = configOf({ ...LISTED, okta: { domain: 'acme.okta.com', baseUrl: aws.url } });
    await invoke(name, eventsFor(name), aws.url, config);
    return aws.calls.flatMap((call) => rightsOf(name, call));
  } finally {
    aws.close();
  }
}

function eventsFor(name: Name): unknown[] {
  if (name === 'webhook') {
    const data = { acl: ACL, ip: '203.0.113.7' };
    const body = JSON.stringify({ type: 'access.granted', timestamp: new Date().toISOString(), data });
    const signed = signedHeaders(SECRET, 'msg_1', Math.floor(Date.now() / 1000), body);
    const headers = { 'content-type': 'application/json', ...signed };
    const ping = JSON.stringify({ type: 'access.ping', timestamp: new Date().toISOString(), data: { acl: ACL } });
    const signedPing = signedHeaders(SECRET, 'msg_2', Math.floor(Date.now() / 1000), ping);
    const pinged = { 'content-type': 'application/json', ...signedPing };
    return [apiEvent('/webhook', headers, Buffer.from(body)), apiEvent('/webhook', pinged, Buffer.from(ping))];
  }
  if (name === 'outcome') {
    return ['msg_1', 'msg_2'].map((id) => {
      const signed = signedHeaders(SECRET, id, Math.floor(Date.now() / 1000), '');
      return outcomeEvent(`/webhook/events/${ACL}/${id}`, signed);
    });
  }
  if (name === 'grants') {
    const short = formatQueuedEvent({ ...granted('203.0.113.7', 1), expiresAt: soon() });
    const records = [short, 'poison'].map((body, i) => ({
      ...{ messageId: `m${i}`, body, sequenceNumber: `${i + 1}`, receives: 1 },
    }));
    return [fifoEvent(records)];
  }
  if (name === 'allowlist') {
    // Somebody comes and somebody goes by the first list; there is no second.
    return [1, Date.now() + 60_000].map((at) =>
      timerEvent('m1', JSON.stringify({ version: 1, kind: 'read', acl: ACL, at })),
    );
  }
  if (name === 'expiry') return [{ kind: 'tick' }, timerEvent('m1', 'poison', TIMERS_MOST_RECEIVES)];
  return [streamEvent([{ eventName: 'INSERT', key: { acl: ACL, item: 'WAKE' }, byTtl: false }])];
}

/** Requests to the table in simulated schedules with all kinds of trouble. */
async function simulated(): Promise<Map<string, Set<string>>> {
  const seen = new Map<string, Set<string>>(NAMES.map((name) => [name, new Set()]));
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    await runSchedule(makePlan(seed), {
      table: (table, name) => recordingTable(table, (right) => seen.get(name)?.add(right)),
    });
  }
  await new Promise((resolve) => setImmediate(resolve));
  return seen;
}

describe('each function', () => {
  it('may do what its code does, on what its code does it to, and nothing else', { timeout: 180_000 }, async () => {
    const inSimulation = await simulated();
    for (const name of NAMES) {
      const used = new Set([...BY_LAMBDA[name], ...(inSimulation.get(name) ?? []), ...(await called(name))]);
      expect.soft(rightsIn(template, `${titleOf(name)}Role`), name).toEqual([...used].toSorted());
    }
  });
});
