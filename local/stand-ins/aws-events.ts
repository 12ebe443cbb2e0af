import type { AttributeValue, Context, DynamoDBStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { TABLE } from '../../lib/names.ts';
import type { Item } from '../../lib/ports.ts';
import type { FifoMessage } from './fifo-queue.ts';
import type { Change } from './memory-table.ts';

/** The events that Lambda would hand to the functions. */
export function fifoEvent(batch: readonly FifoMessage[]): SQSEvent {
  return {
    Records: batch.map(({ messageId, body, sequenceNumber, receives }) => ({
      ...sqsRecord(messageId, body, receives),
      eventSourceARN: 'arn:aws:sqs:local:000000000000:events.fifo',
      attributes: { ...sqsRecord(messageId, body, receives).attributes, SequenceNumber: sequenceNumber },
    })),
  };
}

export function timerEvent(messageId: string, body: string, receives = 1): SQSEvent {
  return { Records: [sqsRecord(messageId, body, receives)] };
}

export function streamEvent(batch: readonly Change[]): DynamoDBStreamEvent {
  return {
    Records: batch.map(({ eventName, key, byTtl, before }) => ({
      eventName,
      eventSource: 'aws:dynamodb',
      // Of a row that is removed, its order says which of all that had its name it was.
      ...(before && { eventID: `${key.acl} ${key.item} ${before.order}` }),
      dynamodb: {
        Keys: { [TABLE.partitionKey]: { S: key.acl }, [TABLE.sortKey]: { S: key.item } },
        ...(before && { OldImage: imageOf(before) }),
      },
      ...(byTtl && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    })),
  };
}

/** An item as the stream shows it: its texts and numbers, which is all that anybody looks at. */
function imageOf(item: Item): Record<string, AttributeValue> {
  const attributes = Object.entries(item).flatMap(([name, value]): [string, AttributeValue][] => {
    if (typeof value === 'string') return [[name, { S: value }]];
    return typeof value === 'number' ? [[name, { N: String(value) }]] : [];
  });
  return Object.fromEntries(attributes);
}

/** @param remainingMs the time the function has left */
export function lambdaContext(functionName: string, requestId: string, remainingMs: () => number): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: functionName,
    logStreamName: 'local',
    getRemainingTimeInMillis: remainingMs,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

function sqsRecord(messageId: string, body: string, receives: number): SQSRecord {
  return {
    messageId,
    receiptHandle: messageId,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:local:000000000000:timers',
    awsRegion: 'local',
  };
}
