import { CloudWatchClient, GetMetricStatisticsCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetEventSourceMappingCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type AwsSettings, clientSettings } from './aws-settings.ts';
import { flowOf, LogTooLong } from './flow.ts';
import { EVENTS_DEAD_LETTERS, resourceOf, type StackDescription, type StackResource } from './stack-description.ts';
import type { AlarmOn, AlarmTopicFact, Facts, PartFact, ScheduleFact } from './target.ts';
import { readWebhookLog } from './webhook-log.ts';

/** Dead-letter queues, by the beginning of their logical ids; that of the reads is there where lists are read. */
export const DEAD_LETTER_QUEUES: readonly (readonly [prefix: string, name: string])[] = [
  [EVENTS_DEAD_LETTERS, 'events'],
  ['ExpiryTimersDeadLetters', 'timers'],
  ['AllowlistReadsDeadLetters', 'reads'],
  ['ZoneFailures', 'zone failures'],
];
/** What goes to the topic in each stack output, where there are both. */
const TOPICS = { AlarmTopicArn: 'those that must wake somebody', CanWaitTopicArn: 'those that can wait' } as const;
/** How the logical id of a function of this system begins, and of its trigger. A stack may have others. */
const NAME = /^(Webhook|WebhookGatekeeper|Outcome|Grants|Expiry|Zone|Policies|AllowlistReader)Function/;
const TEN_MINUTES_MS = 600_000;
/** From when a deploy begins until the function that it makes has been invoked, and CloudWatch has counted it. */
const FIRST_TICKS_MS = 1_200_000;
const SETTLED = /^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/;

/** What AWS says of a stack's resources. Only reads. */
export function stackFacts(stack: StackDescription, settings: AwsSettings): Facts {
  const client = clientSettings(settings);
  const lambda = new LambdaClient(client);
  const cloudWatch = new CloudWatchClient(client);
  const ofType = (type: string) => stack.resources.filter((resource) => resource.type === type);
  const named = (type: string) => ofType(type).filter(({ logicalId }) => NAME.test(logicalId));
  const only = (type: string, prefix: string) => resourceOf(stack, type, prefix);
  return {
    parts: async () => [
      {
        name: `stack ${stack.name}`,
        state: `${stack.status}, version ${stack.version}`,
        usable: SETTLED.test(stack.status),
      },
      ...(await Promise.all(named('AWS::Lambda::Function').map((one) => functionPart(lambda, one)))),
      ...(await Promise.all(named('AWS::Lambda::EventSourceMapping').map((mapping) => mappingPart(lambda, mapping)))),
    ],
    schedule: async (): Promise<ScheduleFact> => {
      const Name = only('AWS::Scheduler::Schedule', 'Expiry');
      const scheduler = new SchedulerClient(client);
      const { State } = await scheduler.send(new GetScheduleCommand({ Name }));
      const count = await recentInvocations(cloudWatch, only('AWS::Lambda::Function', 'Expiry'));
      // An emulator has no numbers, and a stack that was just deployed has none yet.
      const isKnown = count > 0 || (settings.endpoint === undefined && Date.now() - stack.deployedAt > FIRST_TICKS_MS);
      return { enabled: State !== 'DISABLED', recentInvocations: isKnown ? count : undefined };
    },
    deadLetters: async () => {
      const sqs = new SQSClient(client);
      const queues = DEAD_LETTER_QUEUES.flatMap(([prefix, queue]) => {
        const found = ofType('AWS::SQS::Queue').find(({ logicalId }) => logicalId.startsWith(prefix));
        return found ? [{ queue, url: found.physicalId }] : [];
      });
      return Promise.all(queues.map(async ({ queue, url }) => ({ queue, messages: await messagesIn(sqs, url) })));
    },
    flow: async () => {
      const logs = new CloudWatchLogsClient(client);
      const [log, waiting] = await Promise.all([
        readWebhookLog(logs, only('AWS::Logs::LogGroup', 'WebhookLogs'), Date.now()),
        messagesIn(new SQSClient(client), only('AWS::SQS::Queue', 'GrantsEventsQueue')),
      ]);
      if (!log) throw new LogTooLong();
      return flowOf(log.lines, waiting, log.since);
    },
    alarmTopics: () => alarmTopics(new SNSClient(client), stack),
    alarmsOn: () => alarmsOn(cloudWatch, stack),
  };
}

