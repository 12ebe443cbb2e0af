import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENV, MOST_WAITING } from '../../lib/names.ts';
import { rightsIn } from './rights.ts';
import { CONFIG, FUNCTIONS, property, type Resource, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const template = templateWith();

function functionOf(name: string): Resource {
  return resourceOf(template, 'AWS::Lambda::Function', `${name}Function`)[1];
}

const rights = (policyPrefix: string) => rightsIn(template, policyPrefix);
const CONSUME = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'];
const logs = (name: string) => ['CreateLogStream', 'PutLogEvents'].map((action) => `logs:${action} on ${name}Logs.Arn`);
const table = (...actions: string[]) => actions.map((action) => `dynamodb:${action} on GrantsTable.Arn`);
const byExpiry = 'dynamodb:Query on GrantsTable.Arn/index/byExpiry';

/** Of a stack with one zone: see docs/decisions/0031-memory-of-the-functions.md. */
const MEMORY_MB: Readonly<Record<string, number>> = { Zone: 240, Grants: 384, Expiry: 384 };

describe('every function', () => {
  it.each(FUNCTIONS)('%s runs on Node.js 24, on arm64, with a log group of its own', (name) => {
    const [logGroup, { Properties }] = resourceOf(template, 'AWS::Logs::LogGroup', `${name}Logs`);
    expect(Properties.RetentionInDays).toBe(30);
    expect(functionOf(name).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: MEMORY_MB[name] ?? 512,
      LoggingConfig: { LogGroup: { Ref: logGroup } },
    });
    expect(functionOf(name).Properties).not.toHaveProperty('LoggingConfig.LogFormat');
  });

  it('has its time: the webhook less than the API, the readers of queues little', () => {
    expect(FUNCTIONS.map((name) => functionOf(name).Properties.Timeout)).toEqual([29, 29, 15, 30, 30]);
  });

  it.each([
    ['Webhook', [ENV.eventsQueueUrl, ENV.tableName, ENV.serviceName, ENV.webhookSecretArn]],
    ['Outcome', [ENV.tableName, ENV.serviceName, ENV.webhookSecretArn]],
    ['Grants', [ENV.timerQueueUrl, ENV.deadLetterQueueUrl, ENV.tableName, ENV.serviceName]],
    ['Expiry', [ENV.timerQueueUrl, ENV.deadLetterQueueUrl, ENV.tableName, ENV.serviceName]],
    ['Zone', [ENV.timerQueueUrl, ENV.tableName, ENV.oktaCredentialsArn, ENV.serviceName]],
  ])('%s is told addresses and the service name, and nothing else', (name, keys) => {
    const variables = property(functionOf(name), 'Environment', 'Variables') as Record<string, unknown>;
    expect(Object.keys(variables).toSorted()).toEqual(keys.toSorted());
    expect(variables[ENV.serviceName]).toBe('KnocknocOkta');
  });

  it('has a role without managed policies and without a wildcard', () => {
    for (const [, role] of resourcesOf(template, 'AWS::IAM::Role')) {
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(role.Properties).not.toHaveProperty('Policies');
    }
    const policies = resourcesOf(template, 'AWS::IAM::Policy');
    expect(policies).toHaveLength(6);
    for (const [id, policy] of policies) {
      expect(JSON.stringify(policy.Properties), id).not.toContain('*');
      expect(
        rights(id).filter((right) => !/^[a-z]+:[A-Za-z]+ on [A-Za-z]+\.[A-Za-z]+(\/index\/\w+)?$/.test(right)),
        id,
      ).toEqual([]);
    }
  });
});

