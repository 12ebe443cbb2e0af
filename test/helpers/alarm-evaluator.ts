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

  /** @param resource the alarm in the synthesised template */
  constructor(resource: Resource) {
    this.#properties = resource.Properties;
    this.name = String(resource.Properties.AlarmName);
    const known = [
      [STATISTICS, 'Statistic'],
      [COMPARISONS, 'ComparisonOperator'],
    ] as const;
    for (const [of, key] of known) {
      if (!Object.hasOwn(of, this.#text(key))) throw new Error(`${this.name}: what is ${key} ${this.#text(key)}?`);
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

  /** Whether the value belongs to the very metric of the alarm, with all its dimensions and no other. */
  watches({ namespace, name, dimensions }: DataPoint): boolean {
    return (
      namespace === this.#text('Namespace') &&
      name === this.#text('MetricName') &&
      JSON.stringify(Object.entries(dimensions).sort()) === JSON.stringify(this.#dimensions())
    );
  }

  #isOnAt(points: readonly DataPoint[], at: number): boolean {
    const periods = Number(this.#properties.EvaluationPeriods);
    const needed = Number(this.#properties.DatapointsToAlarm ?? periods);
    const length = Number(this.#properties.Period) * 1000;
    const ends = Array.from({ length: periods }, (_, index) => at - index * length);
    return ends.filter((end) => this.#isBad(points, end - length, end)).length >= needed;
  }

  #isBad(points: readonly DataPoint[], from: number, to: number): boolean {
    const values = points.filter((point) => point.at >= from && point.at < to).map(({ value }) => value);
    if (values.length === 0) return this.#text('TreatMissingData') === 'breaching';
    const value = STATISTICS[this.#text('Statistic')]?.(values) ?? Number.NaN;
    return COMPARISONS[this.#text('ComparisonOperator')]?.(value, Number(this.#properties.Threshold)) ?? false;
  }

  #dimensions(): [string, string][] {
    const dimensions = (this.#properties.Dimensions ?? []) as readonly { Name: string; Value: unknown }[];
    return dimensions.map(({ Name, Value }): [string, string] => [Name, logicalId(Value)]).sort();
  }

  #text(key: string): string {
    return String(this.#properties[key]);
  }
}

/** A name, or the logical id of the resource whose name it will be. */
function logicalId(value: unknown): string {
  if (typeof value === 'string') return value;
  const [id] =
    /"(?:Ref|Fn::GetAtt)":(?:"([^"]+)"|\["([^"]+)")/.exec(JSON.stringify(value))?.slice(1).filter(Boolean) ?? [];
  if (id === undefined) throw new Error(`whose name is ${JSON.stringify(value)}?`);
  return id;
}
