import { singleWrite } from '../../lib/adapters/dynamodb-expressions.ts';
import { standsAsWritten } from '../../lib/adapters/stands-as-written.ts';
import type { Table, Write, WriteResult } from '../../lib/ports.ts';
import { keyOf } from '../../lib/table-changes.ts';

/**
 * A write as the client of DynamoDB makes it. Each call of what this returns is one try: another one after an answer
 * was lost comes to the same conclusion as `DynamoDbTable`.
 */
export function triesOfWrite(table: Table, writes: readonly Write[]): () => Promise<WriteResult> {
  const single = singleWrite(writes);
  let first: WriteResult | undefined;
  return async () => {
    if (first === undefined) {
      first = await table.write(writes);
      return first;
    }
    // The token of a transaction tells DynamoDB that it has carried this one out.
    if (!single) return first;
    const again = await table.write(writes);
    if (again.written) return again;
    return standsAsWritten(single, await table.get(keyOf(single))) ? { written: true } : again;
  };
}

/**
 * A write where the answer to the first try is lost.
 * @param between the time between the two tries
 */
export async function repeatedWrite(
  table: Table,
  writes: readonly Write[],
  between: () => Promise<void> = async () => {},
): Promise<WriteResult> {
  const write = triesOfWrite(table, writes);
  await write();
  await between();
  return write();
}
