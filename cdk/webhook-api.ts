import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  HttpApi,
  HttpMethod,
  HttpStage,
  IpAddressType,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CLOCK_SKEW_SECONDS, METRICS, OUTCOME_ROUTE, REFUSED_AND_NONE_ACCEPTED, WEBHOOK_PATH } from '../lib/names.ts';
import { type Deployment, recordsPolicy } from './deployment.ts';
import { Gatekeeper } from './gatekeeper.ts';
import type { GrantsTable } from './grants-table.ts';
import { ownMetric } from './own-metric.ts';
import { allowReading, type Secrets } from './secrets.ts';
import { ServiceFunction } from './service-function.ts';

/**
 * Requests a second, and at once, that reach the function. Five thousand people who log in within a
 * minute stay below, and so does the FIFO queue, which takes 300 messages a second; a flood is answered
 * with 429 before it reaches the function, and senders repeat a 429.
 */
const THROTTLE = { rateLimit: 150, burstLimit: 300 };
/**
 * Where the gatekeeper refuses strangers, only what `allowFrom` lets in gets as far as the function. AWS does not say
 * whether a refused request counts towards the throttle: as if it did, a flood needs far more to crowd events out.
 */
const THROTTLE_BEHIND_GATEKEEPER = { rateLimit: 1_000, burstLimit: 2_000 };
/** Of questions for outcomes, a second and at once, so that these never count among the events. */
const OUTCOME_THROTTLE = { ThrottlingRateLimit: 150, ThrottlingBurstLimit: 300 };

/** What one request leaves in the access log: never a body, a header or a query. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  status: '$context.status',
  protocol: '$context.protocol',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
};

export interface WebhookApiProps {
  readonly deployment: Deployment;
  readonly secrets: Secrets;
  readonly eventsQueue: IQueue;
  readonly table: GrantsTable;
  /** Tells the outcomes of what was posted. */
  readonly outcome: ServiceFunction;
}

/**
 * The way in: `POST /webhook`, answered by the webhook function; and below it the outcomes of what was posted, told by a
 * function of their own, so that whoever waits for one holds up nobody who posts.
 */
export class WebhookApi extends Construct {
  readonly function: ServiceFunction;
  /** Where the configuration has an `allowFrom`. */
  readonly gatekeeper: Gatekeeper | undefined;
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebhookApiProps) {
    super(scope, id);
    const { deployment, secrets, eventsQueue, table, outcome } = props;
    this.function = new ServiceFunction(this, 'Webhook', {
      deployment,
      name: 'webhook',
      description: 'Checks a signed event of Knocknoc and puts it on the events queue',
      // The API gives up after 30 s; the function must be the first to speak.
      timeout: Duration.seconds(29),
      environment: {
        tableName: table.table.tableName,
        eventsQueueUrl: eventsQueue.queueUrl,
        webhookSecretArn: secrets.webhookSecretArn,
      },
      severity: 'urgent',
      failures: 1,
      impact: 'Knocknoc gets no answer to its events and must send them again. Until then they have no effect.',
    });
    this.function.allow(['sqs:SendMessage'], eventsQueue.queueArn);
    allowReading(this.function, secrets.webhookSecretArn);
    table.allow(this.function, 'GetItem');
    this.#watchRefusals(deployment);
    this.#watchSendersClock(deployment);

    const { allowFrom } = deployment.config;
    this.gatekeeper = allowFrom.length > 0 ? new Gatekeeper(this, 'Gatekeeper', { deployment }) : undefined;
    const api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      // Of every route, whichever comes.
      ...(this.gatekeeper && { defaultAuthorizer: this.gatekeeper.authorizer }),
      // Over IPv6 the API answers only where a sender is expected there: others would come with an address unlike
      // the one that is listed.
      ...(allowFrom.some((network) => network.includes(':')) && { ipAddressType: IpAddressType.DUAL_STACK }),
    });
    const routes = api.addRoutes({
      path: WEBHOOK_PATH,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('WebhookIntegration', this.function.lambda),
    });
    const outcomeRoutes = api.addRoutes({
      path: OUTCOME_ROUTE,
      methods: [HttpMethod.GET],
      integration: new HttpLambdaIntegration('OutcomeIntegration', outcome.lambda),
    });
    for (const route of [...routes, ...outcomeRoutes]) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Each request is authenticated by its function: HMAC signature over the raw body, which an authorizer of an HTTP API does not get to see.',
      });
    }
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: this.gatekeeper ? THROTTLE_BEHIND_GATEKEEPER : THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', {
            retention: deployment.config.logRetentionDays,
            removalPolicy: recordsPolicy(deployment.config),
            ...(deployment.key && { encryptionKey: deployment.key }),
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    const resource = stage.node.defaultChild;
    if (!(resource instanceof CfnStage)) throw new Error('the stage is none');
    resource.routeSettings = { [`GET ${OUTCOME_ROUTE}`]: OUTCOME_THROTTLE };
    // Settings of a route that is not there yet are refused.
    stage.node.addDependency(...outcomeRoutes);
    // The stage's own URL ends in a slash.
    this.url = `${stage.url.replace(/\/$/, '')}${WEBHOOK_PATH}`;
  }

  /** A wrong key refuses everything, and few events do not reach the alarm of any code. Fewer than five an hour ring none. */
  #watchRefusals({ alarms }: Deployment): void {
    const { count, minutes } = REFUSED_AND_NONE_ACCEPTED;
    alarms.watch(this, 'RefusedAlarm', {
      name: 'events-refused',
      metric: ownMetric(Stack.of(this), METRICS.refused, { statistic: 'Sum', period: Duration.minutes(minutes) }),
      threshold: count,
      text: {
        severity: 'urgent',
        impact: 'Events are refused, and none is accepted. Logins and logouts take no effect.',
        firstStep: 'Run `npm run zone -- doctor`: it says with which code, and what to do about it.',
        section: 'Events refused',
      },
    });
  }

  /** It drifts for days before the first event is refused. */
  #watchSendersClock({ alarms }: Deployment): void {
    alarms.watch(this, 'ClockAlarm', {
      name: 'sender-clock',
      metric: ownMetric(Stack.of(this), METRICS.clockSkew, { period: Duration.minutes(15) }),
      threshold: CLOCK_SKEW_SECONDS,
      over: true,
      text: {
        severity: 'can wait',
        impact:
          'The clock of a sender is off by more than 30 seconds. From five minutes on its events are refused; before that, grants end too early or too late.',
        firstStep: 'Let NTP set the clock of the machine that sends.',
        section: "Sender's clock",
      },
    });
  }
}
