import { afterEach, describe, expect, it } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { formatQueuedEvent } from '../../lib/grants/queue-message.ts';
import { ITEM } from '../../lib/names.ts';
import { fifoEvent, streamEvent } from '../../local/stand-ins/aws-events.ts';
import { apiEvent } from '../../local/webhook-server.ts';
import { ACL, configOf, granted } from '../helpers/events.ts';
import { type Answering, type AwsCall, startFakeAws } from '../helpers/fake-aws.ts';
import { invoke } from '../helpers/lambda-process.ts';
import { rawZone } from '../helpers/raw-okta.ts';

const SECRET = Buffer.alloc(33, 'k').toString('base64');
const TOKEN = 'exported-okta-token';
const secrets = ({ operation, input }: AwsCall) => {
  if (operation !== 'GetSecretValue') return undefined;
  return { body: { SecretString: input.SecretId === 'arn:okta' ? `${TOKEN}\n` : JSON.stringify({ current: SECRET }) } };
};

let close = () => {};
afterEach(() => close());
async function aws(answering: Answering = () => undefined) {
  const fake = await startFakeAws((call) => answering(call) ?? secrets(call));
  close = fake.close;
  const of = (operation: string) => fake.calls.filter((call) => call.operation === operation).map(({ input }) => input);
  return { ...fake, of };
}

function post(headers: Readonly<Record<string, string | undefined>> = {}, id = 'msg_1') {
  const data = { acl: ACL, ip: '203.0.113.7', user: 'alice' };
  const body = JSON.stringify({ type: 'access.granted', timestamp: new Date().toISOString(), data });
  const signed = signedHeaders(SECRET, id, Math.floor(Date.now() / 1000), body);
  return apiEvent(
    '/webhook',
    { 'content-type': 'application/json', ...signed, ...headers } as Record<string, string>,
    Buffer.from(body),
  );
}
const metricsOf = (lines: readonly Readonly<Record<string, unknown>>[]) => lines.filter((line) => '_aws' in line);

describe('the exported webhook handler', () => {
  it('checks the signature with the secret it fetches once, and puts the event onto the queue', async () => {
    const { of, url } = await aws();
    const { results, output } = await invoke('webhook', [post(), post({}, 'msg_2')], url, configOf());
    expect(results).toMatchObject([{ answer: { statusCode: 202 } }, { answer: { statusCode: 202 } }]);
    expect(of('GetSecretValue')).toEqual([{ SecretId: 'arn:webhook' }]);
    expect(of('SendMessage')).toMatchObject(
      ['msg_1', 'msg_2'].map((id) => ({
        QueueUrl: `${url}/0/events.fifo`,
        MessageGroupId: 'events',
        // One for each event: the ACL, the id and the body, which is the same here.
        MessageDeduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/),
        MessageBody: expect.stringContaining(`"webhookId":"${id}"`),
      })),
    );
    expect(new Set(of('SendMessage').map((input) => input.MessageDeduplicationId)).size).toBe(2);
    expect(output).not.toContain(SECRET);
  });

  it('refuses with one JSON line and one metric for each code, each under the request it belongs to', async () => {
    const { of, url } = await aws();
    const bad = [
      { 'webhook-signature': '' },
      { 'webhook-signature': `v1,${'A'.repeat(43)}=` },
      { 'content-type': 'text/plain' },
    ];
    const { results, lines, output } = await invoke(
      'webhook',
      bad.map((headers) => post(headers)),
      url,
      configOf(),
    );
    expect(results.map(({ answer }) => answer?.statusCode)).toEqual([401, 401, 415]);
    expect(lines.filter(({ code }) => code)).toMatchObject([
      { level: 'ERROR', code: 'HOOK001', message: 'signature missing or invalid', awsRequestId: 'request-0' },
      { code: 'HOOK001', awsRequestId: 'request-1' },
      { code: 'HOOK003', awsRequestId: 'request-2' },
    ]);
    const counts = metricsOf(lines);
    // Nothing was accepted in this hour: that is counted beside the codes.
    expect(counts.filter(({ RefusedAndNoneAccepted: refused }) => refused === 1)).toHaveLength(3);
    const metrics = counts.filter(({ Code: code }) => code !== undefined);
    expect(metrics.map(({ Code, Errors, service }) => [Code, Errors, service])).toEqual([
      ['HOOK001', 1, 'KnocknocOkta'],
      ['HOOK001', 1, 'KnocknocOkta'],
      ['HOOK003', 1, 'KnocknocOkta'],
    ]);
    for (const { _aws } of metrics) {
      const { CloudWatchMetrics } = _aws as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] };
      expect(CloudWatchMetrics).toHaveLength(1);
      expect(CloudWatchMetrics[0]?.Namespace).toBe('KnocknocOkta');
      expect(CloudWatchMetrics[0]?.Dimensions.map((names) => [...names].sort())).toEqual([['Code', 'service']]);
    }
    expect(of('SendMessage')).toEqual([]);
    expect(output).not.toMatch(/v1,|"body"/);
    // Whom an event is for is told where a good signature says who tells it.
    expect(lines.map(({ user }) => user).filter((user) => user !== undefined)).toEqual(['alice']);
    expect(lines.find(({ user }) => user !== undefined)).toMatchObject({ awsRequestId: 'request-2' });
  });

  it('answers 503 where the queue refuses, and 202 again once it does not', async () => {
    let attempts = 0;
    const { url } = await aws(({ operation }) => {
      if (operation !== 'SendMessage') return undefined;
      attempts += 1;
      return attempts > 1
        ? undefined
        : { status: 400, body: { __type: 'com.amazonaws.sqs#InvalidAddress', message: 'no' } };
    });
    const { results, lines } = await invoke('webhook', [post(), post()], url, configOf());
    expect(results.map(({ answer }) => answer?.statusCode)).toEqual([503, 202]);
    expect(metricsOf(lines).map(({ Code }) => Code)).toEqual(['HOOK007']);
  });
});

