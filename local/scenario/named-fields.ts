/**
 * Whether a value is what was named: an object has each named field, with more or without; a list has the same
 * entries in the same order; everything else is the same.
 */
export function hasNamedFields(found: unknown, named: unknown): boolean {
  if (Array.isArray(named)) {
    return (
      Array.isArray(found) &&
      found.length === named.length &&
      named.every((each, index) => hasNamedFields(found[index], each))
    );
  }
  if (!isRecord(named)) return Object.is(found, named);
  if (!isRecord(found)) return false;
  return Object.entries(named).every(([key, value]) => Object.hasOwn(found, key) && hasNamedFields(found[key], value));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
