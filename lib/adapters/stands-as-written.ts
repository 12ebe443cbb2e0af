import { isDeepStrictEqual } from 'node:util';
import type { Item, Value, Write } from '../ports.ts';

/**
 * Whether an item is as a write leaves it. Where the answer to a write was lost and the client has sent it again, the
 * condition of the second try can fail because of what the first one did: then this is so.
 */
export function standsAsWritten(write: Write, item: Item | undefined): boolean {
  if ('put' in write) return isDeepStrictEqual(item, write.put);
  if ('check' in write) return false;
  if (!('update' in write)) return item === undefined;
  const { set = {}, setOnce = {}, add = {}, remove = [] } = write;
  const known: Readonly<Record<string, Value>> = item ?? {};
  return (
    item !== undefined &&
    // What a number was before an addition is not known.
    Object.keys(add).length === 0 &&
    Object.entries(set).every(([attribute, value]) => isDeepStrictEqual(known[attribute], value)) &&
    Object.keys(setOnce).every((attribute) => attribute in known) &&
    remove.every((attribute) => !(attribute in known))
  );
}
