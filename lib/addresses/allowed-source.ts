import { type Block, covers, parseBlock } from './address-block.ts';
import { canonicalAddress } from './ip-address.ts';

/**
 * Whether a request may come from this address: it lies in one of the networks. An IPv4 address that is written as an
 * IPv4-mapped one of IPv6 counts as itself. What is not exactly one address lies in none.
 */
export function isAllowedSource(source: unknown, networks: readonly Block[]): boolean {
  const canonical = typeof source === 'string' ? canonicalAddress(source) : undefined;
  const address = canonical === undefined ? undefined : parseBlock(canonical);
  return address !== undefined && networks.some((network) => covers(network, address));
}
