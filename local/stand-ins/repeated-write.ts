import { keyOf, singleWrite } from '../../lib/adapters/dynamodb-expressions.ts';
import { standsAsWritten } from '../../lib/adapters/stands-as-written.ts';
import type { Table, Write, WriteResult } from '../../lib/ports.ts';

/**
 * A write as the client of DynamoDB makes it where the answer to its first try is lost: once more, and with the same
 * conclusion that `DynamoDbTable` draws.
 * @param between the time between the two tries
 */
export async function repeatedWrite(
  table: Table,
  writes: readonly Write[],
  between: () => Promise<void> = async () => {},
): Promise<WriteResult> {
  const first = await table.write(writes);
  await between();
  const single = singleWrite(writes);
  // The token of a transaction tells DynamoDB that it has carried this one out.
  if (!single) return first;
  const second = await table.write(writes);
  if (second.written) return second;
  return standsAsWritten(single, await table.get(keyOf(single))) ? { written: true } : second;
}
