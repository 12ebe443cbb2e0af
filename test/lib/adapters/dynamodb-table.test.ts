import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, it } from 'vitest';
import { DynamoDbTable } from '../../../lib/adapters/dynamodb-table.ts';
import { type AwsAnswer, startFakeAws } from '../../helpers/fake-aws.ts';

const KEY = { acl: 'a', item: 'REBUILD' };
let aws: Awaited<ReturnType<typeof startFakeAws>>;
afterEach(() => aws.close());

/** The adapter on an AWS that answers as given, one answer after the other, and then as if all were well. */
async function aTable(...answers: AwsAnswer[]): Promise<DynamoDbTable> {
  aws = await startFakeAws(() => answers.shift());
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new DynamoDBClient({ region: 'eu-central-1', endpoint: aws.url, credentials, maxAttempts: 1 });
  return new DynamoDbTable('grants', DynamoDBDocumentClient.from(client));
}
const refusal = (name: string, more: object = {}): AwsAnswer => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no', ...more },
});
const operations = () => aws.calls.map(({ operation }) => operation);

it('sends an item that is stored whole by itself, and everything else as a transaction', async () => {
  const table = await aTable();
  await table.write([{ put: KEY }]);
  await table.write([{ put: KEY, when: [{ absent: true }] }]);
  await table.write([{ put: KEY }, { put: { ...KEY, item: 'EVENTS' } }]);
  await table.write([{ update: KEY, set: { at: 1 } }]);
  await table.write([{ remove: KEY }]);
  expect(operations()).toEqual(['PutItem', ...Array(4).fill('TransactWriteItems')]);
});

it.each(['TransactionConflictException', 'TransactionCanceledException'])(
  'repeats a write that met another transaction: %s',
  async (name) => {
    const table = await aTable(refusal(name, { CancellationReasons: [{ Code: 'TransactionConflict' }] }));
    const when = name === 'TransactionCanceledException' ? [{ absent: true } as const] : [];
    expect(await table.write([{ put: KEY, when }])).toEqual({ written: true });
    expect(operations()).toHaveLength(2);
  },
);

it('says which conditions did not hold', async () => {
  const CancellationReasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }];
  const table = await aTable(refusal('TransactionCanceledException', { CancellationReasons }));
  const check = { check: KEY, when: [{ attribute: 'at', equals: 1 }] } as const;
  expect(await table.write([{ put: KEY }, check])).toEqual({ written: false, failed: [1] });
});

it('rejects what is wrong for good, at the first attempt', async () => {
  const table = await aTable(refusal('AccessDeniedException'));
  await expect(table.write([{ put: KEY }])).rejects.toThrow();
  expect(operations()).toHaveLength(1);
});
