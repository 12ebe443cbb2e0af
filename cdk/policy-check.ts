import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { METRICS } from '../lib/names.ts';
import type { Deployment } from './deployment.ts';
import { ownMetric } from './own-metric.ts';
import { runEvery } from './run-every.ts';
import { allowReading, type Secrets } from './secrets.ts';
import { type FunctionNetwork, ServiceFunction } from './service-function.ts';

export interface PolicyCheckProps {
  readonly deployment: Deployment;
  readonly secrets: Secrets;
  /** From which Okta is called; without one, from an address of AWS's that changes. */
  readonly network?: FunctionNetwork | undefined;
}

/** Looks once a day whether sign-on policies refer to the zones. A function of its own: nothing waits for it, and it writes nothing. */
export class PolicyCheck extends Construct {
  readonly function: ServiceFunction;

  constructor(scope: Construct, id: string, { deployment, secrets, network }: PolicyCheckProps) {
    super(scope, id);
    this.function = new ServiceFunction(this, 'Policies', {
      deployment,
      name: 'policies',
      description: 'Checks that sign-on policies of Okta refer to the zones',
      // One call after the other, and an org may have a hundred policies.
      timeout: Duration.minutes(15),
      network,
      environment: { oktaCredentialsArn: secrets.oktaCredentialsArn },
      severity: 'can wait',
      failures: 1,
      impact:
        'Nobody gains or loses access by this. Whether policies refer to the zones is not known until the next day.',
    });
    allowReading(this.function, secrets.oktaCredentialsArn);
    runEvery(this, 'Daily', this.function, {
      every: Duration.days(1),
      description: 'Runs the policies function once a day',
      input: { kind: 'daily' },
      within: Duration.hours(1),
    });
    deployment.alarms.watch(this, 'Findings', {
      name: 'policies',
      metric: ownMetric(Stack.of(this), METRICS.policyFindings, { period: Duration.days(1) }),
      threshold: 1,
      // So that it does not go off and on again where two checks are a little more than a day apart.
      periods: 2,
      badPeriods: 1,
      text: {
        severity: 'can wait',
        impact:
          'A zone does not protect what it should: people may get in from anywhere, or not at all. Or Okta did not let this be checked.',
        firstStep: 'Run `npm run zone -- doctor`, which names zone, policy and rule.',
        section: 'Policies',
      },
    });
  }
}
