import { hash } from 'node:crypto';
import type { AclConfig, Config } from '../config.ts';

/** Fingerprint of all that an ACL's lists depend on beside the grants. */
export function configHash(config: Config, settings: AclConfig): string {
  const { zoneIds, alwaysAllow } = settings;
  const relevant = [
    zoneIds,
    alwaysAllow,
    config.sentinel,
    config.gatewayLimit,
    config.okta.baseUrl,
    config.ipv6PrefixLength,
  ];
  return hash('sha256', JSON.stringify(relevant), 'base64url').slice(0, 22);
}
