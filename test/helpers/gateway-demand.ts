import fc from 'fast-check';
import { blockOf } from '../../lib/addresses/address-block.ts';
import { mergedBlocks } from '../../lib/addresses/merged-blocks.ts';
import type { GatewayDemand } from '../../lib/zones/desired-gateways.ts';

export const SENTINEL = '192.0.2.0/32';

/** Each IP came later than the one before it. */
export function demand(ips: readonly string[], more: Partial<GatewayDemand> = {}): GatewayDemand {
  const grants = ips.map((ip, i) => ({ ip, since: String(i).padStart(6, '0') }));
  return {
    grants,
    alwaysAllow: [],
    sentinel: SENTINEL,
    zones: [[]],
    gatewayLimit: 150,
    ipv6PrefixLength: 128,
    ...more,
  };
}

/** Every second address, so that no two can be merged. */
export const apart = (count: number) =>
  Array.from({ length: count }, (_, i) => `198.51.${(2 * i) >> 8}.${(2 * i) & 255}`);

/** Every single address that a list covers, as a number. */
export function addresses(list: readonly string[]): string[] {
  return list.flatMap((text) => {
    const { first, last } = blockOf(text);
    return Array.from({ length: Number(last - first) + 1 }, (_, i) => String(first + BigInt(i)));
  });
}

const NEIGHBOURS = Array.from({ length: 64 }, (_, n) => `203.0.113.${n}`);
/** Most of 64 neighbours, in any order: blocks of many sizes among them. */
export const denseIps = fc.shuffledSubarray(NEIGHBOURS, { minLength: 20 });
/** Some of 64 neighbours, in any order. */
export const someIps = fc.oneof(fc.shuffledSubarray(NEIGHBOURS), denseIps);

/** The fewest entries that cover exactly these hosts. */
export function fewest(ips: readonly string[]): number {
  return mergedBlocks([...new Set(ips)].map(blockOf)).length;
}
