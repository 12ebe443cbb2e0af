import { Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allErrorCodes, ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import { METRICS } from '../lib/names.ts';
import { REPOSITORY } from '../lib/version.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { type DashboardQuery, dashboardQueries, latestErrors, listChanges } from './dashboard-queries.ts';
import { errorMetric } from './error-alarms.ts';
import { firstSteps } from './first-steps.ts';
import type { FunctionName, OptionalFunctionName } from './function-code.ts';
import { ownMetric } from './own-metric.ts';
import type { ServiceFunction } from './service-function.ts';

const PERIOD = Duration.minutes(1);
/** That of the alarms on what requests cause. */
const REFUSED_PERIOD = Duration.minutes(15);
const COLUMNS = 24;

export interface ServiceDashboardProps {
  readonly alarms: AlarmTopic;
  readonly access: IAlarm;
  /** By the label they get. */
  readonly functions: Readonly<Record<FunctionName, ServiceFunction>> &
    Readonly<Partial<Record<OptionalFunctionName, ServiceFunction>>>;
  /** Queues that should drain at once. */
  readonly queues: Readonly<Record<string, IQueue>> & { readonly events: IQueue };
  /** Queues that should stay empty. */
  readonly deadLetterQueues: Readonly<Record<string, IQueue>>;
}

/**
 * One page for a person whom an alarm woke: what to do first, what is wrong, where it is stuck, what the logs say. At most
 * 50 metrics, whatever is configured: more would cost, even in an account with fewer than four dashboards.
 */
export class ServiceDashboard extends Construct {
  readonly name: string;
  readonly #props: ServiceDashboardProps;

  constructor(scope: Construct, id: string, props: ServiceDashboardProps) {
    super(scope, id);
    this.#props = props;
    const stack = Stack.of(this);
    const { alarms, access, functions } = props;
    const all = Object.values(functions).filter((one) => one !== undefined);
    const dashboard = new Dashboard(this, 'Dashboard', {
      // Names of dashboards are shared by all regions of an account.
      dashboardName: `${stack.stackName}-${Aws.REGION}`,
      defaultInterval: Duration.hours(3),
    });
    dashboard.addWidgets(new TextWidget({ markdown: firstSteps(this, all, REPOSITORY), width: COLUMNS, height: 6 }));
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: [access, ...alarms.alarms], width: COLUMNS, height: 6 }),
    );
    const { people, events, okta, grants } = dashboardQueries(functions);
    const rows: readonly (readonly Tile[])[] = [
      [this.#errors(), latestErrors(all)],
      people,
      [this.#flow(), this.#refusals(), ...events],
      okta,
      [...this.#health(), grants],
      this.#queues(),
      this.#machinery(),
      ...this.#lists(),
    ];
    for (const row of rows) dashboard.addWidgets(...row.map((tile) => widget(tile, COLUMNS / row.length)));
    this.name = dashboard.dashboardName;
  }

  #codes(title: string, codes: readonly ErrorCode[], period: Duration): Graph {
    const metrics = codes.map((code) => errorMetric(Stack.of(this), code, period).with({ label: code }));
    return { title, metrics, lines: this.#props.alarms.lines(codes) };
  }

  #errors(): Graph {
    const codes = allErrorCodes().filter((code) => !ERRORS[code].causedBy);
    const { allowlist } = this.#props.functions;
    const possible = codes.filter((code) => allowlist || !code.startsWith('LIST'));
    return this.#codes('Errors by code', possible, PERIOD);
  }

  #refusals(): Graph {
    const codes = allErrorCodes().filter((code) => ERRORS[code].causedBy);
    return this.#codes('Requests refused, by code (in 15 minutes)', codes, REFUSED_PERIOD);
  }

  #flow(): Graph {
    const { events } = this.#props.queues;
    const options = (label: string) => ({ label, period: Duration.minutes(5) });
    return {
      title: 'Events (in 5 minutes)',
      metrics: [
        events.metricNumberOfMessagesSent(options('accepted')),
        events.metricNumberOfMessagesDeleted(options('applied, or set aside')),
        events.metricApproximateNumberOfMessagesVisible({ ...options('waiting'), statistic: 'Maximum' }),
      ],
    };
  }

  #health(): Graph[] {
    const { alarms } = this.#props;
    const own = (name: string, label: string) => ownMetric(Stack.of(this), name, { label, period: PERIOD });
    return [
      {
        title: 'Worst ACL (s)',
        metrics: [
          own(METRICS.expiredInZone, 'since the oldest expiry not confirmed'),
          own(METRICS.verificationAge, 'since the last verification'),
        ],
        lines: alarms.lines(['expired-in-zone', 'zone-not-verified']),
      },
      {
        title: 'Gateways in use (% of the zones)',
        metrics: [own(METRICS.capacityUsed, 'fullest ACL')],
        lines: alarms.lines(['zone-nearly-full']),
      },
    ];
  }

  #queues(): Graph[] {
    const { alarms, queues, deadLetterQueues } = this.#props;
    const options = (label: string) => ({ label, period: PERIOD, statistic: 'Maximum' });
    return [
      {
        title: 'Age of the oldest message (s)',
        metrics: each(queues, (queue, label) => queue.metricApproximateAgeOfOldestMessage(options(label))),
        lines: alarms.lines(['events-not-applied']),
      },
      {
        title: 'Dead letters',
        metrics: each(deadLetterQueues, (queue, label) =>
          queue.metricApproximateNumberOfMessagesVisible(options(label)),
        ),
        lines: alarms.lines(['events-dead-letters']),
      },
    ];
  }

  #machinery(): Graph[] {
    const { alarms, functions } = this.#props;
    const age = functions.zone.lambda.metric('IteratorAge', { label: 'zone', period: PERIOD, statistic: 'Maximum' });
    return [
      {
        title: 'Failed runs',
        metrics: each(functions, ({ lambda }, label) => lambda.metricErrors({ label, period: PERIOD })),
      },
      { title: 'Stream: age of the last record (ms)', metrics: [age], lines: alarms.lines(['zone-iterator-age']) },
      {
        title: "Sender's clock off by (s)",
        metrics: [ownMetric(Stack.of(this), METRICS.clockSkew, { label: 'webhook', period: PERIOD })],
        lines: alarms.lines(['sender-clock']),
      },
    ];
  }

  #lists(): Tile[][] {
    const { alarms, functions } = this.#props;
    if (!functions.allowlist) return [];
    const age: Graph = {
      title: "Knocknoc's lists: since the last read of the oldest (s)",
      metrics: [ownMetric(Stack.of(this), METRICS.listAge, { label: 'oldest list', period: PERIOD })],
      lines: alarms.lines(['list-not-read']),
    };
    return [[age, listChanges(functions.allowlist)]];
  }
}

interface Graph {
  readonly title: string;
  readonly metrics: readonly IMetric[];
  /** Where alarms begin. */
  readonly lines?: ReturnType<AlarmTopic['lines']>;
}

type Tile = Graph | DashboardQuery;

function each<T>(of: Readonly<Record<string, T>>, metric: (it: T, label: string) => IMetric): IMetric[] {
  return Object.entries(of).map(([label, it]) => metric(it, label));
}

function widget(tile: Tile, width: number): IWidget {
  const { title } = tile;
  if ('metrics' in tile) {
    const { metrics, lines = [] } = tile;
    return new GraphWidget({ title, left: [...metrics], leftAnnotations: [...lines], width, height: 6 });
  }
  const logGroupNames = tile.of.map(({ logGroup }) => logGroup.logGroupName);
  return new LogQueryWidget({ title, logGroupNames, view: tile.view, queryLines: [...tile.lines], width, height: 6 });
}
