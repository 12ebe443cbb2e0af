/** A configuration as it stands in a file: not checked yet. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** Settings with others on top: objects are merged key by key, all else is replaced. */
export function merged(settings: RawConfig, change: RawConfig): RawConfig {
  const values = Object.entries(change).map(([key, value]) => {
    const old = Object.hasOwn(settings, key) ? settings[key] : undefined;
    return [key, isRecord(old) && isRecord(value) ? merged(old, value) : value];
  });
  return { ...settings, ...Object.fromEntries(values) };
}

function isRecord(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
