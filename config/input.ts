import type { AclConfig, AllowlistConfig, Config, OktaConfig } from '../lib/config.ts';

/** An ACL as it is written: without what has a default. */
export interface AclInput extends Pick<AclConfig, 'zoneIds'>, Partial<Omit<AclConfig, 'zoneIds' | 'allowlist'>> {
  readonly allowlist?: Partial<AllowlistConfig>;
}

/** A configuration as it is written, in a file or in an app: without what has a default. */
export interface ConfigInput extends Partial<Omit<Config, 'okta' | 'acls'>> {
  readonly okta: Pick<OktaConfig, 'domain'> & Partial<OktaConfig>;
  readonly acls: Readonly<Record<string, AclInput>>;
}
