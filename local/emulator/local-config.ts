export type RawConfig = Readonly<Record<string, unknown>>;

/** Settings with others on top: objects are merged key by key, all else is replaced. */
export function merged(settings: RawConfig, change: RawConfig): RawConfig {
  const values = Object.entries(change).map(([key, value]) => {
    const old = Object.hasOwn(settings, key) ? settings[key] : undefined;
    return [key, isRecord(old) && isRecord(value) ? merged(old, value) : value];
  });
  return { ...settings, ...Object.fromEntries(values) };
}

/** The configuration to deploy here: Okta is the simulator, and nothing outlives the stack. */
export function localConfig(settings: RawConfig, simulatorUrl: string): RawConfig {
  const here = merged({ okta: { domain: 'local.okta.com' }, retainData: false }, settings);
  return merged(here, { okta: { baseUrl: simulatorUrl } });
}

function isRecord(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
