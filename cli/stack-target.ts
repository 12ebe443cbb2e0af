import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { DynamoDbTable, documents } from '../lib/adapters/dynamodb-table.ts';
import { sqsDeadLetterBox } from '../lib/adapters/sqs-dead-letters.ts';
import { sqsDeadLetters, sqsEventQueue } from '../lib/adapters/sqs-queues.ts';
import { type AwsSettings, clientSettings } from './aws-settings.ts';
import { CliFailure } from './cli-failure.ts';
import { credentialsSecret } from './credentials-secret.ts';
import { emulatedAnswerUrl, emulatedKnoc, emulatedUrl } from './emulated-url.ts';
import { kmsKeys } from './kms-keys.ts';
import { cloudWatchRecord, type LogRecord } from './log-record.ts';
import { EVENTS_DEAD_LETTERS, readStack, resourceOf, type StackDescription } from './stack-description.ts';
import { stackFacts } from './stack-facts.ts';
import type { EventQueues, Target } from './target.ts';
import { versionedSecret } from './versioned-secret.ts';

const CALLER_MS = 3_000;

/** A deployed stack. @param named by its name or its ARN */
export async function stackTarget(named: string, settings: AwsSettings): Promise<Target> {
  const stack = await readStack(named, settings);
  const output = (name: string): string => {
    const value = stack.outputs[name];
    if (value === undefined) {
      const advice = 'Is it a stack of this project, and is its first deploy done? See its events in CloudFormation.';
      throw new CliFailure(`the stack ${stack.name} (${stack.status}) has no output ${name}`, advice);
    }
    return value;
  };
  const client = clientSettings(settings);
  const secrets = new SecretsManagerClient(client);
  const url = output('WebhookUrl');
  return {
    name: `stack ${stack.name} in ${stack.region}, account ${stack.account}`,
    config: stack.config,
    table: new DynamoDbTable(output('GrantsTableName'), documents(new DynamoDBClient(client))),
    oktaCredentials: credentialsSecret(secrets, output('OktaCredentialsArn')),
    kms: stack.config.okta.clientKey === 'kms' ? kmsKeys(stack, new KMSClient(client)) : undefined,
    webhookSecret: versionedSecret(secrets, output('WebhookSecretArn')),
    ...(stack.outputs.AllowlistSecretArn !== undefined && {
      allowlistSecret: versionedSecret(secrets, stack.outputs.AllowlistSecretArn),
    }),
    webhook: settings.endpoint === undefined ? { url, headers: {} } : emulatedWebhook(url, settings.endpoint),
    outputs: stack.outputs,
    caller: () => callerOf(new STSClient(client)),
    queues: queuesOf(
      output('EventsQueueUrl'),
      resourceOf(stack, 'AWS::SQS::Queue', EVENTS_DEAD_LETTERS),
      new SQSClient(client),
    ),
    facts: stackFacts(stack, settings),
    record: recordOf(stack, new CloudWatchLogsClient(client)),
  };
}

/** Beside the events, what the reader of lists and the tick say is wrong. */
const TELLING = /^(Webhook|Grants|Zone|Expiry|Allowlist)Logs/;

function recordOf({ resources, deployedAt }: StackDescription, client: CloudWatchLogsClient): LogRecord {
  const groups = resources.filter(({ type, logicalId }) => type === 'AWS::Logs::LogGroup' && TELLING.test(logicalId));
  const names = groups.map(({ physicalId }) => physicalId);
  return cloudWatchRecord(client, names, deployedAt);
}

function queuesOf(eventsUrl: string, deadLettersUrl: string, client: SQSClient): EventQueues {
  return {
    events: sqsEventQueue(eventsUrl, client),
    box: sqsDeadLetterBox(deadLettersUrl, client),
    deadLetters: sqsDeadLetters(deadLettersUrl, client),
  };
}

function emulatedWebhook(url: string, endpoint: string): Target['webhook'] {
  const finds = (at: string) => emulatedAnswerUrl(at, url, endpoint);
  return { url: emulatedUrl(url, endpoint), headers: {}, finds, knoc: emulatedKnoc(url, endpoint) };
}

/** The log alone wants it: no event waits long for it, or fails for want of it. */
async function callerOf(client: STSClient): Promise<string | undefined> {
  const abortSignal = AbortSignal.timeout(CALLER_MS);
  const answer = await client.send(new GetCallerIdentityCommand({}), { abortSignal }).catch(() => undefined);
  return answer?.Arn;
}
