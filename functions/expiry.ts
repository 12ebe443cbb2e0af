import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { sqsAlarmQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { parseAlarm } from '../lib/alarm-message.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { type ExpiryDeps, handleAlarm, tick } from '../lib/expire-grants.ts';
import { GrantBook } from '../lib/grant-book.ts';
import { ENV } from '../lib/names.ts';
import { ZoneStates } from '../lib/zone-state.ts';
import { observe } from './observe.ts';

/** Messages of the alarm queue, or the minute schedule's tick (which is anything else). */
export type ExpiryEvent = SQSEvent | { readonly kind: 'tick' };

/** Ends grants on time: by the alarm that was armed for their second, and by the tick for all that is due. */
export function createHandler(deps: () => ExpiryDeps) {
  return middy<ExpiryEvent, SQSBatchResponse>()
    .use(observe(() => deps().telemetry))
    .handler(async (event) => {
      if (!('Records' in event)) {
        await tick(deps());
        return { batchItemFailures: [] };
      }
      const outcomes = await Promise.allSettled(event.Records.map((record) => onMessage(record.body, deps())));
      const failed = event.Records.filter((_, index) => outcomes[index]?.status === 'rejected');
      return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
    });
}

/** @throws for what is no alarm too: after its tries it lies in the dead-letter queue, where an alarm points to it */
async function onMessage(body: string, deps: ExpiryDeps): Promise<void> {
  const alarm = parseAlarm(body);
  if (!alarm) {
    deps.telemetry.warn('a message on the alarm queue is not an alarm');
    throw new Error('not an alarm');
  }
  await handleAlarm(alarm, deps);
}

export const handler = createHandler(
  lazy(() => {
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    return {
      config: bundledConfig(),
      clock: systemClock,
      grants: new GrantBook(table),
      states: new ZoneStates(table),
      alarms: sqsAlarmQueue(environmentVariable(process.env, ENV.alarmQueueUrl)),
      telemetry: powertoolsTelemetry,
    };
  }),
);
