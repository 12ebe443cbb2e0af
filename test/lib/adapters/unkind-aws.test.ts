import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import {
  awsClientSettings,
  CALL_TIMES,
  type CallTimes,
  longestCallMs,
} from '../../../lib/adapters/aws-client-defaults.ts';
import { DynamoDbTable, REPEAT_FOR_MS } from '../../../lib/adapters/dynamodb-table.ts';
import { kmsClientKeys } from '../../../lib/adapters/kms-client-keys.ts';
import { secretsManagerSecret } from '../../../lib/adapters/secrets-manager-secret.ts';
import { deadLetterQueueUrl, sqsDeadLetterBox } from '../../../lib/adapters/sqs-dead-letters.ts';
import { sqsDeadLetters, sqsEventQueue, sqsTimerQueue } from '../../../lib/adapters/sqs-queues.ts';
import { TIME_FOR_A_TRY_MS } from '../../../lib/grants/apply-record.ts';
import { goodAnswer } from '../../helpers/fake-aws.ts';

/** The times of the functions, made short enough for a test. */
const SHORT: CallTimes = { connectMs: 50, attemptMs: 80, attempts: 3, pauseMs: 8 };
/** Long enough for a good answer on a machine that is busy. */
const PATIENT: CallTimes = { ...SHORT, connectMs: 2_000, attemptMs: 2_000 };

type Behaviour = (request: IncomingMessage, response: ServerResponse, good: string) => void;
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'takes the call and is silent': () => {},
  'cuts the connection off': (request) => request.socket.destroy(),
  'cuts off half an answer': (_, response, good) => {
    response.writeHead(200, { 'content-length': String(good.length + 1) });
    response.write(good, () => response.destroy());
  },
  'gives half an answer and is silent then': (_, response, good) => {
    response.writeHead(200, { 'content-length': String(good.length + 1) }).write(good);
  },
  'gives an answer that never ends, byte for byte': (_, response) => {
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  },
  'fails, and asks to be called again in an hour': (_, response) => {
    response.writeHead(503, { 'retry-after': '3600' }).end('{}');
  },
  'is asked too much, and wants to be called again in an hour': (_, response) => {
    const body = { __type: 'ThrottlingException', message: 'slow down' };
    response.writeHead(400, { 'x-amz-retry-after': '3600000' }).end(JSON.stringify(body));
  },
};

let close = () => {};
afterEach(() => close());

