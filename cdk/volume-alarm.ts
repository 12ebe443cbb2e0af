import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { METRICS } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import { ownMetric } from './own-metric.ts';

/** An alarm on how many IPs come and go. Nobody but the customer knows how many are usual, so without their word there is none. */
export class VolumeAlarm extends Construct {
  constructor(scope: Construct, id: string, props: { readonly deployment: Deployment }) {
    super(scope, id);
    const { alarms, config } = props.deployment;
    const threshold = config.alarmOnChangesPerHour;
    if (threshold === undefined) return;
    alarms.watch(this, 'ManyChanges', {
      name: 'many-changes',
      metric: ownMetric(Stack.of(this), METRICS.changes, { period: Duration.hours(1), statistic: 'Sum' }),
      threshold,
      text: {
        severity: 'can wait',
        impact: `Zones gained and lost ${threshold} IPs or more within an hour. More people log in or out than usual, or somebody sends events who should not.`,
        firstStep: 'Look at the events on the dashboard. If nobody expects them, see from which addresses they came.',
        section: 'Many changes',
      },
    });
  }
}
