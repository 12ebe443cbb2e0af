import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, type IAspect, NestedStack, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { fromFolder } from '../../cdk/function-code.ts';
import { ConfigError, KnocknocOkta, type KnocknocOktaProps } from '../../cdk/knocknoc-okta.ts';
import { CONFIG, EVERYTHING_SET, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const BOUNDARY = 'arn:aws:iam::111122223333:policy/Boundary';
const bundles = fromFolder(inject('temporaryFolder'));

/** An app that knows nothing of this project: none of the flags of its cdk.json are set. */
function customersApp(): App {
  const context = { 'aws:cdk:bundling-stacks': [] };
  return new App({ analyticsReporting: false, context, outdir: mkdtempSync(join(inject('temporaryFolder'), 'out-')) });
}

function customersStack(stackName = 'AcmeSecurity'): Stack {
  return new Stack(customersApp(), 'Security', { stackName });
}

describe("the construct in a customer's app", () => {
  const { allowFrom, okta, acls } = EVERYTHING_SET;
  const changes = { allowFrom, acls, okta: { ...okta, clientKey: 'kms' as const } };
  let template: Template;
  let outputs: Readonly<Record<string, { readonly Value: unknown }>>;

  beforeAll(() => {
    const stack = customersStack();
    const team = new Construct(stack, 'Team');
    const system = new KnocknocOkta(team, 'Okta', {
      ...{ config: { ...CONFIG, ...changes }, bundles, encryptionKey: new Key(stack, 'OwnKey') },
      ...{ alarmTopic: new Topic(stack, 'OwnPager'), canWaitTopic: new Topic(stack, 'OwnMail') },
    });
    Tags.of(system).add('team', 'identity');
    PermissionsBoundary.of(team).apply(ManagedPolicy.fromManagedPolicyArn(stack, 'OwnBoundary', BOUNDARY));
    const keepLogsLonger: IAspect = {
      visit: (node) => {
        if (node instanceof CfnLogGroup) node.retentionInDays = 365;
      },
    };
    Aspects.of(system).add(keepLogsLonger);
    template = Template.fromStack(stack);
    outputs = template.toJSON().Outputs;
  });

  it('has the logical ids of the stack of this project: whoever changes from one to the other keeps the data', () => {
    const idsOf = (one: Template) => Object.keys(one.toJSON().Resources).toSorted();
    const topics = { alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:own' };
    expect(idsOf(template).filter((id) => !id.startsWith('Own'))).toEqual(
      idsOf(templateWith({ ...changes, ...topics })),
    );
  });

  it('has the outputs that the command line reads, under their own names', () => {
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(['WebhookUrl', 'GrantsTableName', 'AllowlistSecretArn']),
    );
  });

  it('goes by the name of the stack that it is in', () => {
    expect(template.toJSON().Metadata['KnocknocOkta::Configuration'].stackName).toBe('AcmeSecurity');
  });

  it("stores everything with the customer's key", () => {
    const [key] = resourceOf(template, 'AWS::KMS::Key', 'OwnKey');
    const arn = { 'Fn::GetAtt': [key, 'Arn'] };
    const secrets = resourcesOf(template, 'AWS::SecretsManager::Secret').map(([, one]) => property(one, 'KmsKeyId'));
    expect(secrets).toEqual([arn, arn, arn]);
    const [, table] = resourceOf(template, 'AWS::DynamoDB::Table', 'GrantsTable');
    expect(property(table, 'SSESpecification', 'KMSMasterKeyId')).toEqual(arn);
    for (const [id, one] of resourcesOf(template, 'AWS::SQS::Queue')) {
      expect(property(one, 'KmsMasterKeyId'), id).toEqual(arn);
    }
    for (const [id, one] of resourcesOf(template, 'AWS::Logs::LogGroup')) {
      expect(property(one, 'KmsKeyId'), id).toEqual(arn);
    }
  });

  it("tells the customer's topics, and makes none", () => {
    const topics = resourcesOf(template, 'AWS::SNS::Topic').map(([id]) => id);
    expect(topics.map((id) => id.slice(0, 7)).toSorted()).toEqual(['OwnMail', 'OwnPage']);
    const told = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([, one]) => property(one, 'AlarmActions'));
    expect(new Set(told.map((action) => JSON.stringify(action)))).toEqual(
      new Set(topics.map((Ref) => JSON.stringify({ Ref }))),
    );
    expect(outputs.AlarmTopicArn?.Value).toEqual({ Ref: topics.find((id) => id.startsWith('OwnPager')) });
  });

  it("takes the customer's tags, boundary and aspects", () => {
    const [, table] = resourceOf(template, 'AWS::DynamoDB::Table', 'GrantsTable');
    expect(property(table, 'Tags')).toEqual([{ Key: 'team', Value: 'identity' }]);
    const boundaries = resourcesOf(template, 'AWS::IAM::Role').map(([, one]) => property(one, 'PermissionsBoundary'));
    expect(new Set(boundaries)).toEqual(new Set([BOUNDARY]));
    const days = resourcesOf(template, 'AWS::Logs::LogGroup').map(([, one]) => property(one, 'RetentionInDays'));
    expect(new Set(days)).toEqual(new Set([365]));
  });

  it('allows each role what it may do in the stack of this project, whatever flags the app sets', () => {
    const topics = { alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:own' };
    const rights = (one: Template) =>
      new Set(
        resourcesOf(one, 'AWS::IAM::Policy').flatMap(([id, policy]) => {
          const statements = property(policy, 'PolicyDocument', 'Statement');
          if (!Array.isArray(statements)) throw new Error(`${id} has no statements`);
          return statements.flatMap(({ Action, Resource }) =>
            // Flags decide how statements are put together.
            [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${id} ${action} ${JSON.stringify(on)}`)),
          );
        }),
      );
    const own = [...rights(template)].filter((right) => !right.includes(' kms:'));
    const ours = [...rights(templateWith({ ...changes, ...topics }))].filter((right) => !right.includes(' kms:'));
    expect(own.toSorted()).toEqual(ours.toSorted());
  });
});

describe('an object of the app', () => {
  const make = (stack: Stack, props: Partial<KnocknocOktaProps>, config: object = {}) =>
    new KnocknocOkta(stack, 'Okta', { config: { ...CONFIG, ...config }, bundles, ...props });
  const subscriptions = (stack: Stack) =>
    resourcesOf(Template.fromStack(stack), 'AWS::SNS::Subscription').map(([, one]) => property(one, 'Endpoint'));

  it('is refused where its text would be: an alias of a key, a FIFO topic', () => {
    const stack = customersStack();
    const fifo = new Topic(stack, 'Fifo', { fifo: true });
    const alias = Alias.fromAliasName(stack, 'Alias', 'alias/acme');
    const refused = () => make(stack, { encryptionKey: alias, alarmTopic: fifo, canWaitTopic: fifo });
    expect(refused).toThrow(
      /^The properties of KnocknocOkta cannot be used(?:.|\n)*encryptionKey: .*not an alias\n.*alarmTopic: .*standard topic.*\n.*canWaitTopic: /,
    );
  });

  it('is a topic that may have the address for alarms already, by another system or by its owner', () => {
    const app = customersApp();
    const common = new Stack(app, 'Common');
    const alarmTopic = new Topic(common, 'Pager');
    for (const name of ['One', 'Two']) make(new Stack(app, name), { alarmTopic }, { alarmEmail: 'ops@example.com' });
    expect(subscriptions(common)).toEqual(['ops@example.com']);
    const stack = customersStack();
    const owned = new Topic(stack, 'Owned');
    owned.addSubscription(new EmailSubscription('ops@example.com'));
    make(stack, { alarmTopic: owned }, { alarmEmail: 'ops@example.com' });
    expect(subscriptions(stack)).toEqual(['ops@example.com']);
  });
});

describe('the construct', () => {
  const config = { okta: { domain: 'acme.okta.com' }, acls: { 'okta-prod': { zoneIds: ['nzo1'] } } };

  it('takes the path of a configuration file', () => {
    const path = join(mkdtempSync(join(inject('temporaryFolder'), 'construct-')), 'config.json');
    writeFileSync(path, '{"okta":{"domain":"acme.okta.com"},"acls":{}}');
    expect(() => new KnocknocOkta(customersStack(), 'Okta', { config: path, bundles })).toThrow(
      `${path} cannot be used (1 problem):\n  acls: must hold at least one ACL`,
    );
  });

  it('refuses a bad configuration with all that is wrong with it', () => {
    const bad = { okta: { domain: 'https://acme.okta.com' }, acls: { 'a b': { zoneIds: [] } } };
    expect(() => new KnocknocOkta(customersStack(), 'Okta', { config: bad, bundles })).toThrow(
      /3 problems(.|\n)*okta\.domain(.|\n)*acls/,
    );
  });

  it('refuses a stack whose name is too long for its queues', () => {
    const stack = customersStack('A-name-that-is-too-long-for-queues');
    expect(() => new KnocknocOkta(stack, 'Okta', { config, bundles })).toThrow(ConfigError);
    expect(() => new KnocknocOkta(stack, 'Again', { config, bundles })).toThrow(/stackName: .*29 at most/);
  });

  it('refuses a nested stack, which the command line would not find', () => {
    const nested = new NestedStack(customersStack(), 'Nested');
    expect(() => new KnocknocOkta(nested, 'Okta', { config, bundles })).toThrow(/cannot be in a nested stack/);
  });

  it('refuses to be in a stack twice, and is in one app as often as it has stacks', () => {
    const stack = customersStack();
    new KnocknocOkta(stack, 'Okta', { config, bundles });
    expect(() => new KnocknocOkta(stack, 'Another', { config, bundles })).toThrow(
      'The stack AcmeSecurity has a KnocknocOkta already; make another stack.',
    );
    const other = new Stack(stack.node.root, 'Stage', { stackName: 'AcmeStage' });
    expect(new KnocknocOkta(other, 'Okta', { config, bundles }).webhookUrl).toContain('/webhook');
  });
});
