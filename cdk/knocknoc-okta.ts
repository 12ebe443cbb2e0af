import { fileURLToPath } from 'node:url';
import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ConfigInput } from '../config/input.ts';
import { ConfigError, loadConfig, parseConfig, withStackName } from '../config/load.ts';
import { type Config, listedAcls } from '../lib/config.ts';
import { CONFIGURATION_METADATA, VERSION_METADATA } from '../lib/names.ts';
import { VERSION } from '../lib/version.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { AllowlistReader } from './allowlist-reader.ts';
import { ClientKeys } from './client-keys.ts';
import { ServiceDashboard } from './dashboard.ts';
import type { Deployment } from './deployment.ts';
import { ErrorAlarms } from './error-alarms.ts';
import { ExpiryClock } from './expiry-clock.ts';
import { fixLogicalIds } from './fixed-logical-ids.ts';
import { type Bundles, fromFolder } from './function-code.ts';
import { GrantsProcessor } from './grants-processor.ts';
import { GrantsTable } from './grants-table.ts';
import { OutcomeTeller } from './outcome-teller.ts';
import { PolicyCheck } from './policy-check.ts';
import { SavedQueries } from './saved-queries.ts';
import { Secrets } from './secrets.ts';
import type { FunctionNetwork } from './service-function.ts';
import { VolumeAlarm } from './volume-alarm.ts';
import { WebhookApi } from './webhook-api.ts';
import { ZoneHealthAlarms } from './zone-health-alarms.ts';
import { ZoneUpdater } from './zone-updater.ts';

export { ConfigError, type ConfigInput };

export interface KnocknocOktaProps {
  /** As in a configuration file, or the path of one. The stack's name counts, and not `stackName`. */
  readonly config: ConfigInput | string;
  /** A key of KMS for all that is stored: `kmsKeyArn` as an object of the app. docs/security.md has what its policy must allow. */
  readonly encryptionKey?: IKey;
  /** A topic for alarms in place of those of the system: `alarmTopicArn` as an object of the app. */
  readonly alarmTopic?: ITopic;
  /** Another topic for the alarms that can wait: `canWaitTopicArn` as an object of the app. */
  readonly canWaitTopic?: ITopic;
  /** The network from which Okta is called, for a token that is restricted to its address: docs/security.md has an example. */
  readonly oktaNetwork?: FunctionNetwork;
  /** The functions' code; that of this package where absent. */
  readonly bundles?: Bundles;
}

/**
 * The whole system, one in a stack. No account or region is fixed, and nothing of a zone's content is a property of
 * a resource: neither a deploy nor a rollback can change who is let in. The logical ids are the same in every app.
 * @throws {ConfigError} with all that is wrong with the configuration
 */
export class KnocknocOkta extends Construct {
  /** Where to post events. */
  readonly webhookUrl: string;
  /** The secret with the keys that events are signed with. */
  readonly webhookSecretArn: string;
  /** The secret that holds the Okta token, or the key of a service app. */
  readonly oktaCredentialsArn: string;
  /** The topic of the alarms that must wake somebody. */
  readonly alarmTopic: ITopic;
  /** The topic of the alarms that can wait; the same where all go to one. */
  readonly canWaitTopic: ITopic;

