import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { sqsDeadLetters, sqsTimerQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { type AppliedRecord, type ApplyDeps, applyRecord, endBatch } from '../lib/grants/apply-record.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV } from '../lib/names.ts';
import { queuePosition } from '../lib/queue-position.ts';
import { observe } from './observe.ts';

/**
 * Applies the events of the FIFO queue in order, one batch at a time. The first that fails is
 * reported with all after it, and they come again; the queue deletes the others.
 */
export function createHandler(deps: () => ApplyDeps) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(observe(() => deps().telemetry))
    .handler(async (event, context) => {
      const batch: AppliedRecord[] = [];
      const answer = await processPartialResponse(
        event,
        async ({ messageId, body, attributes }: SQSRecord) => {
          // SQS always gives a FIFO message its sequence number; some emulators do not, but keep the order.
          const position = queuePosition(attributes.SequenceNumber ?? attributes.SentTimestamp);
          // Without a count it is not the last time.
          const receives = Number(attributes.ApproximateReceiveCount) || 1;
          const remainingMs = context.getRemainingTimeInMillis();
          batch.push(await applyRecord({ messageId, body, position, receives, remainingMs }, deps()));
        },
        new SqsFifoPartialProcessorAsync(),
        { throwOnFullBatchFailure: false },
      );
      // Before any message is deleted. Where it fails they come again, and are announced then.
      const gone = await endBatch(batch, deps());
      if (!gone) return answer;
      const again = event.Records.filter(({ messageId }) => !gone.has(messageId));
      return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
}

export const handler = createHandler(
  lazy(() => {
    const config = bundledConfig();
    const telemetry = guardedTelemetry(powertoolsTelemetry, new KnownSecrets());
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    return {
      config,
      clock: systemClock,
      grants: new GrantBook(table, config, telemetry),
      timers: sqsTimerQueue(environmentVariable(process.env, ENV.timerQueueUrl)),
      deadLetters: sqsDeadLetters(environmentVariable(process.env, ENV.deadLetterQueueUrl)),
      telemetry,
    };
  }),
);
