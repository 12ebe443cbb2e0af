import { blockOf, covers, readableBlocks } from '../../lib/addresses/address-block.ts';
import { aclConfig, type Config } from '../../lib/config.ts';
import type { Grant } from '../../lib/grants/grant-items.ts';
import { CliFailure } from '../cli-failure.ts';

/** The documentation ranges (RFC 5737): nobody has such an address, so nobody gets in by it. */
const NETWORKS = ['203.0.113', '198.51.100'] as const;
const LAST_HOST = 254;

/**
 * A documentation address that nothing else of the ACL lets in, from the end of the ranges: examples begin at their start.
 * @throws {CliFailure} where there is none
 */
export function freeAddress(acl: string, config: Config, grants: readonly Pick<Grant, 'ip'>[]): string {
  const taken = readableBlocks([
    ...grants.map(({ ip }) => ip),
    ...(aclConfig(config, acl)?.alwaysAllow ?? []),
    config.sentinel,
  ]);
  for (const network of NETWORKS) {
    for (let host = LAST_HOST; host > 0; host -= 1) {
      const ip = `${network}.${host}`;
      if (!taken.some((block) => covers(block, blockOf(ip)))) return ip;
    }
  }
  throw new CliFailure(`${acl} lets in every documentation address already`, 'Take some out of `alwaysAllow`.');
}
