import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const template = templateWith();
const queues = resourcesOf(template, 'AWS::SQS::Queue');
const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping');

/** The logical id in a reference of a template. */
const target = (reference: unknown) => JSON.stringify(reference).match(/"Fn::GetAtt":\["(\w+)"/)?.[1];

describe('the events queue', () => {
  const [, events] = resourceOf(template, 'AWS::SQS::Queue', 'GrantsEventsQueue');
  const [deadLettersId, deadLetters] = resourceOf(template, 'AWS::SQS::Queue', 'GrantsEventsDeadLetters');

  it('is FIFO, takes the deduplication id from its sender and keeps events for four days', () => {
    expect(events.Properties).toMatchObject({
      FifoQueue: true,
      ContentBasedDeduplication: false,
      MessageRetentionPeriod: 4 * 86_400,
    });
  });

  it('gives up after ten attempts, into a FIFO queue that keeps them for two weeks', () => {
    expect(property(events, 'RedrivePolicy', 'maxReceiveCount')).toBe(10);
    expect(target(property(events, 'RedrivePolicy', 'deadLetterTargetArn'))).toBe(deadLettersId);
    expect(deadLetters.Properties).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 14 * 86_400 });
  });
});

describe('the timer queue', () => {
  it('gives up after as many attempts as its function counts on, in a standard queue', () => {
    const [, alarms] = resourceOf(template, 'AWS::SQS::Queue', 'ExpiryTimersQueue');
    expect(property(alarms, 'RedrivePolicy', 'maxReceiveCount')).toBe(5);
  });
});

describe('every queue', () => {
  it('is there: two with their dead letters, and one for what the stream gave up on', () => {
    expect(queues.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).toSorted()).toEqual([
      'ExpiryTimersDeadLetters',
      'ExpiryTimersQueue',
      'GrantsEventsDeadLetters',
      'GrantsEventsQueue',
      'ZoneFailuresQueue',
    ]);
  });

  it('is encrypted and refuses plain http', () => {
    for (const [id, queue] of queues) {
      expect(queue.Properties.SqsManagedSseEnabled, id).toBe(true);
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: id }],
        PolicyDocument: {
          Statement: [
            Match.objectLike({
              Effect: 'Deny',
              Action: 'sqs:*',
              Principal: { AWS: '*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ],
        },
      });
    }
  });

  it('hides a message for six times the timeout of the function that reads it, and reports partial failures', () => {
    const read = mappings.filter(([id]) => id.includes('SqsEventSource'));
    expect(read).toHaveLength(2);
    for (const [, mapping] of read) {
      expect(mapping.Properties).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] });
      const queue = queues.find(([id]) => id === target(mapping.Properties.EventSourceArn))?.[1];
      const name = FUNCTIONS.find((prefix) =>
        JSON.stringify(mapping.Properties.FunctionName).includes(`"${prefix}Function`),
      );
      const [, reader] = resourceOf(template, 'AWS::Lambda::Function', `${name}Function`);
      expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Number(reader.Properties.Timeout));
    }
  });

  it('has no batching window on its mapping, and no more runs at once than its function has for itself', () => {
    for (const [, { Properties }] of mappings) {
      expect(Properties).not.toHaveProperty('MaximumBatchingWindowInSeconds');
      if (!('StartingPosition' in Properties)) expect(Properties).toHaveProperty('ScalingConfig.MaximumConcurrency');
    }
  });
});

describe('the grants table', () => {
  const [, table] = resourceOf(template, 'AWS::DynamoDB::Table', 'GrantsTable');

  it('has the keys, the TTL attribute and the local index of the domain, and pays per request', () => {
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'acl', KeyType: 'HASH' },
        { AttributeName: 'item', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: expect.arrayContaining([{ AttributeName: 'expiresAt', AttributeType: 'N' }]),
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      LocalSecondaryIndexes: [
        {
          IndexName: 'byExpiry',
          KeySchema: [
            { AttributeName: 'acl', KeyType: 'HASH' },
            { AttributeName: 'expiresAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ip', 'since'] },
        },
      ],
    });
    expect(table.Properties).not.toHaveProperty('GlobalSecondaryIndexes');
  });

  it('has a stream with both images, which wakes the zone function', () => {
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const [, { Properties }] = resourceOf(template, 'AWS::Lambda::EventSourceMapping', 'ZoneFunctionStream');
    expect(Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 3600,
      BisectBatchOnFunctionError: true,
    });
    expect(Properties).not.toHaveProperty('FunctionResponseTypes');
    expect(target(Properties.DestinationConfig)).toMatch(/^ZoneFailuresQueue/);
  });

  it.each([
    ['as many batches at once as there are ACLs', 2, true, 2],
    ['ten at most', 50, true, 10],
    ['one where the account has a small quota', 50, false, 1],
  ])('wakes it with %s', (_, count, reservedConcurrency, expected) => {
    const acls = Object.fromEntries(Array.from({ length: count }, (_, i) => [`acl-${i}`, { zoneIds: [`nzo${i}`] }]));
    const changed = templateWith({ acls, reservedConcurrency });
    const [, { Properties }] = resourceOf(changed, 'AWS::Lambda::EventSourceMapping', 'ZoneFunctionStream');
    expect(Properties.ParallelizationFactor).toBe(expected);
  });

  it('wakes it by the one item for that and by grants that are deleted, and for nothing else', () => {
    const [, mapping] = resourceOf(template, 'AWS::Lambda::EventSourceMapping', 'ZoneFunctionStream');
    const filters = property(mapping, 'FilterCriteria', 'Filters') as { Pattern: string }[];
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      { dynamodb: { Keys: { item: { S: ['WAKE'] } } } },
      { eventName: ['REMOVE'], dynamodb: { Keys: { item: { S: [{ prefix: 'GRANT#' }] } } } },
    ]);
  });

  it('is kept, protected and recoverable unless the configuration says otherwise', () => {
    expect(table).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(table.Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    const [, other] = resourceOf(templateWith({ retainData: false }), 'AWS::DynamoDB::Table', 'GrantsTable');
    expect(other).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    expect(other.Properties).toMatchObject({
      DeletionProtectionEnabled: false,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    });
  });
});

describe('removal of the stack', () => {
  const policies = (changes: object, type: string) =>
    resourcesOf(templateWith(changes), type).map(([, resource]) => resource.DeletionPolicy);

  it('keeps the logs exactly when data is to be kept, but not those of a first deploy that fails', () => {
    expect(policies({}, 'AWS::Logs::LogGroup')).toEqual(Array(6).fill('RetainExceptOnCreate'));
    expect(policies({ retainData: false }, 'AWS::Logs::LogGroup')).toEqual(Array(6).fill('Delete'));
  });

  it.each([undefined, 400])('keeps every log line for the configured days (%s)', (logRetentionDays) => {
    const groups = resourcesOf(templateWith({ logRetentionDays }), 'AWS::Logs::LogGroup');
    expect(groups.map(([, { Properties }]) => Properties.RetentionInDays)).toEqual(
      Array(6).fill(logRetentionDays ?? 30),
    );
  });

  it('removes both secrets in any case', () => {
    expect(policies({}, 'AWS::SecretsManager::Secret')).toEqual(['Delete', 'Delete']);
    expect(policies({ retainData: false }, 'AWS::SecretsManager::Secret')).toEqual(['Delete', 'Delete']);
  });
});
