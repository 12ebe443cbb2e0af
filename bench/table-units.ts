import type { Item, Key, Scalar, Value } from '../lib/ports.ts';
import { briefItem } from '../lib/table-changes.ts';

/** A strongly consistent read, in units of 4 KB; also of nothing. */
export function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4096));
}

/**
 * One unit for each KB of the larger of the item's two states, also where a condition failed. What the index over
 * expiries takes on top is counted likewise: a changed key is a removal and a new entry.
 */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  const units = kilobytes(Math.max(before ? sizeOf(before) : 0, after ? sizeOf(after) : 0));
  const entry = (item: Item | undefined) => (item?.expiresAt === undefined ? 0 : kilobytes(sizeOf(briefItem(item))));
  const inIndex = (item: Item | undefined) => item && JSON.stringify(briefItem(item));
  const unchanged = inIndex(before) === inIndex(after);
  const moved = before?.expiresAt !== after?.expiresAt;
  const index = unchanged ? 0 : moved ? entry(before) + entry(after) : entry(after);
  return units + index;
}

/** What an item is, by its name: `GRANT`, `STATE`, of a zone `LIST`. */
export function kindOf({ item }: Key): string {
  return item.split('#')[0] ?? item;
}

function kilobytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}

/** Roughly as DynamoDB counts an item. */
export function sizeOf(value: Value | Scalar | Item): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, part: Value) => sum + sizeOf(part) + 1, 3);
  return Object.entries(value).reduce((sum, [name, part]) => sum + Buffer.byteLength(name) + sizeOf(part) + 1, 3);
}
