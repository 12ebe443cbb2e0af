import { kmsClientKeys } from '../lib/adapters/kms-client-keys.ts';
import type { Config } from '../lib/config.ts';
import { KMS_CLIENT_KEY } from '../lib/names.ts';
import type { KeysElsewhere } from '../lib/ports.ts';

/** Asked here and not through `bundledConfig`, so that a bundle leaves the client for KMS out where it is not needed. */
declare const KNOCKNOC_CONFIG: Pick<Config, 'okta'>;

/** The service app's keys that no secret holds; undefined where the configuration has none. */
export function clientKeys(): KeysElsewhere | undefined {
  return KNOCKNOC_CONFIG.okta.clientKey === 'kms' ? kmsClientKeys(KMS_CLIENT_KEY.alg) : undefined;
}
