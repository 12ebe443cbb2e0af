import { ITEM, SEEN_PARTITION, ZONE_ITEM } from '../../lib/names.ts';
import type { Item, Key, Value } from '../../lib/ports.ts';
import type { Spoiling } from './plan.ts';

/** Items that hold what events and operators have said; the rest is what the zone function remembers. */
const OF_OTHERS = [ITEM.grant, ITEM.last, ITEM.revoked, ITEM.flushed, ITEM.wake, SEEN_PARTITION, ZONE_ITEM.adoption];

/** Whether an item is something that the zone function remembers. */
export function isRemembered({ item }: Key): boolean {
  return !OF_OTHERS.some((name) => item.startsWith(name));
}

/** An item as another version may have left it. */
export function spoiled(item: Item, how: Spoiling, n: number): Item {
  if (how === 'more') return { ...item, fromAnotherVersion: { deep: [1, 'x', { deeper: true }] } };
  const names = Object.keys(item).filter((name) => name !== 'acl' && name !== 'item' && name !== 'ttl');
  const name = names[n % names.length];
  if (name === undefined) return item;
  const { [name]: value = '', ...others } = item;
  const kept = { ...others, acl: item.acl, item: item.item };
  return how === 'less' ? kept : { ...kept, [name]: otherShape(value, n) };
}

function otherShape(value: Value, n: number): Value {
  const shapes: readonly Value[] = ['unexpected', -1, false, [], [{ value: 'x' }], { unexpected: 1 }];
  const others = shapes.filter(
    (shape) => typeof shape !== typeof value || Array.isArray(shape) !== Array.isArray(value),
  );
  return others[n % others.length] ?? 'unexpected';
}
