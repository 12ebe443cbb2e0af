import { Duration } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENTS_MOST_RECEIVES, NOT_APPLIED_SECONDS } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import type { GrantsTable } from './grants-table.ts';
import { EVENTS_AT_ONCE } from './reservations.ts';
import { ServiceFunction } from './service-function.ts';
import { WatchedQueue } from './watched-queue.ts';

const TIMEOUT = Duration.seconds(15);

export interface GrantsProcessorProps {
  readonly deployment: Deployment;
  readonly table: GrantsTable;
  readonly timerQueue: IQueue;
}

/** The FIFO queue of accepted events and the one function that applies them to the table. */
export class GrantsProcessor extends Construct {
  readonly function: ServiceFunction;
  readonly events: WatchedQueue;

  constructor(scope: Construct, id: string, props: GrantsProcessorProps) {
    super(scope, id);
    const { deployment, table, timerQueue } = props;
    const { alarms } = deployment;
    this.events = new WatchedQueue(this, 'Events', {
      deployment,
      name: 'events',
      fifo: true,
      consumerTimeout: TIMEOUT,
      retention: Duration.days(4),
      attempts: EVENTS_MOST_RECEIVES,
      deadLetters: {
        severity: 'urgent',
        impact: 'Accepted events were not applied. Somebody may have no access, or still have it after logging out.',
        firstStep:
          'Look for STORE001 in the log of the grants function and mend the cause. Then run `npm run zone -- redrive`.',
        section: 'Dead-letter queues',
      },
    });
    const { queue, deadLetterQueue } = this.events;
    this.function = new ServiceFunction(this, 'Grants', {
      deployment,
      name: 'grants',
      memoryMb: 384,
      description: 'Applies events to the grants table, one batch at a time',
      timeout: TIMEOUT,
      environment: {
        tableName: table.table.tableName,
        timerQueueUrl: timerQueue.queueUrl,
        deadLetterQueueUrl: deadLetterQueue.queueUrl,
      },
      severity: 'can wait',
      failures: 3,
      impact: 'Events wait and are tried again in order. Logins and logouts take effect late.',
    });
    table.allow(this.function, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem');
    this.function.allow(['sqs:SendMessage'], timerQueue.queueArn, deadLetterQueue.queueArn);
    this.function.consume(queue, EVENTS_AT_ONCE);
    alarms.watch(this, 'AgeAlarm', {
      name: 'events-not-applied',
      metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: NOT_APPLIED_SECONDS,
      periods: 2,
      text: {
        severity: 'urgent',
        impact:
          'Events are accepted and not applied: the oldest has waited for two minutes or more. Logins and logouts take no effect.',
        firstStep:
          'Read the log of the grants function. If it is empty, check that its event source mapping is enabled.',
        section: 'Events not applied',
      },
    });
  }
}