  constructor(scope: Construct, id: string, props: KnocknocOktaProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const config = configOf(props.config, stack);
    // For whoever operates the stack and has no configuration file: the command line reads it back.
    // No resource refers to it, so it changes nothing by itself.
    stack.templateOptions.metadata = {
      ...stack.templateOptions.metadata,
      ...{ [CONFIGURATION_METADATA]: config, [VERSION_METADATA]: VERSION },
    };
    const { kmsKeyArn, permissionsBoundaryArn } = config;
    // Of every role, those that the CDK makes by itself included.
    if (permissionsBoundaryArn !== undefined) {
      const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn);
      PermissionsBoundary.of(this).apply(boundary);
    }
    judgeObjects(props);
    const key = props.encryptionKey ?? (kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'Key', kmsKeyArn));
    const alarms = new AlarmTopic(this, 'AlarmTopic', {
      email: config.alarmEmail,
      existing: props.alarmTopic ?? config.alarmTopicArn,
      existingCanWait: props.canWaitTopic ?? config.canWaitTopicArn,
      key,
    });
    const bundles = props.bundles ?? fromFolder(fileURLToPath(new URL('../functions', import.meta.url)));
    const deployment: Deployment = { config, alarms, key, bundles };
    const secrets = new Secrets(this, 'Secrets', { deployment });
    const table = new GrantsTable(this, 'GrantsTable', { deployment });
    const expiry = new ExpiryClock(this, 'Expiry', { deployment, table });
    const timerQueue = expiry.timerQueue.queue;
    const grants = new GrantsProcessor(this, 'Grants', { deployment, table, timerQueue });
    const eventsQueue = grants.events.queue;
    const outcome = new OutcomeTeller(this, 'Outcome', { deployment, secrets, table }).function;
    const webhook = new WebhookApi(this, 'Webhook', { deployment, secrets, eventsQueue, table, outcome });
    const zone = new ZoneUpdater(this, 'Zone', { deployment, table, secrets, timerQueue, network: props.oktaNetwork });
    const clientKeys = new ClientKeys(this, 'OktaClientKeys', { deployment });
    clientKeys.allowSigning(zone.function);
    const policies = config.okta.checkPolicies
      ? new PolicyCheck(this, 'Policies', { deployment, secrets, network: props.oktaNetwork }).function
      : undefined;
    if (policies) clientKeys.allowSigning(policies);
    const lists =
      listedAcls(config).length > 0
        ? new AllowlistReader(this, 'Allowlist', { deployment, table, expiry, eventsQueue })
        : undefined;
    new ErrorAlarms(this, 'ErrorAlarms', { alarms });
    new ZoneHealthAlarms(this, 'ZoneHealthAlarms', { deployment });
    new VolumeAlarm(this, 'VolumeAlarm', { deployment });
    const functions = {
      webhook: webhook.function,
      outcome,
      grants: grants.function,
      expiry: expiry.function,
      zone: zone.function,
      ...(webhook.gatekeeper && { gatekeeper: webhook.gatekeeper.function }),
      ...(policies && { policies }),
      ...(lists && { allowlist: lists.function }),
    };
    new SavedQueries(this, 'Queries', { functions: Object.values(functions) });
    const dashboard = new ServiceDashboard(this, 'Dashboard', {
      alarms,
      access: alarms.watchAccess(),
      functions,
      queues: { events: eventsQueue, timers: timerQueue, ...(lists && { reads: lists.reads.queue }) },
      deadLetterQueues: {
        'events dead letters': grants.events.deadLetterQueue,
        'timers dead letters': expiry.timerQueue.deadLetterQueue,
        ...(lists && { 'reads dead letters': lists.reads.deadLetterQueue }),
        'zone failures': zone.failures.queue,
      },
    });
    const { urgent, 'can wait': canWait } = alarms.topics;
    const split = urgent !== canWait;
    const outputs: Readonly<Record<string, readonly [value: string, description: string]>> = {
      WebhookUrl: [webhook.url, 'Where to post events'],
      WebhookSecretArn: [secrets.webhookSecretArn, 'The secret with the keys that events are signed with'],
      OktaCredentialsArn: [
        secrets.oktaCredentialsArn,
        'The secret that holds the Okta token, or the key of a service app',
      ],
      ...(lists && { AllowlistSecretArn: [lists.secretArn, "The secret with URL and key of Knocknoc's lists"] }),
      GrantsTableName: [table.table.tableName, 'The table of grants'],
      EventsQueueUrl: [eventsQueue.queueUrl, 'The queue of accepted events'],
      AlarmTopicArn: [urgent.topicArn, `The topic of ${split ? 'alarms that must wake somebody' : 'all alarms'}`],
      ...(split && { CanWaitTopicArn: [canWait.topicArn, 'The topic of alarms that can wait'] }),
      DashboardName: [dashboard.name, 'The CloudWatch dashboard'],
    };
    for (const [name, [value, description]] of Object.entries(outputs))
      new CfnOutput(this, name, { value, description });
    table.makeAfter(this);
    fixLogicalIds(this);
    this.webhookUrl = webhook.url;
    this.webhookSecretArn = secrets.webhookSecretArn;
    this.oktaCredentialsArn = secrets.oktaCredentialsArn;
    this.alarmTopic = urgent;
    this.canWaitTopic = canWait;
  }
}

/** What the configuration refuses as text, an app could hand over as an object. @throws {ConfigError} */
function judgeObjects({ encryptionKey, alarmTopic, canWaitTopic }: KnocknocOktaProps): void {
  const problems = [
    // Rights to a key that is named by an alias are rights to nothing.
    ...(encryptionKey?.keyArn.includes(':alias/')
      ? [{ path: 'encryptionKey', message: 'must be a key, not an alias' }]
      : []),
    ...Object.entries({ alarmTopic, canWaitTopic }).flatMap(([path, topic]) =>
      topic?.fifo ? [{ path, message: 'must be a standard topic: alarms cannot tell a FIFO topic' }] : [],
    ),
  ];
  if (problems.length > 0) throw new ConfigError('The properties of KnocknocOkta', problems);
}

/** The configuration, checked, for the stack that the construct is in. */
function configOf(given: ConfigInput | string, stack: Stack): Config {
  if (Token.isUnresolved(stack.stackName)) {
    throw new Error(
      'KnocknocOkta cannot be in a nested stack: the command line finds it by the name and outputs of its own.',
    );
  }
  if (stack.templateOptions.metadata?.[CONFIGURATION_METADATA] !== undefined)
    throw new Error(`The stack ${stack.stackName} has a KnocknocOkta already; make another stack.`);
  return withStackName(typeof given === 'string' ? loadConfig(given) : parseConfig(given), stack.stackName);
}
