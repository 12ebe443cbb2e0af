import { setTimeout } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../names.ts';
import type { Item, Key, Table, Write, WriteResult } from '../ports.ts';
import { keyOf } from '../table-changes.ts';
import { awsClientSettings } from './aws-client-defaults.ts';
import { type SingleWrite, singleWrite, transactItem } from './dynamodb-expressions.ts';
import { standsAsWritten } from './stands-as-written.ts';

const client = documents(new DynamoDBClient(awsClientSettings()));

/** Another transaction on the same item, or a short burst: over in milliseconds, and the SDK itself does not try again. */
const PASSING = [
  'TransactionConflict',
  'TransactionConflictException',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];
const ATTEMPTS = 5;
const PAUSE_MS = 40;
/** No further attempt begins later than this after the first, in milliseconds: a call of the client can take seconds. */
export const REPEAT_FOR_MS = 1_000;

/** A client of items as JavaScript's values. A number that these cannot hold keeps no item beside it from being read. */
export function documents(plain: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(plain, { unmarshallOptions: { wrapNumbers: Number } });
}

/** The grants table. One item is written by itself, which costs half of a transaction; several that must agree are one. */
export class DynamoDbTable implements Table {
  readonly #name: string;
  readonly #client: DynamoDBDocumentClient;

  /** @param own the functions' client where absent; see `documents` */
  constructor(name: string, own: DynamoDBDocumentClient = client) {
    this.#name = name;
    this.#client = own;
  }

  async get(key: Key, { stale = false } = {}): Promise<Item | undefined> {
    const request = new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: !stale });
    const { Item: item } = await this.#client.send(request);
    return item as Item | undefined;
  }

  /**
   * Where the answer to a write of one item is lost, the client sends it again, and then its condition can fail because
   * of what the first try did. So the item is looked at:
   *
   *     first try ── written ── answer lost
   *     second try ── condition fails ── item as this write leaves it? ── yes: written
   *                                                                    └─ no: not written, or changed since
   *
   * A transaction carries a token by which DynamoDB knows the second try for what it is.
   */
  async write(writes: readonly Write[]): Promise<WriteResult> {
    const last = performance.now() + REPEAT_FOR_MS;
    const single = singleWrite(writes);
    let triedBefore = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await (single ? this.#writeItem(single) : this.#transact(writes));
        return { written: true };
      } catch (error) {
        triedBefore ||= clientAttempts(error) > 1;
        const failed = failedConditions(error);
        if (failed.length > 0) {
          const isOwn = single && triedBefore && standsAsWritten(single, await this.get(keyOf(single)));
          return isOwn ? { written: true } : { written: false, failed };
        }
        if (!isPassing(error) || attempt === ATTEMPTS || performance.now() > last) throw error;
        await setTimeout(PAUSE_MS * attempt);
      }
    }
  }

  async #writeItem(write: SingleWrite): Promise<void> {
    const { Put, Update, Delete } = transactItem(this.#name, write);
    if (Put) await this.#client.send(new PutCommand(Put));
    if (Update) await this.#client.send(new UpdateCommand(Update));
    if (Delete) await this.#client.send(new DeleteCommand(Delete));
  }

  async #transact(writes: readonly Write[]): Promise<void> {
    const TransactItems = writes.map((write) => transactItem(this.#name, write));
    await this.#client.send(new TransactWriteCommand({ TransactItems }));
  }

  queryPrefix(
    acl: string,
    prefix: string,
    { stale = false, page }: { readonly stale?: boolean; readonly page?: number } = {},
  ): AsyncIterable<readonly Item[]> {
    return this.#pages({
      ConsistentRead: !stale,
      ...(page !== undefined && { Limit: page }),
      KeyConditionExpression: '#acl = :acl AND begins_with(#item, :prefix)',
      ExpressionAttributeNames: { '#acl': TABLE.partitionKey, '#item': TABLE.sortKey },
      ExpressionAttributeValues: { ':acl': acl, ':prefix': prefix },
    });
  }

  queryExpiry(acl: string, after: number, upTo: number, { brief = false } = {}): AsyncIterable<readonly Item[]> {
    return this.#pages({
      IndexName: TABLE.expiryIndex,
      // A local index fetches the rest of each item from the table.
      Select: brief ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES',
      KeyConditionExpression: '#acl = :acl AND #expiry BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#acl': TABLE.partitionKey, '#expiry': TABLE.expiryAttribute },
      ExpressionAttributeValues: { ':acl': acl, ':first': after + 1, ':last': upTo },
    });
  }

  async *#pages(query: Omit<QueryCommandInput, 'TableName'>): AsyncIterable<readonly Item[]> {
    const pages = paginateQuery({ client: this.#client }, { TableName: this.#name, ConsistentRead: true, ...query });
    for await (const page of pages) yield (page.Items ?? []) as Item[];
  }
}

/** Conditions that did not hold. None, where the transaction was cancelled for another reason too: that says nothing of them. */
function failedConditions(error: unknown): number[] {
  if (error instanceof ConditionalCheckFailedException) return [0];
  const reasons = reasonsOf(error);
  if (reasons.some((code) => code !== 'None' && code !== 'ConditionalCheckFailed')) return [];
  return reasons.flatMap((code, index) => (code === 'ConditionalCheckFailed' ? [index] : []));
}

function isPassing(error: unknown): boolean {
  return [...reasonsOf(error), error instanceof Error ? error.name : ''].some((code) => PASSING.includes(code));
}

function reasonsOf(error: unknown): string[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
}

/** How often the client has sent the request that ended so. */
function clientAttempts(error: unknown): number {
  return error instanceof DynamoDBServiceException ? (error.$metadata.attempts ?? 1) : 1;
}
