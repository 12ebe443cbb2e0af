import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDbTable } from '../../lib/adapters/dynamodb-table.ts';
import { TABLE } from '../../lib/names.ts';

const NAME = 'grants';

/** The functions' own adapter on a table like the stack's, made in something that speaks DynamoDB's protocol. */
export async function madeTable(endpoint: string): Promise<DynamoDbTable> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const key = (range: string) => [
    { AttributeName: TABLE.partitionKey, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      ...{ TableName: NAME, BillingMode: 'PAY_PER_REQUEST', KeySchema: key(TABLE.sortKey) },
      AttributeDefinitions: [
        { AttributeName: TABLE.partitionKey, AttributeType: 'S' },
        { AttributeName: TABLE.sortKey, AttributeType: 'S' },
        { AttributeName: TABLE.expiryAttribute, AttributeType: 'N' },
      ],
      LocalSecondaryIndexes: [
        {
          ...{ IndexName: TABLE.expiryIndex, KeySchema: key(TABLE.expiryAttribute) },
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ip', 'since'] },
        },
      ],
    }),
  );
  return new DynamoDbTable(NAME, DynamoDBDocumentClient.from(client));
}
