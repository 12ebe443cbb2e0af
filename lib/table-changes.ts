import { TABLE } from './names.ts';
import type { Condition, Item, Key, Value, Write } from './ports.ts';

/** The item that a write is about. */
export function keyOf(write: Write): Key {
  if ('put' in write) return { acl: write.put.acl, item: write.put.item };
  if ('update' in write) return write.update;
  return 'check' in write ? write.check : write.remove;
}

/**
 * DynamoDB does not carry out such a request.
 */
export class Refused extends Error {
  override readonly name = 'ValidationException';
}

/** Whether a condition holds for an item as it is stored. */
export function holds(condition: Condition, item: Item | undefined): boolean {
  if ('absent' in condition) return item === undefined;
  const value = item?.[condition.attribute];
  if (value === undefined) return condition.orAbsent === true;
  if ('equals' in condition) return value === condition.equals;
  const { below } = condition;
  if (typeof value === 'string' && typeof below === 'string') return compareText(value, below) < 0;
  return typeof value === 'number' && typeof below === 'number' && value < below;
}

/** What an update makes of an item, or of none. @throws {Refused} where it adds to what is no number */
export function updated(before: Item | undefined, write: Extract<Write, { update: Key }>): Item {
  // What is to go is left out, not deleted: engines slow down whatever reads an object after a `delete`.
  const item: Record<string, Value> & Key = { acl: write.update.acl, item: write.update.item };
  for (const attribute in before) {
    if (!write.remove?.includes(attribute)) item[attribute] = before[attribute] as Value;
  }
  for (const attribute in write.setOnce) item[attribute] ??= write.setOnce[attribute] as Value;
  for (const attribute in write.set) item[attribute] = write.set[attribute] as Value;
  for (const attribute in write.add) {
    const base = item[attribute] ?? 0;
    if (typeof base !== 'number') throw new Refused(`${attribute} is no number, so nothing can be added to it`);
    item[attribute] = base + Number(write.add[attribute]);
  }
  return item;
}

/** Whether two values are the same, whatever the order of the names in them. */
export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Readonly<Record<string, Value>>, b as Readonly<Record<string, Value>>];
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(one[name], other[name]));
}

/** The order of texts in DynamoDB: that of their bytes in UTF-8, which differs from JavaScript's for the rarer characters. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** Halves of a pair stand for what comes after all that one unit can tell. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}

/** What the index over expiries holds of an item. */
export function briefItem(item: Item): Item {
  const { acl, item: name } = item;
  const others = [TABLE.expiryAttribute, ...TABLE.expiryProjection].flatMap((attribute) => {
    const value = item[attribute];
    return value === undefined ? [] : [[attribute, value] as const];
  });
  return { acl, item: name, ...Object.fromEntries(others) };
}