describe('the exported grants handler', () => {
  const bodies = [granted('203.0.113.1', 1), granted('203.0.113.2', 2)].map(formatQueuedEvent);
  const batch = (texts: readonly string[]) =>
    fifoEvent(texts.map((body, i) => ({ messageId: `m${i + 1}`, body, sequenceNumber: String(i + 1), receives: 1 })));

  it('applies a batch, and sets poison aside with its reason', async () => {
    const { of, url } = await aws();
    const { results } = await invoke('grants', [batch([bodies[0] ?? '', 'poison', bodies[1] ?? ''])], url, configOf());
    expect(results).toEqual([{ answer: { batchItemFailures: [] } }]);
    expect(of('TransactWriteItems')).toHaveLength(2);
    expect(of('UpdateItem')).toMatchObject([{ Key: { acl: { S: ACL }, item: { S: ITEM.wake } } }]);
    expect(of('SendMessage')).toMatchObject([
      {
        ...{ QueueUrl: `${url}/0/dead.fifo`, MessageBody: 'poison', MessageDeduplicationId: 'm2' },
        MessageAttributes: { Reason: { StringValue: expect.any(String) } },
      },
    ]);
  });

  it('reports a failure of the table and all behind it, with STORE001 as line and metric', async () => {
    const denied = { status: 400, body: { __type: 'com.amazonaws.dynamodb#AccessDeniedException', message: 'no' } };
    const { of, url } = await aws(({ operation }) => (operation === 'TransactWriteItems' ? denied : undefined));
    const { results, lines } = await invoke('grants', [batch(bodies)], url, configOf());
    const failures = ['m1', 'm2'].map((itemIdentifier) => ({ itemIdentifier }));
    expect(results).toEqual([{ answer: { batchItemFailures: failures } }]);
    expect(of('TransactWriteItems')).toHaveLength(1);
    expect(lines.filter(({ code }) => code)).toMatchObject([{ code: 'STORE001', acl: ACL }]);
    expect(metricsOf(lines)).toMatchObject([{ Code: 'STORE001', Errors: 1 }]);
  });
});

