import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { EVENTS_MESSAGE_GROUP, LETTER_REASON } from '../names.ts';
import type { DeadLetterBox } from '../ports.ts';
import { awsClientSettings } from './aws-client-defaults.ts';

/** For the time that a person's command takes to go through all letters. */
const VISIBILITY_SECONDS = 300;
/** Asks all of SQS's servers, where no wait can miss messages; and well within the client's timeout. */
const WAIT_SECONDS = 1;

/** The dead-letter queue of the events, as a person's command goes through it. */
export function sqsDeadLetterBox(queueUrl: string, client = new SQSClient(awsClientSettings())): DeadLetterBox {
  return {
    async receive() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: VISIBILITY_SECONDS,
          WaitTimeSeconds: WAIT_SECONDS,
          MessageAttributeNames: [LETTER_REASON],
          MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
        }),
      );
      return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes, Attributes }) => {
        const reason = MessageAttributes?.[LETTER_REASON]?.StringValue;
        const retryable = Attributes?.MessageGroupId === EVENTS_MESSAGE_GROUP;
        // Where a FIFO queue moves a message, its id becomes the deduplication id (SQS Developer Guide, "dead-letter queue
        // redrive"); what is set aside with its reason is sent so, too.
        const { MessageDeduplicationId: firstId = MessageId } = Attributes ?? {};
        const letter = { messageId: MessageId, firstId, body: Body, receipt: ReceiptHandle, retryable };
        return { ...letter, ...(reason && { reason }) };
      });
    },
    async remove({ receipt }) {
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt }));
    },
    async release({ receipt }) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 }),
      );
    },
  };
}

/**
 * The address of the dead-letter queue of a queue, from its redrive policy.
 * @throws {Error} where the queue has none
 */
export async function deadLetterQueueUrl(
  queueUrl: string,
  client = new SQSClient(awsClientSettings()),
): Promise<string> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  const policy: { deadLetterTargetArn?: string } = JSON.parse(Attributes?.RedrivePolicy ?? '{}');
  const name = policy.deadLetterTargetArn?.split(':').at(-1);
  if (!name) throw new Error('the events queue has no dead-letter queue');
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
  if (!QueueUrl) throw new Error(`the queue ${name} has no address`);
  return QueueUrl;
}
