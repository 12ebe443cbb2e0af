import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../lib/config.ts';
import { ITEM, TABLE } from '../lib/names.ts';
import { batchesAtOnce } from '../lib/zones/stream-batches.ts';
import type { Deployment } from './deployment.ts';
import type { GrantsTable } from './grants-table.ts';
import { allowReading, type Secrets } from './secrets.ts';
import { type FunctionNetwork, ServiceFunction } from './service-function.ts';
import { FailureQueue } from './watched-queue.ts';

export interface ZoneUpdaterProps {
  readonly deployment: Deployment;
  readonly table: GrantsTable;
  readonly secrets: Secrets;
  readonly timerQueue: IQueue;
  /** From which Okta is called; without one, from an address of AWS's that changes. */
  readonly network?: FunctionNetwork | undefined;
}

/** Zones of all ACLs together, up to which the smaller size is enough: three times the people that have room in them. */
const FEW_ZONES = 5;
/** Enough for as many zones as a configuration may have. */
export const MEMORY_MB_OF_MANY_ZONES = 640;

/** It waits for Okta most of its time, which is paid by the memory. Its largest case takes less than half of either size. */
function memoryMbFor({ acls }: Config): number {
  const zones = new Set(Object.values(acls).flatMap(({ zoneIds }) => zoneIds));
  return zones.size > FEW_ZONES ? MEMORY_MB_OF_MANY_ZONES : 240;
}

/** The function that keeps Okta's zones equal to the table, woken by the table's stream. */
export class ZoneUpdater extends Construct {
  readonly function: ServiceFunction;
  readonly failures: FailureQueue;

  constructor(scope: Construct, id: string, props: ZoneUpdaterProps) {
    super(scope, id);
    const { deployment, table, secrets, timerQueue } = props;
    const { alarms } = deployment;
    this.failures = new FailureQueue(this, 'Failures', {
      deployment,
      name: 'zone-failures',
      text: {
        severity: 'can wait',
        impact:
          'A change of grants was dropped after 10 retries. A zone may be wrong until the minute tick rebuilds it.',
        firstStep: 'Read the log of the zone function at the time of the messages.',
        section: 'Dead-letter queues',
      },
    });
    this.function = new ServiceFunction(this, 'Zone', {
      deployment,
      name: 'zone',
      description: 'Rebuilds the gateway lists of Okta network zones from the live grants',
      timeout: Duration.seconds(30),
      memoryMb: memoryMbFor(deployment.config),
      network: props.network,
      environment: {
        tableName: table.table.tableName,
        oktaCredentialsArn: secrets.oktaCredentialsArn,
        timerQueueUrl: timerQueue.queueUrl,
      },
      severity: 'can wait',
      failures: 3,
      impact: 'Okta zones are updated late or not at all. People wait to get in, or stay in.',
    });
    table.allow(this.function, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    table.allowQueryByExpiry(this.function);
    allowReading(this.function, secrets.oktaCredentialsArn);
    this.function.allow(['sqs:SendMessage'], timerQueue.queueArn, this.failures.queue.queueArn);
    this.#listen(table.streamArn, batchesAtOnce(deployment.config));
    alarms.watch(this, 'IteratorAgeAlarm', {
      name: 'zone-iterator-age',
      metric: this.function.lambda.metric('IteratorAge', { period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: 60_000,
      periods: 2,
      text: {
        severity: 'can wait',
        impact: 'Changes of grants waited for a minute or more before the zone function saw them. Zones are behind.',
        firstStep: 'Read the log of the zone function: does it fail or run out of time?',
        section: 'Zones behind',
      },
    });
  }

  #listen(streamArn: string, parallelizationFactor: number): void {
    // All four on the stream alone. IAM can't limit ListStreams to a stream, so of that this grants nothing: it stands
    // here since AWS names it among the rights of a mapping, which works without it. The library grants it on `*`, and
    // the function could list the streams of the whole account.
    this.function.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      streamArn,
    );
    this.function.lambda.addEventSourceMapping('Stream', {
      eventSourceArn: streamArn,
      // LATEST loses what is written in the first minutes, until the mapping is up everywhere.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // Side by side, so that an ACL that is slow does not hold up the others. All that wakes an ACL is one item, and
      // the records of one item are handled in one batch at a time.
      parallelizationFactor,
      // The function records failures of Okta itself and succeeds. What fails here is a crash, which
      // must not hold up the ACLs of the same shard for long.
      retryAttempts: 10,
      maxRecordAge: Duration.hours(1),
      bisectBatchOnError: true,
      onFailure: { bind: () => ({ destination: this.failures.queue.queueArn }) },
      // The one item by which an ACL is woken, and grants that are deleted, for those that the TTL deletes: the function
      // itself leaves out the others. Above all not what the zone function writes.
      filters: [
        FilterCriteria.filter({ dynamodb: { Keys: { [TABLE.sortKey]: { S: [ITEM.wake] } } } }),
        FilterCriteria.filter({
          eventName: ['REMOVE'],
          dynamodb: { Keys: { [TABLE.sortKey]: { S: [{ prefix: ITEM.grant }] } } },
        }),
      ],
    });
  }
}
