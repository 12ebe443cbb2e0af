import type { Condition, Item, Table } from '../ports.ts';

/** Deletes under way at once when many grants end together. */
const PARALLEL = 25;

/**
 * Removes rows, each by its own key and on its own condition.
 * @param removed gets those that are removed, also where it then fails
 * @throws what the table throws for the first that fails, once those beside it are done
 */
export async function removeRows(
  table: Table,
  rows: readonly Item[],
  condition: (row: Item) => readonly Condition[],
  removed: Item[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += PARALLEL) {
    const settled = await Promise.allSettled(
      rows.slice(at, at + PARALLEL).map(async (row) => {
        const remove = { acl: row.acl, item: row.item };
        const { written } = await table.write([{ remove, when: condition(row) }]);
        if (written) removed.push(row);
      }),
    );
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
  }
}
