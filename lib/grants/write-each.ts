import type { Table, Write } from '../ports.ts';
import { inParallel } from './in-parallel.ts';

/**
 * From so many on, so many go in one transaction. That costs twice the price of plain writes, and a small part of
 * their processor time, of which a flush of thousands would need more than the function has.
 */
const TOGETHER = 100;
const TRANSACTIONS_AT_ONCE = 4;

/**
 * Writes one item for each, each on its own condition.
 * @param written is told of those that are written, also where it then fails
 * @throws what the table throws for the first that fails, once those beside it are done
 */
export async function writeEach<T>(
  table: Table,
  all: readonly T[],
  writeOf: (one: T) => Write,
  written: (one: T) => void,
): Promise<void> {
  const byItself = async (one: T) => {
    if ((await table.write([writeOf(one)])).written) written(one);
  };
  const together = async (chunk: readonly T[]) => {
    // Where one of them is not as it was, none is written: then each goes by itself.
    if ((await table.write(chunk.map(writeOf))).written) chunk.forEach(written);
    else await inParallel(chunk, byItself);
  };
  const whole = all.length - (all.length % TOGETHER);
  const chunks = Array.from({ length: whole / TOGETHER }, (_, i) => all.slice(i * TOGETHER, (i + 1) * TOGETHER));
  await inParallel(chunks, together, TRANSACTIONS_AT_ONCE);
  await inParallel(all.slice(whole), byItself);
}
