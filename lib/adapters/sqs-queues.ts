import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { EVENTS_MESSAGE_GROUP, LETTER_REASON } from '../names.ts';
import type { DeadLetters, EventQueue, TimerQueue } from '../ports.ts';
import { queuePosition } from '../queue-position.ts';
import { awsClientSettings } from './aws-client-defaults.ts';

const ownClient = new SQSClient(awsClientSettings());
/** Entries in one batch request of SQS. */
const BATCH = 10;

/** The FIFO queue of events. One message group for all: see EVENTS_MESSAGE_GROUP. */
export function sqsEventQueue(queueUrl: string, client = ownClient): EventQueue {
  return {
    async send({ body, deduplicationId }) {
      const sent = await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          MessageGroupId: EVENTS_MESSAGE_GROUP,
          MessageDeduplicationId: deduplicationId,
        }),
      );
      return sent.SequenceNumber === undefined ? '' : queuePosition(sent.SequenceNumber);
    },
  };
}

/** The standard queue whose messages carry delays. */
export function sqsTimerQueue(queueUrl: string, client = ownClient): TimerQueue {
  return {
    async send(messages) {
      for (let at = 0; at < messages.length; at += BATCH) {
        const entries = messages.slice(at, at + BATCH).map((message, index) => ({
          Id: String(index),
          MessageBody: message.body,
          DelaySeconds: message.delaySeconds,
        }));
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
        );
        if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} timer messages: ${Failed[0]?.Code}`);
      }
    },
  };
}

/**
 * A dead-letter queue, for messages that are put there directly; the reason goes along. In a FIFO queue, what
 * stays there for good has a message group of its own: a group is only read on when its first are gone.
 */
export function sqsDeadLetters(queueUrl: string, client = ownClient): DeadLetters {
  return {
    async send({ body, messageId, reason, retryable }) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          ...(queueUrl.endsWith('.fifo') && {
            MessageGroupId: retryable ? EVENTS_MESSAGE_GROUP : messageId,
            MessageDeduplicationId: messageId,
          }),
          MessageAttributes: { [LETTER_REASON]: { DataType: 'String', StringValue: reason } },
        }),
      );
    },
  };
}
