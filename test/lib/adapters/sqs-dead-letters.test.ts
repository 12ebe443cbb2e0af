import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { deadLetterQueueUrl, sqsDeadLetterBox } from '../../../lib/adapters/sqs-dead-letters.ts';
import { type Answering, startFakeAws } from '../../helpers/fake-aws.ts';

let close = () => {};
afterEach(() => close());
async function aws(answering: Answering) {
  const fake = await startFakeAws(answering);
  close = fake.close;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ region: 'us-east-1', endpoint: fake.url, credentials, maxAttempts: 1 });
  return { ...fake, client, url: `${fake.url}/0/dead.fifo` };
}
/** What the client checks a body against. */
const MD5_OF_BODY = '841a2d689ad86bd1611447453c22c6fc';
const message = (more: object) => ({ ReceiptHandle: 'r', Body: 'body', MD5OfBody: MD5_OF_BODY, ...more });

describe('the dead-letter queue on AWS', () => {
  it('gives letters with the reason they carry, and knows those that the queue moved', async () => {
    const Messages = [
      message({
        ...{ MessageId: 'm1', Attributes: { MessageGroupId: 'm1' } },
        MessageAttributes: { Reason: { DataType: 'String', StringValue: 'not an event' } },
      }),
      message({ MessageId: 'm2', Attributes: { MessageGroupId: 'events', MessageDeduplicationId: 'first' } }),
    ];
    const { client, url, calls } = await aws(({ operation }) =>
      operation === 'ReceiveMessage' ? { body: { Messages } } : undefined,
    );
    expect(await sqsDeadLetterBox(url, client).receive()).toEqual([
      { messageId: 'm1', firstId: 'm1', body: 'body', receipt: 'r', retryable: false, reason: 'not an event' },
      { messageId: 'm2', firstId: 'first', body: 'body', receipt: 'r', retryable: true },
    ]);
    expect(calls).toMatchObject([
      {
        input: {
          ...{ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 300 },
          ...{
            MessageAttributeNames: ['Reason'],
            MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
          },
        },
      },
    ]);
  });

  it('gives none where it is empty', async () => {
    const { client, url } = await aws(() => undefined);
    expect(await sqsDeadLetterBox(url, client).receive()).toEqual([]);
  });

  it('removes a letter, and gives one back at once, by what its reception is known by', async () => {
    const { client, url, calls } = await aws(() => undefined);
    const box = sqsDeadLetterBox(url, client);
    const letter = { messageId: 'm', firstId: 'm', body: 'body', receipt: 'handle', retryable: true };
    await box.remove(letter);
    await box.release(letter);
    expect(calls).toMatchObject([
      { operation: 'DeleteMessage', input: { QueueUrl: url, ReceiptHandle: 'handle' } },
      { operation: 'ChangeMessageVisibility', input: { QueueUrl: url, ReceiptHandle: 'handle', VisibilityTimeout: 0 } },
    ]);
  });

  it('is found by the redrive policy of the queue before it', async () => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:0:dead.fifo' });
    const { client, calls } = await aws(({ operation }) => {
      if (operation === 'GetQueueAttributes') return { body: { Attributes: { RedrivePolicy } } };
      return operation === 'GetQueueUrl' ? { body: { QueueUrl: 'https://sqs/0/dead.fifo' } } : undefined;
    });
    expect(await deadLetterQueueUrl('https://sqs/0/events.fifo', client)).toBe('https://sqs/0/dead.fifo');
    expect(calls[1]?.input).toEqual({ QueueName: 'dead.fifo' });
  });

  it('is missed where the queue has none', async () => {
    const { client } = await aws(() => undefined);
    await expect(deadLetterQueueUrl('https://sqs/0/events.fifo', client)).rejects.toThrow('no dead-letter queue');
  });
});
