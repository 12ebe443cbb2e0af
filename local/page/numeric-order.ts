import { parseBlock } from '../../lib/addresses/address-block.ts';
import { byAddress } from '../../lib/addresses/merged-blocks.ts';

/** Order of IPs, ranges and networks as numbers: IPv4, then IPv6, then what is none of these by its letters. */
export function numericOrder(a: string, b: string): number {
  const [one, other] = [parseBlock(a), parseBlock(b)];
  if (one && other) return byAddress(one, other);
  if (one || other) return one ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