const REDRIVE = { Attributes: { RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:0:dead"}' } };

/** An AWS that behaves so for this many calls of each operation on each queue, and well then. */
async function aws(behaviour: Behaviour, times = Number.POSITIVE_INFINITY) {
  const calls = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const input = JSON.parse(text);
    const name = `${operation} ${input.QueueUrl}`;
    const count = (calls.get(name) ?? 0) + 1;
    calls.set(name, count);
    const right = goodAnswer({ operation, input, headers: request.headers }).body;
    const known: Readonly<Record<string, unknown>> = { GetQueueAttributes: REDRIVE, GetQueueUrl: { QueueUrl: 'dead' } };
    const good = JSON.stringify(known[operation] ?? right);
    response.on('error', () => {});
    if (count <= times) behaviour(request, response, good);
    else response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(good);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

/** So long that the client gives up before. */
const LONG_MS = 60_000;

function keys(endpoint: string, times: CallTimes) {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return kmsClientKeys(
    'RS256',
    new KMSClient({ region: 'eu-central-1', endpoint, credentials, ...awsClientSettings(times) }),
  )('id');
}

/** Every call of every adapter, each a call of its own at AWS. */
function everyCall(endpoint: string, times: CallTimes): Readonly<Record<string, () => Promise<unknown>>> {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const settings = () => ({ region: 'eu-central-1', endpoint, credentials, ...awsClientSettings(times) });
  const table = new DynamoDbTable('grants', DynamoDBDocumentClient.from(new DynamoDBClient(settings())));
  const queue = (name: string) => `${endpoint}/0/${name}`;
  const sqs = () => new SQSClient(settings());
  const box = (name: string) => sqsDeadLetterBox(queue(name), sqs());
  const letter = { messageId: 'm', firstId: 'm', body: 'b', receipt: 'r', retryable: false, reason: 'x' };
  const key = { acl: 'a', item: 'WAKE' };
  return {
    'table.get': () => table.get(key),
    'table.write of one item': () => table.write([{ put: key }]),
    'table.write of several': () =>
      table.write([{ put: key, when: [{ absent: true }] }, { remove: { ...key, item: 'x' } }]),
    'table.query': async () => {
      for await (const page of table.queryPrefix('a', 'GRANT#')) expect(page).toEqual([]);
    },
    'events.send': () => sqsEventQueue(queue('events'), sqs()).send({ body: 'b', deduplicationId: 'd' }),
    'timers.send': () => sqsTimerQueue(queue('timers'), sqs()).send([{ body: 'b', delaySeconds: 1 }]),
    'deadLetters.send': () => sqsDeadLetters(queue('dead'), sqs()).send(letter),
    'box.receive': () => box('box').receive(),
    'box.remove': () => box('box').remove(letter),
    'box.release': () => box('box').release(letter),
    'box.find': () => deadLetterQueueUrl(queue('found'), sqs()),
    'keys.sign': () => keys(endpoint, times).sign(Buffer.from('input'), LONG_MS),
    'secret.read': () => secretsManagerSecret('arn', new SecretsManagerClient(settings())).read(),
  };
}

/** How many attempts the client has made, as it says itself. */
async function failedAfter(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
    return 'no failure';
  } catch (error) {
    return error instanceof Error && '$metadata' in error ? error.$metadata : error;
  }
}

describe.each(Object.entries(BEHAVIOURS))('an AWS that %s', (_, behaviour) => {
  it('is given up on after three attempts, by every call of every adapter', async () => {
    const work = Object.entries(everyCall(await aws(behaviour), SHORT));
    const outcomes = await Promise.all(work.map(async ([name, call]) => [name, await failedAfter(call)]));
    expect(outcomes).toEqual(work.map(([name]) => [name, expect.objectContaining({ attempts: 3 })]));
  });

  it('costs one attempt where it is well again then', async () => {
    const work = Object.entries(everyCall(await aws(behaviour, 1), PATIENT));
    const outcomes = await Promise.all(work.map(async ([name, call]) => [name, await failedAfter(call)]));
    expect(outcomes).toEqual(work.map(([name]) => [name, 'no failure']));
  });
});

describe('the time that a call to AWS can take', () => {
  it('is bounded for the worst that AWS can do, as calculated', async () => {
    const calls = everyCall(await aws(() => {}), SHORT);
    const began = performance.now();
    await expect(calls['table.get']?.()).rejects.toMatchObject({ name: 'TimeoutError' });
    const took = performance.now() - began;
    // Three whole attempts, and then the end: a machine that is busy may be late, but not by another attempt of ten.
    expect(took).toBeGreaterThanOrEqual(SHORT.attempts * SHORT.attemptMs);
    expect(took).toBeLessThan(longestCallMs(SHORT) + 10 * SHORT.attempts * SHORT.attemptMs);
  });

  it.each(Object.entries(BEHAVIOURS))(
    'of a signature is over when the caller says so, at an AWS that %s',
    async (_, behaviour) => {
      const times = { connectMs: 5_000, attemptMs: 5_000, attempts: 1_000, pauseMs: 1 };
      const signing = keys(await aws(behaviour), times).sign(Buffer.from('input'), 60);
      await expect(signing).rejects.toMatchObject({ name: 'TimeoutError' });
    },
  );

  it('leaves the time that the grants function counts on for one event, with the table’s own repetitions', () => {
    expect(longestCallMs()).toBe(8_000);
    expect(longestCallMs(CALL_TIMES) + REPEAT_FOR_MS).toBeLessThanOrEqual(TIME_FOR_A_TRY_MS);
  });
});
