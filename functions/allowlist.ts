import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { sqsEventQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { ListReaders } from '../lib/allowlist/read-lists.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ListRecords } from '../lib/list-record.ts';
import { ENV } from '../lib/names.ts';
import type { Telemetry } from '../lib/ports.ts';
import { parseTimer } from '../lib/timer-message.ts';
import { observe } from './observe.ts';

export interface AllowlistDeps {
  readonly readers: ListReaders;
  readonly telemetry: Telemetry;
}

/** Reads Knocknoc's lists, each when a timer of its own is due. What fails there fails by itself: the next timer tries again. */
export function createHandler(deps: () => AllowlistDeps) {
  return middy<SQSEvent, SQSBatchResponse>()
    .use(observe(() => deps().telemetry))
    .handler(async ({ Records }) => {
      const parsed = Records.map(({ messageId, body }) => ({ messageId, timer: parseTimer(body) }));
      const timers = parsed.flatMap(({ timer }) => (timer?.kind === 'read' ? [timer] : []));
      const strange = parsed.filter(({ timer }) => timer?.kind !== 'read');
      for (const { messageId } of strange) {
        deps().telemetry.warn('a message on the queue of reads is none of ours', { messageId });
      }
      await deps().readers.read(timers);
      return { batchItemFailures: strange.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
}

export const handler = createHandler(
  lazy(() => {
    const config = bundledConfig();
    const secrets = new KnownSecrets(Object.keys(config.acls));
    const telemetry = guardedTelemetry(powertoolsTelemetry, secrets);
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    const reader = secretsManagerSecret(environmentVariable(process.env, ENV.allowlistSecretArn));
    return {
      telemetry,
      readers: new ListReaders({
        ...{ config, telemetry, clock: systemClock, http: fetchHttp },
        secret: new CachedSecret(reader, systemClock, secrets),
        grants: new GrantBook(table, config, telemetry),
        records: new ListRecords(table),
        queue: sqsEventQueue(environmentVariable(process.env, ENV.eventsQueueUrl)),
      }),
    };
  }),
);
