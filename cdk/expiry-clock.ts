import { Duration, Stack } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS, TIMERS_MOST_RECEIVES } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import type { GrantsTable } from './grants-table.ts';
import { ownMetric } from './own-metric.ts';
import { TIMERS_AT_ONCE } from './reservations.ts';
import { runEvery } from './run-every.ts';
import { ServiceFunction } from './service-function.ts';
import { WatchedQueue } from './watched-queue.ts';

const TIMEOUT = Duration.seconds(30);

export interface ExpiryClockProps {
  readonly deployment: Deployment;
  readonly table: GrantsTable;
}

/** What makes grants end on time: the minute tick, the timer queue for the exact second, the function behind both. */
export class ExpiryClock extends Construct {
  readonly function: ServiceFunction;
  readonly timerQueue: WatchedQueue;

  constructor(scope: Construct, id: string, props: ExpiryClockProps) {
    super(scope, id);
    const { deployment, table } = props;
    const { alarms } = deployment;
    this.timerQueue = new WatchedQueue(this, 'Timers', {
      deployment,
      name: 'timer-queue',
      fifo: false,
      consumerTimeout: TIMEOUT,
      // The minute tick has long done the work of a timer that is older.
      retention: Duration.hours(1),
      attempts: TIMERS_MOST_RECEIVES,
      deadLetters: {
        severity: 'can wait',
        impact: 'Grants did not end at their second. The minute tick ends them, up to about two minutes late.',
        firstStep: 'Read the log of the expiry function at the time of the messages.',
        section: 'Dead-letter queues',
      },
    });
    const { queue, deadLetterQueue } = this.timerQueue;
    this.function = new ServiceFunction(this, 'Expiry', {
      deployment,
      name: 'expiry',
      memoryMb: 384,
      description: 'Ends grants that are due, arms timers for the next ones, asks for rebuilds',
      timeout: TIMEOUT,
      environment: {
        tableName: table.table.tableName,
        timerQueueUrl: queue.queueUrl,
        deadLetterQueueUrl: deadLetterQueue.queueUrl,
      },
      severity: 'can wait',
      failures: 3,
      impact: 'Expired grants may stay in the zone.',
    });
    table.allow(this.function, 'GetItem', 'UpdateItem', 'DeleteItem');
    table.allowQueryByExpiry(this.function);
    this.function.allow(['sqs:SendMessage'], queue.queueArn, deadLetterQueue.queueArn);
    this.function.consume(queue, TIMERS_AT_ONCE);
    runEvery(this, 'Tick', this.function, {
      every: Duration.minutes(1),
      description: 'Wakes the expiry function every minute',
      input: { kind: 'tick' },
      within: Duration.minutes(1),
    });
    alarms.watch(this, 'TickAlarm', {
      name: 'tick-missing',
      // Not the function's runs: messages of the timer queue are among those. This one every tick says.
      metric: ownMetric(Stack.of(this), METRICS.expiredInZone, {
        period: Duration.minutes(5),
        statistic: 'SampleCount',
      }),
      threshold: 1,
      whenBelow: true,
      periods: 2,
      text: {
        severity: 'urgent',
        impact: 'The minute tick has stopped. Expired grants stay in the zone, and failed updates are not repeated.',
        firstStep:
          'Check that the schedule is enabled and its role may invoke the expiry function. Then read the log of that function.',
        section: 'Tick missing',
      },
    });
  }

  /** Has the tick arm the reads of lists on this queue. */
  armReads(queue: IQueue): void {
    this.function.tell('readQueueUrl', queue.queueUrl);
    this.function.allow(['sqs:SendMessage'], queue.queueArn);
  }
}
