import { describe, expect, it } from 'vitest';
import { property, type Resource, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const template = templateWith({ kmsKeyArn: KEY, allowFrom: ['203.0.113.0/24'] });

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, unknown>> };
}
const statementsOf = (policy: Resource) => property(policy, 'PolicyDocument', 'Statement') as Statement[];

/** What a role may do with the key, by the service through which. */
function keyRights(role: string): Record<string, string[]> {
  const [, policy] = resourceOf(template, 'AWS::IAM::Policy', role);
  const ofKey = statementsOf(policy).filter(({ Resource: on }) => on === KEY);
  const rights: Record<string, string[]> = {};
  for (const { Action, Condition } of ofKey) {
    const via = JSON.stringify(Condition?.StringEquals?.['kms:ViaService'] ?? 'any');
    const name = ['dynamodb', 'sqs', 'secretsmanager'].find((one) => via.includes(`"${one}."`)) ?? 'any';
    rights[name] = [...new Set([...(rights[name] ?? []), ...[Action].flat()])].toSorted();
  }
  return rights;
}

const READ_TABLE = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE_TABLE = [...READ_TABLE, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
const SEND = ['kms:Decrypt', 'kms:GenerateDataKey'];

describe("the customer's key", () => {
  it('encrypts the table, every queue, the topic, every secret and every log group', () => {
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::DynamoDB::Table')) {
      expect(Properties.SSESpecification, id).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY });
    }
    const properties = {
      'AWS::SQS::Queue': 'KmsMasterKeyId',
      'AWS::SNS::Topic': 'KmsMasterKeyId',
      'AWS::SecretsManager::Secret': 'KmsKeyId',
      'AWS::Logs::LogGroup': 'KmsKeyId',
    };
    for (const [type, name] of Object.entries(properties)) {
      for (const [id, { Properties }] of resourcesOf(template, type)) expect(Properties[name], id).toBe(KEY);
    }
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled, id).toBe(false);
    }
  });

  it.each([
    ['WebhookRole', { dynamodb: READ_TABLE, sqs: SEND, secretsmanager: ['kms:Decrypt'] }],
    ['GrantsRole', { dynamodb: WRITE_TABLE, sqs: SEND }],
    ['ExpiryRole', { dynamodb: WRITE_TABLE, sqs: SEND }],
    ['ZoneRole', { dynamodb: WRITE_TABLE, sqs: SEND, secretsmanager: ['kms:Decrypt'] }],
    ['WebhookGatekeeper', {}],
    ['ExpirySchedulerRole', {}],
  ])('can be used by %s through these services alone', (role, expected) => {
    expect(keyRights(role)).toEqual(expected);
  });

  it('is used by nobody else, and managed by nobody', () => {
    const rights = resourcesOf(template, 'AWS::IAM::Policy').flatMap(([id]) => Object.entries(keyRights(id)));
    expect(rights.filter(([service]) => service === 'any')).toEqual([]);
    expect(JSON.stringify(template.toJSON().Resources).match(/kms:(\*|Create|Put|Schedule|Disable)/g)).toBeNull();
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  it('is in no template that was not given one', () => {
    expect(JSON.stringify(templateWith().toJSON().Resources).match(/kms:|Kms|KMS/g)).toBeNull();
  });

  it('loses no data when it is given to a stack that is there already: every id stays', () => {
    const ids = (changes: object) => Object.keys(templateWith(changes).toJSON().Resources).toSorted();
    expect(ids({ kmsKeyArn: KEY })).toEqual(ids({}));
  });
});
