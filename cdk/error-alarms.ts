import { Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { allErrorCodes, type ErrorCode, PASSER_BY_CODES } from '../lib/error-codes.ts';
import { METRICS } from '../lib/names.ts';
import { ALARM_TEXTS } from './alarm-texts.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { ownMetric } from './own-metric.ts';

/**
 * Codes that take a valid signature to cause, so only Knocknoc does: a few of them in a quarter of
 * an hour are a mistake in a configuration that locks people out.
 */
const SIGNED_CODES: readonly ErrorCode[] = ['HOOK004', 'HOOK005', 'HOOK006'];

/** The count of one error code, as the functions emit it. */
export function errorMetric(stack: Stack, code: ErrorCode, period: Duration): Metric {
  return ownMetric(stack, METRICS.errors, {
    dimensionsMap: { [METRICS.codeDimension]: code },
    statistic: 'Sum',
    period,
  });
}

/** One alarm on each error code. */
export class ErrorAlarms extends Construct {
  constructor(scope: Construct, id: string, props: { readonly alarms: AlarmTopic }) {
    super(scope, id);
    const stack = Stack.of(this);
    for (const code of allErrorCodes()) {
      const { period, ...rings } = rate(code);
      props.alarms.watch(this, code, {
        name: code,
        metric: errorMetric(stack, code, period),
        ...rings,
        text: { ...ALARM_TEXTS[code], section: code },
      });
    }
  }
}

/**
 * One is enough where a person must act. What a stranger can cause by posting rubbish must come more
 * often than scanners do, yet less often than the logins of a small company whose events are all
 * refused.
 */
function rate(code: ErrorCode): { period: Duration; threshold: number; periods?: number; badPeriods?: number } {
  // What lasts is said by every tick, and two ticks can be almost two minutes apart: with a single
  // minute, the alarm would go off and on again all the while.
  if (!PASSER_BY_CODES.includes(code)) return { period: Duration.minutes(1), threshold: 1, periods: 3, badPeriods: 1 };
  return { period: Duration.minutes(15), threshold: SIGNED_CODES.includes(code) ? 5 : 20 };
}
