import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { sqsDeadLetters, sqsTimerQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { listedAcls } from '../lib/config.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { tick } from '../lib/expiry/expire-grants.ts';
import { handleTimerRecord, type TimerDeps } from '../lib/expiry/timer-record.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ListRecords } from '../lib/list-record.ts';
import { ENV } from '../lib/names.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { observe } from './observe.ts';

/** Messages of the timer queue, or the minute schedule's tick (which is anything else). */
export type ExpiryEvent = SQSEvent | { readonly kind: 'tick' };

/** Ends grants on time: by the timer that was armed for their second, and by the tick for all that is due. */
export function createHandler(deps: () => TimerDeps) {
  return middy<ExpiryEvent, SQSBatchResponse>()
    .use(observe(() => deps().telemetry))
    .handler(async (event) => {
      if (!('Records' in event)) {
        await tick(deps());
        return { batchItemFailures: [] };
      }
      const settled = await Promise.allSettled(
        event.Records.map(({ messageId, body, attributes }) =>
          handleTimerRecord({ messageId, body, receives: Number(attributes?.ApproximateReceiveCount) || 1 }, deps()),
        ),
      );
      const failed = event.Records.filter((_, index) => settled[index]?.status === 'rejected');
      return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
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
      states: new ZoneStates(table),
      timers: sqsTimerQueue(environmentVariable(process.env, ENV.timerQueueUrl)),
      deadLetters: sqsDeadLetters(environmentVariable(process.env, ENV.deadLetterQueueUrl)),
      telemetry,
      armed: new Map(),
      ...(listedAcls(config).length > 0 && {
        lists: {
          reads: sqsTimerQueue(environmentVariable(process.env, ENV.readQueueUrl)),
          armed: new Map<string, number>(),
          records: new ListRecords(table),
        },
      }),
    };
  }),
);
