import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

const READ = ['kms:Decrypt'] as const;
/** As AWS's library grants them to whoever reads, or writes, a table with a key of its owner's. */
const READ_TABLE = ['kms:Decrypt', 'kms:DescribeKey'] as const;
const WRITE_TABLE = [
  ...READ_TABLE,
  ...['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
] as const;

/**
 * What a service asks of KMS in the name of whoever calls it, by the right that the caller has there. A right that is
 * not named here asks for nothing, such as those of the log: CloudWatch uses the key in its own name.
 */
const BY_ACTION: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:GetItem': READ_TABLE,
  'dynamodb:Query': READ_TABLE,
  'dynamodb:ConditionCheckItem': READ_TABLE,
  'dynamodb:GetRecords': READ_TABLE,
  'dynamodb:PutItem': WRITE_TABLE,
  'dynamodb:UpdateItem': WRITE_TABLE,
  'dynamodb:DeleteItem': WRITE_TABLE,
  // Who sends makes a new data key, or decrypts the one of the last minutes.
  'sqs:SendMessage': ['kms:Decrypt', 'kms:GenerateDataKey'],
  'sqs:ReceiveMessage': READ,
  'secretsmanager:GetSecretValue': READ,
};

/** What a role needs of the key to do these things, and only through the service that they are done in. */
export function keyRights(stack: Stack, key: IKey, actions: readonly string[]): PolicyStatement[] {
  const services = [...new Set(actions.map((action) => action.split(':')[0] ?? ''))];
  return services.flatMap((service) => {
    const ofService = actions.filter((action) => action.startsWith(`${service}:`));
    const needed = new Set(ofService.flatMap((action) => BY_ACTION[action] ?? []));
    if (needed.size === 0) return [];
    return new PolicyStatement({
      actions: [...needed],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': callersOf(service, stack) } },
    });
  });
}

/**
 * What KMS may call a service that asks it. In `aws-cn` addresses end otherwise, and AWS does not say by which of both
 * endings the service goes there.
 */
function callersOf(service: string, { region, urlSuffix }: Stack): string[] {
  return [...new Set(['amazonaws.com', urlSuffix])].map((suffix) => `${service}.${region}.${suffix}`);
}
