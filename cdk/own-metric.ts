import type { Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../lib/names.ts';

/**
 * A metric that the functions emit themselves, under the stack's name.
 * @param options its `dimensionsMap` comes beside the stack's; the statistic is the maximum where it names none
 */
export function ownMetric(stack: Stack, metricName: string, options: MetricOptions): Metric {
  return new Metric({
    statistic: 'Maximum',
    ...options,
    namespace: METRICS.namespace,
    metricName,
    dimensionsMap: { [METRICS.serviceDimension]: stack.stackName, ...options.dimensionsMap },
  });
}
