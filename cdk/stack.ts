import { fileURLToPath } from 'node:url';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
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

export interface KnocknocOktaStackProps {
  readonly config: Config;
  /** The folder with the functions' entry files; that of this project where absent. */
  readonly functionsDir?: string;
  /**
   * The network from which Okta is called, for a token that is restricted to its address: docs/security.md shows an app
   * that has one.
   */
  readonly oktaNetwork?: FunctionNetwork;
}

/**
 * The whole system. No account or region is fixed, and nothing of a zone's content is a property of
 * a resource: neither a deploy nor a rollback can change who is let in.
 */
export class KnocknocOktaStack extends Stack {
  constructor(scope: Construct, id: string, props: KnocknocOktaStackProps) {
    const { config, functionsDir = fileURLToPath(new URL('../functions', import.meta.url)) } = props;
    super(scope, id, {
      stackName: config.stackName,
      description: `Keeps Okta IP network zones equal to Knocknoc's live grants (version ${VERSION})`,
    });
    // For whoever operates the stack and has no configuration file: the command line reads it back.
    // No resource refers to it, so it changes nothing by itself.
    this.templateOptions.metadata = { [CONFIGURATION_METADATA]: config, [VERSION_METADATA]: VERSION };
    const { kmsKeyArn, permissionsBoundaryArn } = config;
    // Of every role, those that the CDK makes by itself included.
    if (permissionsBoundaryArn !== undefined) {
      const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn);
      PermissionsBoundary.of(this).apply(boundary);
    }
    const key = kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'Key', kmsKeyArn);
    const alarms = new AlarmTopic(this, 'AlarmTopic', {
      email: config.alarmEmail,
      existing: config.alarmTopicArn,
      existingCanWait: config.canWaitTopicArn,
      key,
    });
    const deployment: Deployment = { config, alarms, key, functionsDir };
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
      alarms: [alarms.watchAccess(), ...alarms.alarms],
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
  }
}
