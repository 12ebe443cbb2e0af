import { Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allErrorCodes } from '../lib/error-codes.ts';
import { METRICS } from '../lib/names.ts';
import { type DashboardQuery, dashboardQueries, latestErrors, listChanges } from './dashboard-queries.ts';
import { errorMetric } from './error-alarms.ts';
import type { FunctionName, OptionalFunctionName } from './function-code.ts';
import { ownMetric } from './own-metric.ts';
import type { ServiceFunction } from './service-function.ts';

const PERIOD = Duration.minutes(1);

export interface ServiceDashboardProps {
  readonly alarms: readonly IAlarm[];
  /** By the label they get. */
  readonly functions: Readonly<Record<FunctionName, ServiceFunction>> &
    Readonly<Partial<Record<OptionalFunctionName, ServiceFunction>>>;
  /** Queues that should drain at once. */
  readonly queues: Readonly<Record<string, IQueue>>;
  /** Queues that should stay empty. */
  readonly deadLetterQueues: Readonly<Record<string, IQueue>>;
}

/** One page for a person whom an alarm woke: what is wrong, where it is stuck, what the logs say. */
export class ServiceDashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: ServiceDashboardProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const each = <T>(of: Readonly<Record<string, T>>, metric: (it: T, label: string) => IMetric): IMetric[] =>
      Object.entries(of).map(([label, it]) => metric(it, label));
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12, height: 6 });
    const dashboard = new Dashboard(this, 'Dashboard', {
      // Names of dashboards are shared by all regions of an account.
      dashboardName: `${stack.stackName}-${Aws.REGION}`,
      defaultInterval: Duration.hours(3),
    });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: 24, height: 6 }));
    dashboard.addWidgets(
      graph(
        'Errors by code',
        allErrorCodes().map((code) => errorMetric(stack, code, PERIOD).with({ label: code })),
      ),
      logWidget(latestErrors(Object.values(props.functions)), 12),
    );
    for (const row of dashboardQueries(props.functions)) {
      dashboard.addWidgets(...row.map((query) => logWidget(query, 24 / row.length)));
    }
    const percent = ownMetric(stack, METRICS.capacityUsed, { label: 'fullest ACL', period: PERIOD });
    const worst = [
      ownMetric(stack, METRICS.expiredInZone, { label: 'since the oldest expiry not confirmed', period: PERIOD }),
      ownMetric(stack, METRICS.verificationAge, { label: 'since the last verification', period: PERIOD }),
    ];
    dashboard.addWidgets(graph('Gateways in use (% of the zones)', [percent]), graph('Worst ACL (s)', worst));
    dashboard.addWidgets(
      graph(
        'Age of the oldest message (s)',
        each(props.queues, (queue, label) =>
          queue.metricApproximateAgeOfOldestMessage({ label, period: PERIOD, statistic: 'Maximum' }),
        ),
      ),
      graph(
        'Messages waiting',
        each({ ...props.queues, ...props.deadLetterQueues }, (queue, label) =>
          queue.metricApproximateNumberOfMessagesVisible({ label, period: PERIOD, statistic: 'Maximum' }),
        ),
      ),
    );
    dashboard.addWidgets(
      graph(
        'Failed runs',
        each(props.functions, ({ lambda }, label) => lambda.metricErrors({ label, period: PERIOD })),
      ),
      graph(
        'Duration (ms, p95)',
        each(props.functions, ({ lambda }, label) =>
          lambda.metricDuration({ label, period: PERIOD, statistic: 'p95' }),
        ),
      ),
    );
    dashboard.addWidgets(
      graph('Stream: age of the last record (ms)', [
        props.functions.zone.lambda.metric('IteratorAge', { label: 'zone', period: PERIOD, statistic: 'Maximum' }),
      ]),
      graph("Sender's clock off by (s)", [ownMetric(stack, METRICS.clockSkew, { label: 'webhook', period: PERIOD })]),
    );
    const { allowlist } = props.functions;
    if (allowlist) {
      dashboard.addWidgets(
        graph("Knocknoc's lists: since the last read of the oldest (s)", [
          ownMetric(stack, METRICS.listAge, { label: 'oldest list', period: PERIOD }),
        ]),
        logWidget(listChanges(allowlist), 12),
      );
    }
    this.name = dashboard.dashboardName;
  }
}

function logWidget({ title, of, view, lines }: DashboardQuery, width: number): LogQueryWidget {
  const logGroupNames = of.map(({ logGroup }) => logGroup.logGroupName);
  return new LogQueryWidget({ title, logGroupNames, view, queryLines: [...lines], width, height: 6 });
}
