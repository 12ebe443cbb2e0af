import type { Resource } from '../cdk/synthesised.ts';

/** One value of a metric, as CloudWatch gets it. */
export interface DataPoint {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const MINUTE_MS = 60_000;

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  SampleCount: (values) => values.length,
};
const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

/**
 * An alarm as CloudWatch evaluates it: once a minute, over the last whole periods up to then. Left out is that
 * CloudWatch also takes real values from a little farther back where some are missing, which makes an alarm go on or
 * off a little later.
 */
export class EvaluatedAlarm {
  readonly name: string;
  readonly #properties: Readonly<Record<string, unknown>>;
  /** What it looks at: one metric, or those of its expression, each by its id there. */
  readonly #metrics: readonly WatchedMetric[];
  readonly #value: (of: (id: string) => number) => number;

  /** @param resource the alarm in the synthesised template */
  constructor(resource: Resource) {
    this.#properties = resource.Properties;
    this.name = String(resource.Properties.AlarmName);
    const queries = (this.#properties.Metrics ?? []) as readonly MetricQuery[];
    const stats = queries.flatMap(({ Id, MetricStat }) => (MetricStat ? [watchedMetric(Id, MetricStat)] : []));
    this.#metrics = queries.length > 0 ? stats : [watchedMetric('', { ...this.#properties, Metric: this.#properties })];
    this.#value = queries.length > 0 ? computedBy(queries) : (of) => of('');
    const comparison = this.#text('ComparisonOperator');
    if (!Object.hasOwn(COMPARISONS, comparison)) throw new Error(`${this.name}: what is ${comparison}?`);
    for (const { statistic } of this.#metrics) {
      if (!Object.hasOwn(STATISTICS, statistic)) throw new Error(`${this.name}: what is ${statistic}?`);
    }
    if (!['breaching', 'notBreaching'].includes(this.#text('TreatMissingData'))) {
      throw new Error(`${this.name} doesn't say what silence means`);
    }
  }

  /** The moments of the minutes at which it is on, `from` and `to` included (milliseconds since the epoch). */
  on(points: readonly DataPoint[], from: number, to: number): number[] {
    const mine = points.filter((point) => this.watches(point));
    const moments: number[] = [];
    for (let at = Math.ceil(from / MINUTE_MS) * MINUTE_MS; at <= to; at += MINUTE_MS) {
      if (this.#isOnAt(mine, at)) moments.push(at);
    }
    return moments;
  }

  /** Whether the value belongs to a very metric of the alarm, with all its dimensions and no other. */
  watches(point: DataPoint): boolean {
    return this.#metrics.some((metric) => isOf(metric, point));
  }

  #isOnAt(points: readonly DataPoint[], at: number): boolean {
    const periods = Number(this.#properties.EvaluationPeriods);
    const needed = Number(this.#properties.DatapointsToAlarm ?? periods);
    const length = Math.max(...this.#metrics.map(({ seconds }) => seconds)) * 1000;
    const ends = Array.from({ length: periods }, (_, index) => at - index * length);
    return ends.filter((end) => this.#isBad(points, end - length, end)).length >= needed;
  }

  #isBad(points: readonly DataPoint[], from: number, to: number): boolean {
    const within = points.filter((point) => point.at >= from && point.at < to);
    const values = new Map(
      this.#metrics.map((metric) => {
        const own = within.filter((point) => isOf(metric, point)).map(({ value }) => value);
        return [metric.id, own.length === 0 ? undefined : STATISTICS[metric.statistic]?.(own)];
      }),
    );
    // An expression has no value where one of its metrics has none.
    if ([...values.values()].includes(undefined)) return this.#text('TreatMissingData') === 'breaching';
    const value = this.#value((id) => values.get(id) ?? Number.NaN);
    return COMPARISONS[this.#text('ComparisonOperator')]?.(value, Number(this.#properties.Threshold)) ?? false;
  }

  #text(key: string): string {
    return String(this.#properties[key]);
  }
}

interface WatchedMetric {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: string;
  readonly statistic: string;
  readonly seconds: number;
}

/** As CloudFormation writes one of the metrics of an expression, or the expression itself. */
interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: Readonly<Record<string, unknown>>;
}

function watchedMetric(id: string, stat: Readonly<Record<string, unknown>>): WatchedMetric {
  const metric = stat.Metric as Readonly<Record<string, unknown>>;
  const dimensions = (metric.Dimensions ?? []) as readonly { Name: string; Value: unknown }[];
  const named = dimensions.map(({ Name, Value }): [string, string] => [Name, logicalId(Value)]).sort();
  return {
    ...{ id, namespace: String(metric.Namespace), name: String(metric.MetricName), dimensions: JSON.stringify(named) },
    ...{ statistic: String(stat.Stat ?? stat.Statistic), seconds: Number(stat.Period) },
  };
}

function isOf(metric: WatchedMetric, { namespace, name, dimensions }: DataPoint): boolean {
  const own = JSON.stringify(Object.entries(dimensions).sort());
  return namespace === metric.namespace && name === metric.name && own === metric.dimensions;
}

/** The one form of expression that the stack's alarms have. */
function computedBy(queries: readonly MetricQuery[]): (of: (id: string) => number) => number {
  const { Expression = '' } = queries.find((query) => query.Expression !== undefined) ?? {};
  const [, a = '', b = '', then = ''] = /^IF\((\w+) >= (\w+), (\w+), 0\)$/.exec(Expression) ?? [];
  if (a === '') throw new Error(`what is ${Expression}?`);
  return (of) => (of(a) >= of(b) ? of(then) : 0);
}

/** A name, or the logical id of the resource whose name it will be. */
function logicalId(value: unknown): string {
  if (typeof value === 'string') return value;
  const [id] =
    /"(?:Ref|Fn::GetAtt)":(?:"([^"]+)"|\["([^"]+)")/.exec(JSON.stringify(value))?.slice(1).filter(Boolean) ?? [];
  if (id === undefined) throw new Error(`whose name is ${JSON.stringify(value)}?`);
  return id;
}
