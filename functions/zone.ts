import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { sqsTimerQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { forEachAcl } from '../lib/for-each-acl.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV, ITEM, TABLE } from '../lib/names.ts';
import { OktaZones } from '../lib/okta/client.ts';
import { syncAcl } from '../lib/zones/rebuild-acl.ts';
import type { SyncDeps } from '../lib/zones/zone-pass.ts';
import { ZoneStates } from '../lib/zones/zone-state.ts';
import { observe } from './observe.ts';

/**
 * Rebuilds the zones of every ACL that the table's stream mentions. What the records say is not
 * used: the table is read afresh, so repeats, gaps and order do not matter.
 */
export function createHandler(deps: () => SyncDeps) {
  return middy<DynamoDBStreamEvent, void>()
    .use(observe(() => deps().telemetry))
    .handler(async (event, context) => {
      const deadline = deps().clock.now() + context.getRemainingTimeInMillis();
      await forEachAcl(aclsOf(event), deps().telemetry, 'the zones could not be rebuilt', (acl) =>
        syncAcl(acl, deps(), deadline),
      );
    });
}

/** The mapping's filter lets only these items through; said again here, since the zone's own writes must never wake it. */
function aclsOf(event: DynamoDBStreamEvent): string[] {
  const keys = event.Records.map((record) => record.dynamodb?.Keys);
  return keys.flatMap((key) => {
    const acl = key?.[TABLE.partitionKey]?.S;
    const item = key?.[TABLE.sortKey]?.S ?? '';
    const wakes = item.startsWith(ITEM.grant) || item === ITEM.events || item === ITEM.rebuild;
    return acl !== undefined && wakes ? [acl] : [];
  });
}

export const handler = createHandler(
  lazy(() => {
    const secrets = new KnownSecrets();
    const config = bundledConfig();
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    return {
      config,
      clock: systemClock,
      grants: new GrantBook(table),
      states: new ZoneStates(table),
      okta: new OktaZones(fetchHttp, config.okta.baseUrl, systemClock.now),
      oktaToken: new CachedSecret(
        secretsManagerSecret(environmentVariable(process.env, ENV.oktaTokenSecretArn)),
        systemClock,
        secrets,
      ),
      timers: sqsTimerQueue(environmentVariable(process.env, ENV.timerQueueUrl)),
      telemetry: guardedTelemetry(powertoolsTelemetry, secrets),
      newId: randomUUID,
    };
  }),
);
