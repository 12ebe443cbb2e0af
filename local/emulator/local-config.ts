import { merged, type RawConfig } from '../settings.ts';

/** The configuration to deploy here: Okta is the simulator, and nothing outlives the stack. */
export function localConfig(settings: RawConfig, simulatorUrl: string): RawConfig {
  const here = merged({ okta: { domain: 'local.okta.com' }, retainData: false }, settings);
  return merged(here, { okta: { baseUrl: simulatorUrl } });
}
