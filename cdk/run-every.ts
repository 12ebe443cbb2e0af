import { type Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

export interface RunEveryProps {
  readonly every: Duration;
  readonly description: string;
  /** What the function is invoked with. */
  readonly input: { readonly kind: string };
  /** A run that could not begin within this time is left out: the next one does its work. */
  readonly within: Duration;
}

/** Runs a function again and again, with a role that may do this alone. */
export function runEvery(scope: Construct, id: string, fn: ServiceFunction, props: RunEveryProps): void {
  const { lambda } = fn;
  const { every, description, input, within } = props;
  // The next run does the work of one that fails, so a late repetition would only be in its way.
  lambda.configureAsyncInvoke({ maxEventAge: within, retryAttempts: 0 });
  const stack = Stack.of(scope);
  const role = new Role(scope, 'SchedulerRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': stack.account,
          'aws:SourceArn': stack.formatArn({
            service: 'scheduler',
            resource: 'schedule-group',
            resourceName: 'default',
          }),
        },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ effect: Effect.ALLOW, actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }),
  );
  const schedule = new Schedule(scope, id, {
    description,
    schedule: ScheduleExpression.rate(every),
    timeWindow: TimeWindow.off(),
    target: new LambdaInvoke(lambda, {
      // The target would add a right to invoke every version of the function.
      role: role.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject(input),
      maxEventAge: within,
      retryAttempts: 1,
    }),
  });
  // Without the right to invoke, the first runs would fail.
  schedule.node.addDependency(role);
}
