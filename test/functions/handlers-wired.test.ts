import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { signedHeaders } from '../../cli/webhook-client.ts';
import { formatQueuedEvent } from '../../lib/grants/queue-message.ts';
import { ENV, ITEM, TIMERS_MOST_RECEIVES } from '../../lib/names.ts';
import { fifoEvent, lambdaContext, streamEvent, timerEvent } from '../../local/stand-ins/aws-events.ts';
import { apiEvent, outcomeEvent } from '../../local/webhook-server.ts';
import { ACL, configOf, granted } from '../helpers/events.ts';
import { startFakeAws } from '../helpers/fake-aws.ts';
import { rawZone } from '../helpers/raw-okta.ts';

/** The exported handlers in this process: which of them reaches what, by the addresses in their environment. */
const KEY = Buffer.alloc(33, 'k').toString('base64');
const EVENT_SOURCE = { messageId: 'm1', sequenceNumber: '7', receives: 1 };
let aws: Awaited<ReturnType<typeof startFakeAws>>;
beforeAll(async () => {
  // Functions that have not run yet, and do not stay for another test.
  vi.resetModules();
  aws = await startFakeAws(({ operation, input }) => {
    if (operation === 'GET /api/v1/zones/nzo1') return { body: rawZone() };
    if (operation === 'GET /api/v1/zones/nzo2') return { status: 503, body: {} };
    if (operation !== 'GetSecretValue') return undefined;
    return { body: { SecretString: input.SecretId === 'arn:okta' ? 'wired-token' : JSON.stringify({ current: KEY }) } };
  });
  const environment = {
    ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
    ...{ AWS_ENDPOINT_URL: aws.url, POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    ...{ [ENV.serviceName]: 'KnocknocOkta', [ENV.tableName]: 'grants' },
    ...{ [ENV.eventsQueueUrl]: `${aws.url}/0/events.fifo`, [ENV.timerQueueUrl]: `${aws.url}/0/timers` },
    ...{ [ENV.deadLetterQueueUrl]: `${aws.url}/0/dead.fifo` },
    ...{ [ENV.webhookSecretArn]: 'arn:webhook', [ENV.oktaCredentialsArn]: 'arn:okta' },
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const acls = { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };
  vi.stubGlobal('KNOCKNOC_CONFIG', configOf({ acls, okta: { domain: 'acme.okta.com', baseUrl: aws.url } }));
});
afterAll(() => {
  aws.close();
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
beforeEach(() => {
  aws.calls.length = 0;
});
const context = lambdaContext('f', 'request-1', () => 30_000);
const inputs = (operation: string) =>
  aws.calls.filter((call) => call.operation === operation).map(({ input }) => input);

describe('the handler that is deployed', () => {
  it('of the webhook takes its secret, puts the event onto the events queue, and looks at the table for a ping', async () => {
    const { handler } = await import('../../functions/webhook.ts');
    const data = { acl: ACL, ip: '203.0.113.7' };
    const body = JSON.stringify({ type: 'access.granted', timestamp: new Date().toISOString(), data });
    const posted = (text: string) => {
      const signed = signedHeaders(KEY, 'msg', Math.floor(Date.now() / 1000), text);
      return apiEvent('/webhook', { 'content-type': 'application/json', ...signed }, Buffer.from(text));
    };
    expect(await handler(posted(body), context)).toMatchObject({ statusCode: 202 });
    const ping = JSON.stringify({ type: 'access.ping', timestamp: new Date().toISOString(), data: { acl: ACL } });
    expect(await handler(posted(ping), context)).toMatchObject({ statusCode: 200 });
    expect(inputs('GetSecretValue')).toEqual([{ SecretId: 'arn:webhook' }]);
    expect(inputs('SendMessage')).toMatchObject([{ QueueUrl: `${aws.url}/0/events.fifo` }]);
    expect(inputs('GetItem')[0]).toMatchObject({ TableName: 'grants' });
  });

  it('of the outcomes takes the secret, and reads the table', async () => {
    const { handler } = await import('../../functions/outcome.ts');
    const signed = signedHeaders(KEY, 'msg', Math.floor(Date.now() / 1000), '');
    const event = outcomeEvent(`/webhook/events/${ACL}/msg`, signed);
    expect(await handler(event, context)).toMatchObject({ statusCode: 404, body: expect.stringContaining('HOOK009') });
    expect(inputs('GetSecretValue')).toEqual([{ SecretId: 'arn:webhook' }]);
    expect(inputs('GetItem')[0]).toMatchObject({ TableName: 'grants' });
  });

  it('of the grants writes to the table, arms timers, and sets poison aside', async () => {
    const { handler } = await import('../../functions/grants.ts');
    const short = granted('203.0.113.7', 0, {
      timestamp: BigInt(Date.now()) * 1_000_000n,
      expiresAt: Date.now() + 60_000,
    });
    const batch = [formatQueuedEvent(short), 'poison'].map((body) => ({ ...EVENT_SOURCE, body }));
    expect(await handler(fifoEvent(batch), context)).toEqual({ batchItemFailures: [] });
    expect(inputs('SendMessageBatch')).toMatchObject([{ QueueUrl: `${aws.url}/0/timers` }]);
    expect(JSON.stringify(inputs('TransactWriteItems'))).toContain('"TableName":"grants"');
    expect(inputs('SendMessage')).toMatchObject([{ QueueUrl: `${aws.url}/0/dead.fifo`, MessageBody: 'poison' }]);
  });

  it('of the expiry reads the table, arms timers, and sets aside what fails for the last time', async () => {
    const { handler } = await import('../../functions/expiry.ts');
    await handler({ kind: 'tick' }, context);
    expect(inputs('Query')[0]).toMatchObject({ TableName: 'grants' });
    expect(inputs('UpdateItem')[0]).toMatchObject({ TableName: 'grants', Key: { item: { S: ITEM.wake } } });
    const later = JSON.stringify({ version: 1, kind: 'expiry', acl: ACL, at: Date.now() + 60_000 });
    await handler(timerEvent('m1', later), context);
    expect(inputs('SendMessageBatch')).toMatchObject([{ QueueUrl: `${aws.url}/0/timers` }]);
    await handler(timerEvent('m2', 'poison', TIMERS_MOST_RECEIVES), context);
    expect(inputs('SendMessage')).toMatchObject([{ QueueUrl: `${aws.url}/0/dead.fifo`, MessageBody: 'poison' }]);
  });

  it('of the zones takes Okta’s token and address, and arms a timer where Okta does not answer', async () => {
    const { handler } = await import('../../functions/zone.ts');
    const change = (acl: string) => ({ eventName: 'INSERT', key: { acl, item: ITEM.wake }, byTtl: false }) as const;
    await handler(streamEvent([change(ACL), change('other')]), context);
    expect(inputs('GetSecretValue')).toEqual(expect.arrayContaining([{ SecretId: 'arn:okta' }]));
    const toOkta = aws.calls.filter(({ operation }) => operation.startsWith('GET '));
    expect(toOkta.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('SSWS wired-token'));
    expect(inputs('SendMessageBatch')).toMatchObject([{ QueueUrl: `${aws.url}/0/timers` }]);
    expect(inputs('UpdateItem')[0]).toMatchObject({ TableName: 'grants' });
  });
});
