export interface ListDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What makes one canonical list of gateways the other. */
export function differenceOf(before: readonly string[], after: readonly string[]): ListDifference {
  const had = new Set(before);
  const has = new Set(after);
  return { added: after.filter((entry) => !had.has(entry)), removed: before.filter((entry) => !has.has(entry)) };
}

/** Whether two canonical lists are the same. Both are sorted and without duplicates. */
export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
