import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV } from '../lib/names.ts';
import { type TellDeps, tellOutcome } from '../lib/outcome/tell-outcome.ts';
import { authenticateReader } from '../lib/webhook/authenticate-reader.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { httpResult, sourceOf } from './http-api.ts';
import { observe } from './observe.ts';

/** `GET` of the HTTP API below the webhook: tells a sender what became of one of its events. */
export function createHandler(deps: () => TellDeps) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(observe(() => deps().telemetry))
    .handler(async (event) => {
      const { headers, rawPath: path, rawQueryString: query } = event;
      return httpResult(await tellOutcome({ headers, path, query, source: { ...sourceOf(event) } }, deps()));
    });
}

export const handler = createHandler(
  lazy(() => {
    const config = bundledConfig();
    const secrets = new KnownSecrets(Object.keys(config.acls));
    const telemetry = guardedTelemetry(powertoolsTelemetry, secrets);
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    const reader = secretsManagerSecret(environmentVariable(process.env, ENV.webhookSecretArn));
    const secret = new CachedSecret(reader, systemClock, secrets);
    return {
      config,
      clock: systemClock,
      grants: new GrantBook(table, config, telemetry),
      states: new ZoneStates(table),
      telemetry,
      authenticate: (request, now) => authenticateReader(request, now, { config, secret }),
    };
  }),
);
