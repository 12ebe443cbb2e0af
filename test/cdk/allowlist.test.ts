import { describe, expect, it } from 'vitest';
import { ENV } from '../../lib/names.ts';
import { rightsIn } from './rights.ts';
import { LISTED, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const template = templateWith(LISTED);
const variables = (prefix: string) =>
  Object.keys(property(resourceOf(template, 'AWS::Lambda::Function', prefix)[1], 'Environment', 'Variables') ?? {});

describe('a stack that reads a list', () => {
  it('lets the reader write what it remembers of lists alone', () => {
    const [, policy] = resourceOf(template, 'AWS::IAM::Policy', 'AllowlistReaderRole');
    const statements = property(policy, 'PolicyDocument', 'Statement') as Readonly<Record<string, unknown>>[];
    expect(statements.filter(({ Action }) => JSON.stringify(Action).includes('UpdateItem'))).toMatchObject([
      {
        Action: 'dynamodb:UpdateItem',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ALLOWLIST#*'] } },
      },
    ]);
  });

  it('tells the reader its addresses, and the expiry function where to arm reads', () => {
    expect(variables('AllowlistReaderFunction').toSorted()).toEqual(
      [ENV.tableName, ENV.eventsQueueUrl, ENV.allowlistSecretArn, ENV.serviceName].toSorted(),
    );
    expect(variables('ExpiryFunction')).toContain(ENV.readQueueUrl);
    expect(rightsIn(template, 'ExpiryRole')).toContain('sqs:SendMessage on AllowlistReadsQueue.Arn');
  });

  it('has less memory than others: the reader runs all day, and waits', () => {
    expect(property(resourceOf(template, 'AWS::Lambda::Function', 'AllowlistReader')[1], 'MemorySize')).toBe(256);
  });

  it('has an empty secret for URLs and keys, and says where it is', () => {
    const [, secret] = resourceOf(template, 'AWS::SecretsManager::Secret', 'AllowlistSecret');
    expect(secret.Properties).not.toHaveProperty('GenerateSecretString');
    expect(secret.Properties).not.toHaveProperty('SecretString');
    expect(secret.DeletionPolicy).toBe('Delete');
    expect(Object.keys(template.findOutputs('AllowlistSecretArn'))).toHaveLength(1);
  });

  it('has an alarm for a list that was not read for five minutes, or later where lists are read seldom', () => {
    const alarmOf = (of: ReturnType<typeof templateWith>) =>
      resourcesOf(of, 'AWS::CloudWatch::Alarm').find(([, { Properties }]) =>
        String(Properties.AlarmName).endsWith('-list-not-read'),
      )?.[1].Properties;
    expect(alarmOf(template)).toMatchObject({
      ...{ MetricName: 'AllowlistAgeSeconds', Threshold: 300, TreatMissingData: 'breaching' },
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('gives the reader runs of its own, and no more than 100 to all functions together', () => {
    const acls = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`acl-${i}`, { zoneIds: [`nzo${i}`], allowlist: {} }]),
    );
    const all = resourcesOf(
      templateWith({ acls, allowFrom: ['203.0.113.0/24'], okta: { domain: 'acme.okta.com', checkPolicies: true } }),
      'AWS::Lambda::Function',
    );
    const reserved = all.map(([id, { Properties }]) => [id, Properties.ReservedConcurrentExecutions] as const);
    expect(reserved.find(([id]) => id.startsWith('AllowlistReader'))?.[1]).toBe(4);
    expect(reserved.reduce((sum, [, runs]) => sum + Number(runs), 0)).toBeLessThanOrEqual(100);
  });
});

it('is not there where no list is read', () => {
  const plain = templateWith();
  expect(Object.keys(plain.findOutputs('AllowlistSecretArn'))).toEqual([]);
  expect(JSON.stringify(plain.toJSON().Resources)).not.toMatch(/AllowlistReader|READ_QUEUE_URL/);
});
