import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { DynamoDbTable, documents } from '../../../lib/adapters/dynamodb-table.ts';
import type { Write } from '../../../lib/ports.ts';
import { type AwsAnswer, startFakeAws } from '../../helpers/fake-aws.ts';

const KEY = { acl: 'a', item: 'WAKE' };
let aws: Awaited<ReturnType<typeof startFakeAws>>;
afterEach(() => aws.close());

/** The adapter on an AWS that answers as given, one answer after the other, and then as if all were well. */
async function aTable(...answers: AwsAnswer[]): Promise<DynamoDbTable> {
  aws = await startFakeAws(() => answers.shift());
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new DynamoDBClient({ region: 'eu-central-1', endpoint: aws.url, credentials, maxAttempts: 2 });
  return new DynamoDbTable('grants', documents(client));
}
const refusal = (name: string, more: object = {}): AwsAnswer => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no', ...more },
});
const NOT_HELD = refusal('ConditionalCheckFailedException');
/** What was asked for may have been done. */
const LOST: AwsAnswer = { status: 500, body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' } };
const operations = () => aws.calls.map(({ operation }) => operation);

it('sends what concerns one item by itself, and several items, or a look at one, as a transaction', async () => {
  const table = await aTable();
  await table.write([{ put: KEY }]);
  await table.write([{ put: KEY, when: [{ absent: true }] }]);
  await table.write([{ update: KEY, set: { at: 1 } }]);
  await table.write([{ remove: KEY, when: [{ attribute: 'at', equals: 1 }] }]);
  await table.write([{ put: KEY }, { put: { ...KEY, item: 'FLUSHED' } }]);
  await table.write([{ check: KEY, when: [{ absent: true }] }]);
  expect(operations()).toEqual([
    ...['PutItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
    ...['TransactWriteItems', 'TransactWriteItems'],
  ]);
});

it.each([
  ['TransactionConflictException', [{ put: KEY }]],
  ['TransactionCanceledException', [{ put: KEY }, { put: { ...KEY, item: 'FLUSHED' } }]],
])('repeats a write that met another transaction: %s', async (name, writes) => {
  const table = await aTable(refusal(name, { CancellationReasons: [{ Code: 'TransactionConflict' }] }));
  expect(await table.write(writes)).toEqual({ written: true });
  expect(operations()).toHaveLength(2);
});

it('says which conditions did not hold', async () => {
  const CancellationReasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }];
  const table = await aTable(refusal('TransactionCanceledException', { CancellationReasons }), NOT_HELD);
  const check = { check: KEY, when: [{ attribute: 'at', equals: 1 }] } as const;
  expect(await table.write([{ put: KEY }, check])).toEqual({ written: false, failed: [1] });
  expect(await table.write([{ put: KEY, when: [{ absent: true }] }])).toEqual({ written: false, failed: [0] });
  expect(operations()).toEqual(['TransactWriteItems', 'PutItem']);
});

describe('a condition that fails at the second try, after the answer to the first was lost', () => {
  const when = [{ attribute: 'at', below: 1, orAbsent: true }] as const;
  const WRITES = {
    put: { put: { ...KEY, at: 1, list: ['a'] }, when },
    update: { update: KEY, set: { owner: 'me' }, setOnce: { since: 1 }, remove: ['gone'], when },
    remove: { remove: KEY, when },
  } satisfies Record<string, Write>;
  const KEY_STORED = { acl: { S: 'a' }, item: { S: 'WAKE' } };
  const [mine, later] = [{ S: 'me' }, { S: 'another' }];

  it.each([
    ['a put', WRITES.put, { ...KEY_STORED, at: { N: '1' }, list: { L: [{ S: 'a' }] } }],
    ['an update', WRITES.update, { ...KEY_STORED, owner: mine, since: { N: '9' }, other: { N: '1' } }],
    ['a removal', WRITES.remove, undefined],
  ])('counts as written where the item is as the write leaves it: %s', async (_, write, Item) => {
    const table = await aTable(LOST, NOT_HELD, { body: { Item } });
    expect(await table.write([write])).toEqual({ written: true });
    expect(operations()[2]).toBe('GetItem');
  });

  it.each([
    ['a put', WRITES.put, { ...KEY_STORED, at: { N: '2' }, list: { L: [{ S: 'a' }] } }],
    ['an update', WRITES.update, { ...KEY_STORED, owner: later, since: { N: '9' } }],
    ['an update of what is gone', WRITES.update, undefined],
    ['an update that is to remove more', WRITES.update, { ...KEY_STORED, owner: mine, since: { N: '1' }, gone: mine }],
    [
      'an update that adds',
      { update: KEY, add: { n: 1 }, when: [{ attribute: 'n', equals: 0 }] } satisfies Write,
      { ...KEY_STORED, n: { N: '1' } },
    ],
    ['a removal', WRITES.remove, { ...KEY_STORED, at: { N: '1' } }],
  ])('does not where it is otherwise: %s', async (_, write, Item) => {
    const table = await aTable(LOST, NOT_HELD, { body: { Item } });
    expect(await table.write([write])).toEqual({ written: false, failed: [0] });
  });

  it('is not looked into where there was one try', async () => {
    const table = await aTable(NOT_HELD, { body: { Item: KEY_STORED } });
    expect(await table.write([{ put: KEY, when }])).toEqual({ written: false, failed: [0] });
  });

  it('is known also where another transaction was met in between', async () => {
    const table = await aTable(LOST, refusal('TransactionConflictException'), NOT_HELD, { body: { Item: KEY_STORED } });
    expect(await table.write([{ put: KEY, when }])).toEqual({ written: true });
  });
});

it('rejects what is wrong for good, at the first attempt', async () => {
  const table = await aTable(refusal('AccessDeniedException'));
  await expect(table.write([{ put: KEY }])).rejects.toThrow();
  expect(operations()).toHaveLength(1);
});

it('reads what JavaScript has no number for as the nearest one, and all items beside it', async () => {
  const items = [
    { acl: { S: 'a' }, item: { S: 'GRANT#1' }, expiresAt: { N: '1E+125' } },
    { acl: { S: 'a' }, item: { S: 'GRANT#2' }, expiresAt: { N: '9007199254740993' } },
    { acl: { S: 'a' }, item: { S: 'GRANT#3' }, expiresAt: { N: '1795543200000' }, odd: { NS: ['1', '2.5'] } },
  ];
  const table = await aTable({ body: { Items: items, Count: 3, ScannedCount: 3 } }, { body: { Item: items[0] } });
  const pages: unknown[] = [];
  for await (const page of table.queryPrefix('a', 'GRANT#')) pages.push(page.map(({ expiresAt }) => expiresAt));
  expect(pages).toEqual([[1e125, 9_007_199_254_740_992, 1_795_543_200_000]]);
  expect(await table.get({ acl: 'a', item: 'GRANT#1' })).toMatchObject({ expiresAt: 1e125 });
});