/** Those that somebody is reading count. */
async function messagesIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

function nameOf(logicalId: string): string {
  const [, name = logicalId] = NAME.exec(logicalId) ?? [];
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

async function functionPart(lambda: LambdaClient, { logicalId, physicalId }: StackResource): Promise<PartFact> {
  const answer = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalId }));
  const { State = 'Active', StateReason, LastUpdateStatus = 'Successful' } = answer;
  // Lambda lets a function that is not called for weeks go idle; the next call wakes it.
  const usable = ['Active', 'Inactive'].includes(State) && LastUpdateStatus !== 'Failed';
  const state =
    LastUpdateStatus === 'Failed' ? 'its last update failed' : [State, StateReason].filter(Boolean).join(', ');
  return { name: `${nameOf(logicalId)} function`, state, usable };
}

async function mappingPart(lambda: LambdaClient, { logicalId, physicalId }: StackResource): Promise<PartFact> {
  const { State = 'unknown', LastProcessingResult } = await lambda.send(
    new GetEventSourceMappingCommand({ UUID: physicalId }),
  );
  const trouble = LastProcessingResult?.startsWith('PROBLEM') ? `, ${LastProcessingResult}` : '';
  return {
    name: `trigger of the ${nameOf(logicalId)} function`,
    state: `${State}${trouble}`,
    usable: State === 'Enabled' && trouble === '',
  };
}

/** In the last ten minutes. CloudWatch has no numbers of a function that nobody calls. */
async function recentInvocations(cloudWatch: CloudWatchClient, functionName: string): Promise<number> {
  const now = Date.now();
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: functionName }],
      StartTime: new Date(now - TEN_MINUTES_MS),
      EndTime: new Date(now),
      Period: TEN_MINUTES_MS / 1000,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
}

async function alarmsOn(cloudWatch: CloudWatchClient, stack: StackDescription): Promise<readonly AlarmOn[]> {
  const own = new Set(stack.resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm').map((r) => r.physicalId));
  const on: AlarmOn[] = [];
  const query = { AlarmNamePrefix: `${stack.name}-`, StateValue: 'ALARM' as const };
  for await (const page of paginateDescribeAlarms({ client: cloudWatch }, query)) {
    for (const { AlarmName = '', AlarmDescription = '', StateValue } of page.MetricAlarms ?? []) {
      if (StateValue === 'ALARM' && own.has(AlarmName)) on.push({ name: AlarmName, description: AlarmDescription });
    }
  }
  return on;
}

async function alarmTopics(sns: SNSClient, { outputs }: StackDescription): Promise<readonly AlarmTopicFact[]> {
  return Promise.all(
    Object.entries(TOPICS).flatMap(([output, alarms]) => {
      const arn = outputs[output];
      const only = outputs.CanWaitTopicArn === undefined ? {} : { alarms };
      return arn === undefined
        ? []
        : [subscriptionsOf(sns, arn).then((subscriptions) => ({ output, ...only, subscriptions }))];
    }),
  );
}

async function subscriptionsOf(sns: SNSClient, TopicArn: string): Promise<AlarmTopicFact['subscriptions']> {
  const subscriptions: AlarmTopicFact['subscriptions'][number][] = [];
  for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn })) {
    for (const { Protocol = '', Endpoint = '', SubscriptionArn = '' } of page.Subscriptions ?? []) {
      const confirmed = SubscriptionArn.startsWith('arn:');
      subscriptions.push({ endpoint: `${Protocol} ${Endpoint}`, confirmed });
    }
  }
  return subscriptions;
}
