import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type Conditions, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Severity } from '../lib/error-codes.ts';
import { ENV } from '../lib/names.ts';
import { type Deployment, recordsPolicy } from './deployment.ts';
import { type FunctionName, functionCode, type OptionalFunctionName } from './function-code.ts';
import { keyRights } from './key-rights.ts';
import { reservationOf } from './reservations.ts';

/** Where a function runs that is to call the outside from an address of the customer's. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  /** Those with a way out, such as a NAT gateway; the private ones where absent. */
  readonly subnets?: SubnetSelection;
}

export interface ServiceFunctionProps {
  readonly deployment: Deployment;
  readonly name: FunctionName | OptionalFunctionName;
  readonly description: string;
  readonly timeout: Duration;
  /** 512 where absent. */
  readonly memoryMb?: number;
  /** By their names in `ENV`; the service name is added. */
  readonly environment: Readonly<Partial<Record<keyof typeof ENV, string>>>;
  readonly network?: FunctionNetwork | undefined;
  /** What it means for those who log in and out when the function fails or is throttled. */
  readonly impact: string;
  /** Of both alarms. Behind the queue a failure can wait: where it lasts, another alarm that is urgent says so. */
  readonly severity: Severity;
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
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { deployment, name } = props;
    this.timeout = props.timeout;
    this.#key = deployment.key;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: deployment.config.logRetentionDays,
      removalPolicy: recordsPolicy(deployment.config),
      ...(deployment.key && { encryptionKey: deployment.key }),
    });
    // A role of its own rather than the default one, which may write to every log group of the account.
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], this.logGroup.logGroupArn);
    const reserved = reservationOf(name, deployment);
    const environment = Object.entries({ ...props.environment, serviceName: Stack.of(this).stackName });
    const network = props.network && this.#enter(props.network);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: functionCode(name, deployment.bundles, deployment.config),
      handler: 'index.handler',
      // CPU comes with memory, so with less all would be slower (docs/decisions/0031-memory-of-the-functions.md).
      memorySize: props.memoryMb ?? 512,
      timeout: props.timeout,
      role: this.#role,
      logGroup: this.logGroup,
      ...network,
      environment: Object.fromEntries(environment.map(([key, value]) => [ENV[key as keyof typeof ENV], value])),
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
    });
    this.#watch(props);
  }

  /** Adds to what the function may do. Actions are spelled out; resources are those of this stack. */
  allow(actions: readonly string[], ...resources: string[]): void {
    this.allowWhere(actions, {}, ...resources);
  }

  /** The same, and only where these conditions of IAM hold. */
  allowWhere(actions: readonly string[], conditions: Conditions, ...resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ actions: [...actions], resources, conditions }));
    this.#allowKey(actions);
  }

  /** Tells the function one more address. */
  tell(name: keyof typeof ENV, value: string): void {
    this.lambda.addEnvironment(ENV[name], value);
  }

  /** Runs the function on the messages of a queue, up to ten a batch. @param atOnce batches under way at once, 2 at least */
  consume(queue: IQueue, atOnce: number): void {
    this.lambda.addEventSource(
      new SqsEventSource(queue, { batchSize: 10, maxConcurrency: atOnce, reportBatchItemFailures: true }),
    );
    // The library grants what it takes to read the queue, but knows nothing of the key.
    this.#allowKey(['sqs:ReceiveMessage']);
  }

  #allowKey(actions: readonly string[]): void {
    if (!this.#key) return;
    for (const statement of keyRights(Stack.of(this), this.#key, actions)) this.#role.addToPolicy(statement);
  }

  /** What Lambda needs to run a function in a network: a group that lets HTTPS out and nothing in, and rights to join. */
  #enter({ vpc, subnets }: FunctionNetwork) {
    const group = new SecurityGroup(this, 'Network', {
      vpc,
      description: 'HTTPS out, nothing in',
      allowAllOutbound: false,
    });
    group.addEgressRule(Peer.anyIpv4(), Port.HTTPS);
    // None of these can be limited to what does not exist yet (AWS's own policy for it names every resource too).
    this.allow(
      [
        ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
        ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
      ],
      '*',
    );
    Validations.of(this.#role).acknowledge({
      id: 'AwsSolutions-IAM5',
      reason: 'Lambda makes and removes network interfaces in the name of the role, which have no name beforehand.',
    });
    return { vpc, securityGroups: [group], ...(subnets && { vpcSubnets: subnets }) };
  }

  #watch({ deployment: { alarms }, name, severity, impact, failures }: ServiceFunctionProps): void {
    const period = Duration.minutes(5);
    alarms.watch(this, 'ErrorsAlarm', {
      name: `${name}-errors`,
      metric: this.lambda.metricErrors({ period }),
      threshold: failures,
      text: {
        severity,
        impact: `The ${name} function failed or ran out of time. ${impact}`,
        firstStep: `In the log of the ${name} function, find "the invocation failed" (its \`reason\` says why), "Task timed out" or "Runtime exited".`,
        section: 'Function errors',
      },
    });
    alarms.watch(this, 'ThrottlesAlarm', {
      name: `${name}-throttles`,
      metric: this.lambda.metricThrottles({ period }),
      threshold: 10,
      text: {
        severity,
        impact: `Lambda refused to run the ${name} function, because no concurrency was free. ${impact}`,
        firstStep: "Check the account's concurrency quota for Lambda, and which function uses it up.",
        section: 'Function throttles',
      },
    });
  }
}