describe('the exported zone handler', () => {
  const change = (acl: string) => ({ eventName: 'INSERT', key: { acl, item: ITEM.wake }, byTtl: false }) as const;

  it('calls Okta with the token it fetched, and counts every code of one invocation by itself', async () => {
    const status: Readonly<Record<string, number>> = { nzo1: 200, nzo2: 404, nzo3: 403 };
    const { calls, of, url } = await aws(({ operation }) => {
      const [, id = ''] = /^GET \/api\/v1\/zones\/(.*)$/.exec(operation) ?? [];
      if (!(id in status)) return undefined;
      return { status: status[id] ?? 0, body: status[id] === 200 ? rawZone({ id }) : { errorCode: 'E0000006' } };
    });
    const acls = { a: { zoneIds: ['nzo1'] }, b: { zoneIds: ['nzo2'] }, c: { zoneIds: ['nzo3'] } };
    const config = configOf({ okta: { domain: 'acme.okta.com', baseUrl: url }, acls });
    const event = streamEvent([change('a'), change('b'), change('c'), change('a')]);
    const { results, lines, output } = await invoke('zone', [event], url, config);
    expect(results).toEqual([{}]);
    expect(new Set(of('GetSecretValue').map(({ SecretId }) => SecretId))).toEqual(new Set(['arn:okta']));
    const toOkta = calls.filter(({ operation }) => operation.startsWith('GET '));
    expect(toOkta.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`SSWS ${TOKEN}`));
    expect(metricsOf(lines).map(({ Code }) => Code)).toEqual(expect.arrayContaining(['ZONE001', 'OKTA002']));
    expect(metricsOf(lines)).toHaveLength(2);
    expect(lines.find(({ code }) => code === 'ZONE001')).toMatchObject({ acl: 'b', zoneId: 'nzo2' });
    expect(output).not.toContain(TOKEN);
  });
});

describe('the exported expiry handler', () => {
  it('looks after every ACL on a tick, and after what lies behind a timer', async () => {
    const { of, url } = await aws();
    const timer = { version: 1, kind: 'rebuild', acl: ACL, at: 1 };
    const record = { messageId: 'm1', body: JSON.stringify(timer) };
    const { results } = await invoke('expiry', [{ kind: 'tick' }, { Records: [record] }], url, configOf());
    expect(results).toEqual(Array(2).fill({ answer: { batchItemFailures: [] } }));
    expect(of('Query').length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(of('UpdateItem'))).toContain(ITEM.wake);
  });
});

describe('the exported allowlist handler', () => {
  const acls = { [ACL]: { zoneIds: ['nzo1'], allowlist: {} } };

  it('asks for the list with the key it fetched, queues who is on it, and writes what it remembers of the list alone', async () => {
    const key = 'exported-list-key';
    const { calls, of, url } = await aws(({ operation, input, headers }) => {
      if (operation === 'GET /lists/t0ken-of-the-list') return { body: '203.0.113.7\n' };
      if (operation !== 'GetSecretValue' || input.SecretId !== 'arn:lists') return undefined;
      const list = { url: `http://${headers.host}/lists/t0ken-of-the-list`, key };
      return { body: { SecretString: JSON.stringify({ [ACL]: list }) } };
    });
    const timer = JSON.stringify({ version: 1, kind: 'read', acl: ACL, at: 1 });
    const records = [timer, timer, 'poison'].map((body, i) => ({ messageId: `m${i + 1}`, body }));
    const { results, output } = await invoke('allowlist', [{ Records: records }], url, configOf({ acls }));
    expect(results).toEqual([{ answer: { batchItemFailures: [{ itemIdentifier: 'm3' }] } }]);
    const asked = calls.filter(({ operation }) => operation.startsWith('GET '));
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from(`apikey:${key}`).toString('base64')}`,
    ]);
    expect(of('SendMessage')).toMatchObject([
      { QueueUrl: `${url}/0/events.fifo`, MessageBody: expect.stringContaining('"grantId":"allowlist"') },
    ]);
    const partitions = of('UpdateItem').map(({ Key }) => JSON.stringify(Key));
    expect(partitions).toEqual([expect.stringContaining(`ALLOWLIST#${ACL}`)]);
    expect(calls.map(({ operation }) => operation)).not.toContain('PutItem');
    expect(output).not.toMatch(/exported-list-key|t0ken/);
  });

  it('is woken by the tick, which arms the reads of two minutes', async () => {
    const { of, url } = await aws();
    await invoke('expiry', [{ kind: 'tick' }], url, configOf({ acls }));
    const sent = of('SendMessageBatch').filter(({ QueueUrl }) => QueueUrl === `${url}/0/reads`);
    expect(sent.flatMap(({ Entries }) => Entries).length).toBeGreaterThanOrEqual(8);
    expect(JSON.stringify(sent)).toContain('\\"kind\\":\\"read\\"');
  });
});
