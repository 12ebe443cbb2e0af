import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { DynamoDbTable } from '../lib/adapters/dynamodb-table.ts';
import { fetchHttp } from '../lib/adapters/fetch-http.ts';
import { powertoolsTelemetry } from '../lib/adapters/powertools-telemetry.ts';
import { secretsManagerSecret } from '../lib/adapters/secrets-manager-secret.ts';
import { sqsTimerQueue } from '../lib/adapters/sqs-queues.ts';
import { systemClock } from '../lib/adapters/system-clock.ts';
import { bundledConfig } from '../lib/bundled-config.ts';
import { CachedSecret } from '../lib/cached-secret.ts';
import { environmentVariable, lazy } from '../lib/environment.ts';
import { type RemovedGrant, reportExpired } from '../lib/expiry/removed-grants.ts';
import { forEachAcl } from '../lib/for-each-acl.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import { endedGrant } from '../lib/grants/grant-items.ts';
import { guardedTelemetry } from '../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../lib/known-secrets.ts';
import { ENV, ITEM, TABLE, TTL_SERVICE } from '../lib/names.ts';
import { OktaZones } from '../lib/okta/client.ts';
import { type RebuildDeps, rebuildAcl } from '../lib/zones/rebuild-acl.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { clientKeys } from './client-keys.ts';
import { observe } from './observe.ts';

/**
 * Rebuilds the zones of every ACL that the table's stream mentions. What the records say is not
 * used for that: the table is read afresh, so repeats, gaps and order do not matter. At the end, since then none of the
 * records comes again, it says which grants have left the table because they were over.
 */
export function createHandler(deps: () => RebuildDeps) {
  return middy<DynamoDBStreamEvent, void>()
    .use(observe(() => deps().telemetry))
    .handler(async (event, context) => {
      const deadline = deps().clock.now() + context.getRemainingTimeInMillis();
      await forEachAcl(aclsOf(event), deps().telemetry, 'the zones could not be rebuilt', (acl) =>
        rebuildAcl(acl, deps(), deadline),
      );
      reportExpired(event.Records.flatMap(removedGrant), deps().clock.now(), deps().telemetry);
    });
}

/**
 * The item that wakes the ACL, and grants that the table's TTL deleted: whoever else deletes one wakes the ACL
 * afterwards. The mapping's filter says nearly the same.
 */
function aclsOf(event: DynamoDBStreamEvent): string[] {
  return event.Records.flatMap((record) => {
    const { acl, item } = keyOf(record);
    return acl !== undefined && (item === ITEM.wake || (isRemovedGrant(record) && isByTtl(record))) ? [acl] : [];
  });
}

function removedGrant(record: DynamoDBRecord): RemovedGrant[] {
  const { acl, item } = keyOf(record);
  const image = record.dynamodb?.OldImage;
  if (acl === undefined || !isRemovedGrant(record) || !image) return [];
  const texts = { ip: image.ip?.S, grantId: image.grantId?.S, user: image.user?.S };
  const known = Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
  const [expiresAt, over] = [image[TABLE.expiryAttribute]?.N, image.over?.N].map((number) =>
    number === undefined ? undefined : Number(number),
  );
  const grant = endedGrant({
    acl,
    item,
    ...known,
    ...(expiresAt !== undefined && { [TABLE.expiryAttribute]: expiresAt }),
  });
  return [{ grant, byTtl: isByTtl(record), change: record.eventID, ...(over !== undefined && { over }) }];
}

function keyOf({ dynamodb }: DynamoDBRecord): { readonly acl: string | undefined; readonly item: string } {
  return { acl: dynamodb?.Keys?.[TABLE.partitionKey]?.S, item: dynamodb?.Keys?.[TABLE.sortKey]?.S ?? '' };
}

function isRemovedGrant(record: DynamoDBRecord): boolean {
  return record.eventName === 'REMOVE' && keyOf(record).item.startsWith(ITEM.grant);
}

function isByTtl({ userIdentity }: DynamoDBRecord): boolean {
  return userIdentity?.principalId === TTL_SERVICE;
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
      okta: new OktaZones(fetchHttp, config.okta.baseUrl, systemClock.now, clientKeys()),
      oktaCredentials: new CachedSecret(
        secretsManagerSecret(environmentVariable(process.env, ENV.oktaCredentialsArn)),
        systemClock,
        secrets,
      ),
      timers: sqsTimerQueue(environmentVariable(process.env, ENV.timerQueueUrl)),
      telemetry,
      newId: randomUUID,
    };
  }),
);
