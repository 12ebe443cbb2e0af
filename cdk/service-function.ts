import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../lib/names.ts';
import { type Deployment, recordsPolicy } from './deployment.ts';
import { type FunctionName, functionCode } from './function-code.ts';

export interface ServiceFunctionProps {
  readonly deployment: Deployment;
  readonly name: FunctionName;
  readonly description: string;
  readonly timeout: Duration;
  /** By their names in `ENV`; the service name is added. */
  readonly environment: Readonly<Partial<Record<keyof typeof ENV, string>>>;
  readonly reservedConcurrency?: number | undefined;
  /** What it means for those who log in and out when the function fails or is throttled. */
  readonly impact: string;
  /** Failed runs in 5 minutes that are an alarm. One run that is repeated and then works is none. */
  readonly failures: number;
}

/**
 * One function with its log group, its role (nothing but its own log group until told otherwise) and
 * its alarms.
 */
export class ServiceFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly timeout: Duration;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { deployment, name } = props;
    this.timeout = props.timeout;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: deployment.config.logRetentionDays,
      removalPolicy: recordsPolicy(deployment.config),
    });
    // A role of its own rather than the default one, which may write to every log group of the account.
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], this.logGroup.logGroupArn);
    const environment = Object.entries({ ...props.environment, serviceName: Stack.of(this).stackName });
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: functionCode(name, deployment.functionsDir, deployment.config),
      handler: 'index.handler',
      // Measured: at most 250 MB in the largest cases. CPU comes with memory, so with less all would be slower
      // (docs/decisions/0031-memory-of-the-functions.md).
      memorySize: 512,
      timeout: props.timeout,
      role: this.#role,
      logGroup: this.logGroup,
      environment: Object.fromEntries(environment.map(([key, value]) => [ENV[key as keyof typeof ENV], value])),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    this.#watch(props);
  }

  /** Adds to what the function may do. Actions are spelled out; resources are those of this stack. */
  allow(actions: readonly string[], ...resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ actions: [...actions], resources }));
  }

  #watch({ deployment: { alarms }, name, impact, failures }: ServiceFunctionProps): void {
    const period = Duration.minutes(5);
    alarms.watch(this, 'ErrorsAlarm', {
      name: `${name}-errors`,
      metric: this.lambda.metricErrors({ period }),
      threshold: failures,
      text: {
        impact: `The ${name} function failed or ran out of time. ${impact}`,
        firstStep: `Find "the invocation failed" in the log of the ${name} function, and read the lines before it.`,
        section: 'Function errors',
      },
    });
    alarms.watch(this, 'ThrottlesAlarm', {
      name: `${name}-throttles`,
      metric: this.lambda.metricThrottles({ period }),
      threshold: 10,
      text: {
        impact: `Lambda refused to run the ${name} function, because no concurrency was free. ${impact}`,
        firstStep: "Check the account's concurrency quota for Lambda, and which function uses it up.",
        section: 'Function throttles',
      },
    });
  }
}
