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
import { ENV, ITEM, TABLE, TTL_SERVICE } from '../lib/names.ts';
import { OktaZones } from '../lib/okta/client.ts';
import { type RebuildDeps, rebuildAcl } from '../lib/zones/rebuild-acl.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { observe } from './observe.ts';

/**
 * Rebuilds the zones of every ACL that the table's stream mentions. What the records say is not
 * used: the table is read afresh, so repeats, gaps and order do not matter.
 */
export function createHandler(deps: () => RebuildDeps) {
  return middy<DynamoDBStreamEvent, void>()
    .use(observe(() => deps().telemetry))
    .handler(async (event, context) => {
      const deadline = deps().clock.now() + context.getRemainingTimeInMillis();
      await forEachAcl(aclsOf(event), deps().telemetry, 'the zones could not be rebuilt', (acl) =>
        rebuildAcl(acl, deps(), deadline),
      );
    });
}

/**
 * The item that wakes the ACL, and grants that the table's TTL deleted: whoever else deletes one wakes the ACL
 * afterwards. The mapping's filter says nearly the same.
 */
function aclsOf(event: DynamoDBStreamEvent): string[] {
  return event.Records.flatMap(({ dynamodb, eventName, userIdentity }) => {
    const acl = dynamodb?.Keys?.[TABLE.partitionKey]?.S;
    const item = dynamodb?.Keys?.[TABLE.sortKey]?.S ?? '';
    const byTtl = eventName === 'REMOVE' && userIdentity?.principalId === TTL_SERVICE;
    return acl !== undefined && (item === ITEM.wake || (item.startsWith(ITEM.grant) && byTtl)) ? [acl] : [];
  });
}

export const handler = createHandler(
  lazy(() => {
    const secrets = new KnownSecrets();
    const config = bundledConfig();
    const telemetry = guardedTelemetry(powertoolsTelemetry, secrets);
    const table = new DynamoDbTable(environmentVariable(process.env, ENV.tableName));
    return {
      config,
      clock: systemClock,
      grants: new GrantBook(table, config, telemetry),
      states: new ZoneStates(table),
      okta: new OktaZones(fetchHttp, config.okta.baseUrl, systemClock.now),
      oktaToken: new CachedSecret(
        secretsManagerSecret(environmentVariable(process.env, ENV.oktaTokenSecretArn)),
        systemClock,
        secrets,
      ),
      timers: sqsTimerQueue(environmentVariable(process.env, ENV.timerQueueUrl)),
      telemetry,
      newId: randomUUID,
    };
  }),
);
