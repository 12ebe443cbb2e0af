import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { sqsEventQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV } from '../lib/names.ts';
import { acceptWebhook, type WebhookDeps } from '../lib/webhook/accept-webhook.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { httpResult, sourceOf, urlOf } from './http-api.ts';
import { observe } from './observe.ts';

/** `POST` of the HTTP API: judges a webhook and puts it onto the events queue. */
export function createHandler(deps: () => WebhookDeps) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(observe(() => deps().telemetry))
    .handler(async (event) => {
      const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      return httpResult(
        await acceptWebhook({ headers: event.headers, body, url: urlOf(event), source: sourceOf(event) }, deps()),
      );
    });
}

export const handler = createHandler(
  lazy(() => {
    const config = bundledConfig();
    const secrets = new KnownSecrets(Object.keys(config.acls));
    const telemetry = guardedTelemetry(powertoolsTelemetry, secrets);
    const reader = secretsManagerSecret(environmentVariable(process.env, ENV.webhookSecretArn));
    return {
      config,
      clock: systemClock,
      secret: new CachedSecret(reader, systemClock, secrets),
      queue: sqsEventQueue(environmentVariable(process.env, ENV.eventsQueueUrl)),
      telemetry,
      memory: {},
      states: lazy(() => new ZoneStates(new DynamoDbTable(environmentVariable(process.env, ENV.tableName)))),
    };
  }),
);
