import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDbTable } from '../../lib/adapters/dynamodb-table.ts';
import type { Table } from '../../lib/ports.ts';

/** One kind of request to the table, as a right to make it. */
export type TableRight = string;

/**
 * Passes every call on, and has the functions' own adapter make the same call on a client that sends
 * nothing: `note` gets the right that each of its requests asks for.
 */
export function recordingTable(table: Table, note: (right: TableRight) => void): Table {
  const adapter = new DynamoDbTable('grants', silentClient(note));
  return {
    get: (key, options) => {
      void adapter.get(key, options);
      return table.get(key, options);
    },
    write: (writes) => {
      void adapter.write(writes);
      return table.write(writes);
    },
    queryPrefix: (...query) => {
      void drained(adapter.queryPrefix(...query));
      return table.queryPrefix(...query);
    },
    queryExpiry: (...range) => {
      void drained(adapter.queryExpiry(...range));
      return table.queryExpiry(...range);
    },
  };
}

async function drained(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages);
}

function silentClient(note: (right: TableRight) => void): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  client.middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        for (const right of tableRights(commandName.replace(/Command$/, ''), { ...input })) note(right);
        return { output: { $metadata: {} }, response: undefined };
      },
    { step: 'initialize', priority: 'high' },
  );
  return DynamoDBDocumentClient.from(client);
}

/** The rights that a request of DynamoDB asks for. A transaction has none of its own: each of its parts has one. */
export function tableRights(operation: string, input: Readonly<Record<string, unknown>>): TableRight[] {
  if (operation !== 'TransactWriteItems') {
    const index = input.IndexName === undefined ? '' : `/index/${String(input.IndexName)}`;
    return [`dynamodb:${operation} on GrantsTable.Arn${index}`];
  }
  const parts = Array.isArray(input.TransactItems) ? input.TransactItems : [];
  return parts.flatMap((part: object) => Object.keys(part).map((kind) => `dynamodb:${PARTS[kind]} on GrantsTable.Arn`));
}

const PARTS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};
