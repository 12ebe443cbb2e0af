import type { Context, DynamoDBStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { TABLE } from '../../lib/names.ts';
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
    Records: batch.map(({ eventName, key, byTtl }) => ({
      eventName,
      eventSource: 'aws:dynamodb',
      dynamodb: { Keys: { [TABLE.partitionKey]: { S: key.acl }, [TABLE.sortKey]: { S: key.item } } },
      ...(byTtl && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    })),
  };
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
