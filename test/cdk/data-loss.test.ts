import { describe, expect, it } from 'vitest';
import { property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

/**
 * CloudFormation knows a resource by its logical id, which is made of the ids of the constructs around it. Under
 * another id it is another resource: a new and empty one. docs/never-change.md says what each of these holds. Where a
 * test here fails after a release, don't change the test: undo what made it fail.
 */
const HOLDING_DATA = {
  'AWS::DynamoDB::Table': ['GrantsTableD874AEF1'],
  'AWS::SecretsManager::Secret': ['SecretsOktaTokenD360EE50', 'SecretsWebhook8333203C'],
  'AWS::SQS::Queue': [
    'ExpiryTimersDeadLetters76AEF815',
    'ExpiryTimersQueue75794167',
    'GrantsEventsDeadLettersEE3D0B5A',
    'GrantsEventsQueueB8578EB9',
    'ZoneFailuresQueue43397830',
  ],
  'AWS::Logs::LogGroup': [
    'ExpiryLogsDBB7A60E',
    'GrantsLogsB5B020D1',
    'OutcomeLogsB34F606E',
    'WebhookAccessLogs6229AEFA',
    'WebhookLogsC0D6567B',
    'ZoneLogsF3D915B0',
  ],
  // The address that senders post to.
  'AWS::ApiGatewayV2::Api': ['WebhookApi427E2EB3'],
} as const;

const template = templateWith();

describe('a first deploy that fails', () => {
  it('fails before the protected table is made, wherever the table is not needed', () => {
    const { DependsOn } = template.toJSON().Resources.GrantsTableD874AEF1;
    const types = ['IAM::Role', 'Logs::LogGroup', 'SQS::Queue', 'SNS::Topic', 'SecretsManager::Secret'];
    const before = types.flatMap((type) => resourcesOf(template, `AWS::${type}`).map(([id]) => id));
    expect(before.length).toBeGreaterThan(10);
    expect(DependsOn).toEqual(expect.arrayContaining(before));
  });
});

describe('data loss', () => {
  it('threatens where the logical id of a key in KMS changes: Okta knows the old one', () => {
    const okta = { domain: 'acme.okta.com', clientKey: 'kms' };
    const found = resourcesOf(templateWith({ okta }), 'AWS::KMS::Key').map(([id]) => id);
    expect(found, 'data loss: see docs/never-change.md').toEqual(['OktaClientKeys1A08C4F7A']);
  });

  it.each(Object.entries(HOLDING_DATA))('threatens where the logical id of an %s changes', (type, ids) => {
    const found = resourcesOf(template, type).map(([id]) => id);
    expect(found.toSorted(), `data loss: see docs/never-change.md before you change the id of an ${type}`).toEqual(ids);
  });

  it('threatens where a key of the table changes: CloudFormation makes another, empty table', () => {
    const [, table] = resourceOf(template, 'AWS::DynamoDB::Table', 'GrantsTable');
    const attribute = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });
    const keys = [attribute('acl', 'HASH'), attribute('item', 'RANGE')];
    expect(table.Properties.KeySchema, 'data loss: the keys of the grants table').toEqual(keys);
    expect(table.Properties.LocalSecondaryIndexes, 'data loss: the index of the grants table').toEqual([
      {
        IndexName: 'byExpiry',
        KeySchema: [attribute('acl', 'HASH'), attribute('expiresAt', 'RANGE')],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ip', 'since'] },
      },
    ]);
    expect(table.Properties, 'data loss: a name of its own').not.toHaveProperty('TableName');
  });

  it('threatens where the webhook secret is generated otherwise: any change of it makes a new key', () => {
    const [, secret] = resourceOf(template, 'AWS::SecretsManager::Secret', 'SecretsWebhook');
    expect(property(secret, 'GenerateSecretString'), 'data loss: every sender would be refused').toEqual({
      ...{ SecretStringTemplate: '{}', GenerateStringKey: 'current', PasswordLength: 64 },
      ...{ ExcludePunctuation: true, IncludeSpace: false, ExcludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~' },
    });
  });

  it('threatens where the Okta secret gets a value of its own: an update would put it over the token', () => {
    const [, secret] = resourceOf(template, 'AWS::SecretsManager::Secret', 'SecretsOktaToken');
    for (const value of ['SecretString', 'GenerateSecretString']) {
      expect(secret.Properties, 'data loss: the Okta token').not.toHaveProperty(value);
    }
  });

  it('threatens where a queue becomes another: what waits in it would be gone', () => {
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::SQS::Queue')) {
      expect(Properties.FifoQueue === true, `data loss: the kind of ${id}`).toBe(id.startsWith('GrantsEvents'));
      expect(Properties, `data loss: a name of its own for ${id}`).not.toHaveProperty('QueueName');
    }
  });
});