describe('what a function may do', () => {
  it('webhook: queue an event, read its secret, look up how the zones are', () => {
    expect(rights('WebhookRole')).toEqual(
      [
        ...logs('Webhook'),
        ...table('GetItem'),
        'sqs:SendMessage on GrantsEventsQueue.Arn',
        'secretsmanager:GetSecretValue on SecretsWebhook.Id',
      ].toSorted(),
    );
  });

  it('outcome: read the table and its secret, and nothing else', () => {
    expect(rights('OutcomeRole')).toEqual(
      [
        ...logs('Outcome'),
        ...table('GetItem', 'Query'),
        'secretsmanager:GetSecretValue on SecretsWebhook.Id',
      ].toSorted(),
    );
  });

  it('grants: consume events, change grants, arm alarms, put aside what it cannot read', () => {
    expect(rights('GrantsRole')).toEqual(
      [
        ...logs('Grants'),
        ...table('ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
        ...CONSUME.map((action) => `sqs:${action} on GrantsEventsQueue.Arn`),
        'sqs:SendMessage on ExpiryTimersQueue.Arn',
        'sqs:SendMessage on GrantsEventsDeadLetters.Arn',
      ].toSorted(),
    );
  });

  it('expiry: consume and arm alarms, put aside what fails, end grants', () => {
    expect(rights('ExpiryRole')).toEqual(
      [
        ...logs('Expiry'),
        ...table('DeleteItem', 'GetItem', 'UpdateItem'),
        byExpiry,
        ...[...CONSUME, 'SendMessage'].map((action) => `sqs:${action} on ExpiryTimersQueue.Arn`),
        'sqs:SendMessage on ExpiryTimersDeadLetters.Arn',
      ].toSorted(),
    );
  });

  it('zone: read the stream, the grants and the token, keep its state, arm alarms', () => {
    expect(rights('ZoneRole')).toEqual(
      [
        ...logs('Zone'),
        ...table('GetItem', 'Query', 'PutItem', 'UpdateItem'),
        byExpiry,
        ...['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
          (action) => `dynamodb:${action} on GrantsTable.StreamArn`,
        ),
        'secretsmanager:GetSecretValue on SecretsOktaToken.Id',
        'sqs:SendMessage on ExpiryTimersQueue.Arn',
        'sqs:SendMessage on ZoneFailuresQueue.Arn',
      ].toSorted(),
    );
  });

  it('scheduler: invoke the expiry function', () => {
    expect(rights('ExpirySchedulerRole')).toEqual(['lambda:InvokeFunction on ExpiryFunction.Arn']);
  });
});

describe('the reservations', () => {
  const reservedIn = (of: Template) =>
    Object.fromEntries(
      resourcesOf(of, 'AWS::Lambda::Function').map(([id, { Properties }]) => [
        id.replace(/Function[0-9A-F]{8}$/, ''),
        Properties.ReservedConcurrentExecutions,
      ]),
    );
  const acls = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`acl-${i}`, { zoneIds: [`nzo${i}`] }]));

  const checking = { okta: { ...CONFIG.okta, checkPolicies: true } };

  it.each([1, 3, 50])('are one for each function, and together leave the account the rest: %i ACLs', (count) => {
    const reserved = Object.values(
      reservedIn(templateWith({ acls: acls(count), allowFrom: ['203.0.113.0/24'], ...checking })),
    );
    // And the gatekeeper, and the check of policies.
    expect(reserved).toHaveLength(FUNCTIONS.length + 2);
    expect(reserved.filter((runs) => !(Number(runs) > 0))).toEqual([]);
    expect(reserved.reduce<number>((sum, runs) => sum + Number(runs), 0)).toBeLessThanOrEqual(100);
  });

  it.each([1, 3, 50])('are more than what the mappings of a function can run at once: %i ACLs', (count) => {
    const changed = templateWith({ acls: acls(count) });
    const reserved = reservedIn(changed);
    for (const [, { Properties }] of resourcesOf(changed, 'AWS::Lambda::EventSourceMapping')) {
      const [, name = 'none'] = /"(\w+)Function[0-9A-F]{8}"/.exec(JSON.stringify(Properties.FunctionName)) ?? [];
      const scaling = Properties.ScalingConfig as { readonly MaximumConcurrency: number } | undefined;
      const atOnce = scaling?.MaximumConcurrency ?? Properties.ParallelizationFactor;
      expect(Number(reserved[name]), name).toBeGreaterThanOrEqual(Number(atOnce) + 1);
    }
  });

  it('let as many wait for an outcome as may, and some more ask for one', () => {
    expect(Number(reservedIn(template).Outcome)).toBeGreaterThanOrEqual(MOST_WAITING + 5);
  });

  it('are none where the account has none to spare', () => {
    expect(Object.values(reservedIn(templateWith({ reservedConcurrency: false })))).toEqual(
      FUNCTIONS.map(() => undefined),
    );
  });
});

describe('the minute tick', () => {
  it('wakes the expiry function on the minute and does not insist', () => {
    const [, { Properties }] = resourceOf(template, 'AWS::Scheduler::Schedule', 'ExpiryTick');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { Input: '{"kind":"tick"}', RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 1 } },
    });
    expect(JSON.stringify(property({ Type: '', Properties }, 'Target', 'Arn'))).toContain('ExpiryFunction');
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });
});
