import { Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { allErrorCodes, ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import { METRICS } from '../lib/names.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { ownMetric } from './own-metric.ts';

/** The count of one error code, as the functions emit it. */
export function errorMetric(stack: Stack, code: ErrorCode, period: Duration): Metric {
  return ownMetric(stack, METRICS.errors, {
    dimensionsMap: { [METRICS.codeDimension]: code },
    statistic: 'Sum',
    period,
  });
}

/** One alarm on each error code that needs a person. */
export class ErrorAlarms extends Construct {
  constructor(scope: Construct, id: string, props: { readonly alarms: AlarmTopic }) {
    super(scope, id);
    const stack = Stack.of(this);
    for (const code of allErrorCodes()) {
      const { severity, impact, firstStep } = ERRORS[code];
      if (severity === 'no alarm') continue;
      const { period, ...rings } = rate(code);
      props.alarms.watch(this, code, {
        name: code,
        metric: errorMetric(stack, code, period),
        ...rings,
        text: { severity, impact, firstStep, section: code },
      });
    }
  }
}

/**
 * One is enough where a person must act. What a stranger can cause by posting rubbish must come more often than
 * scanners do, yet less often than the logins of a small company whose events are all refused. Where it takes the
 * secret, only Knocknoc causes it: a few are a mistake in a configuration that locks people out.
 */
function rate(code: ErrorCode): { period: Duration; threshold: number; periods?: number; badPeriods?: number } {
  const { causedBy } = ERRORS[code];
  if (causedBy) return { period: Duration.minutes(15), threshold: causedBy === 'anyone' ? 20 : 5 };
  // What lasts is reported by every tick, and two ticks can be almost two minutes apart: with a single
  // minute, the alarm would go off and on again all the while.
  return { period: Duration.minutes(1), threshold: 1, periods: 3, badPeriods: 1 };
}
