import { Duration, Stack } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { listedAcls } from '../lib/config.ts';
import { LIST_PARTITION, listAgeLimitSeconds, METRICS, READS_MOST_RECEIVES } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import type { ExpiryClock } from './expiry-clock.ts';
import type { GrantsTable } from './grants-table.ts';
import { ownMetric } from './own-metric.ts';
import { READS_AT_ONCE } from './reservations.ts';
import { allowReading, makeAllowlistSecret } from './secrets.ts';
import { ServiceFunction } from './service-function.ts';
import { WatchedQueue } from './watched-queue.ts';

const TIMEOUT = Duration.seconds(30);

export interface AllowlistReaderProps {
  readonly deployment: Deployment;
  readonly table: GrantsTable;
  readonly expiry: ExpiryClock;
  readonly eventsQueue: IQueue;
}

/** What reads Knocknoc's lists: the secret with their URLs and keys, the queue that wakes the function, the function. */
export class AllowlistReader extends Construct {
  readonly function: ServiceFunction;
  readonly reads: WatchedQueue;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { deployment, table, expiry, eventsQueue }: AllowlistReaderProps) {
    super(scope, id);
    this.secretArn = makeAllowlistSecret(this, deployment);
    this.reads = new WatchedQueue(this, 'Reads', {
      deployment,
      name: 'read-queue',
      fifo: false,
      consumerTimeout: TIMEOUT,
      // Newer reads have long done the work of an old one.
      retention: Duration.minutes(10),
      attempts: READS_MOST_RECEIVES,
      deadLetters: {
        severity: 'can wait',
        impact:
          'Messages on the queue of reads failed again and again, or are none of this system. Later reads do their work.',
        firstStep: 'Read the log of the allowlist function at the time of the messages.',
        section: 'Dead-letter queues',
      },
    });
    this.function = new ServiceFunction(this, 'Reader', {
      deployment,
      name: 'allowlist',
      description: "Reads Knocknoc's lists of who is in, and queues what differs from the grants",
      timeout: TIMEOUT,
      // Nobody waits for it, and it runs all day: what it costs is its memory times how long Knocknoc takes.
      memoryMb: 256,
      environment: {
        tableName: table.table.tableName,
        eventsQueueUrl: eventsQueue.queueUrl,
        allowlistSecretArn: this.secretArn,
      },
      severity: 'can wait',
      failures: 3,
      impact: "Knocknoc's lists may not be read. Nobody is let in or put out by them.",
    });
    table.allow(this.function, 'GetItem', 'Query');
    table.allowInPartitions(this.function, `${LIST_PARTITION}*`, 'UpdateItem');
    allowReading(this.function, this.secretArn);
    this.function.allow(['sqs:SendMessage'], eventsQueue.queueArn);
    this.function.consume(this.reads.queue, READS_AT_ONCE);
    expiry.armReads(this.reads.queue);
    this.#watch(deployment);
  }

  #watch({ alarms, config }: Deployment): void {
    const polls = listedAcls(config).map((acl) => config.acls[acl]?.allowlist?.pollSeconds ?? 0);
    const limit = listAgeLimitSeconds(polls);
    alarms.watch(this, 'NotRead', {
      name: 'list-not-read',
      metric: ownMetric(Stack.of(this), METRICS.listAge, { period: Duration.minutes(1) }),
      threshold: limit,
      // Each tick says it, and two ticks can be almost two minutes apart: a single minute without one is none too many.
      silenceIsBad: true,
      periods: 3,
      text: {
        severity: 'urgent',
        impact: `The list of an ACL was not read for ${limit / 60} minutes, or the tick is silent. Nobody is let in or put out by it; whoever is in stays until their grant expires.`,
        firstStep:
          'Look at the other alarms that are on: a LIST code says why. If there is none, read the log of the allowlist function.',
        section: 'List not read',
      },
    });
  }
}
