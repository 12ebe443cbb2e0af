/** Addresses of a zone: which ones Okta takes, how it stores them, and when two mean the same hosts. */
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { invalidField, invalidRange, type OktaError } from './errors.ts';
import type { Address, AddressInput } from './types.ts';

/** A bare IP sent as a range is stored as the range `a-a`; everything else as sent, host bits included (recorded traffic). */
export function normalise(address: Address): Address {
  if (address.type === 'CIDR' || address.value.includes('-')) return { type: address.type, value: address.value };
  return { type: 'RANGE', value: `${address.value}-${address.value}` };
}

/** Reads what a person types. @throws {RangeError} when a text is no address */
export function toAddress(input: AddressInput): Address {
  if (typeof input !== 'string') return normalise(input);
  const address = normalise({ type: input.includes('/') ? 'CIDR' : 'RANGE', value: input });
  if (addressProblem('address', address, true) !== undefined)
    throw new RangeError(`not an IP, range or CIDR: ${input}`);
  return address;
}

/**
 * Why Okta refuses an address, or undefined. What is known: the text for ranges, and that IPv6 is refused
 * but in preview orgs (developer docs). Not known, so refused here to be on the strict side: a CIDR
 * without a prefix length, a range that runs backwards.
 */
export function addressProblem(field: string, address: Address, allowIpv6: boolean): OktaError | undefined {
  const { value } = address;
  const accepted = (ip: string) => (allowIpv6 ? isIP(ip) !== 0 && !ip.includes('%') : isIPv4(ip));
  if (address.type === 'CIDR') {
    const [ip = '', prefix, ...rest] = value.split('/');
    if (!accepted(ip)) {
      return invalidField(field, `The IP: ${ip} in the CIDR: ${value} is invalid. Make sure it is a valid IPV4.`);
    }
    const longest = isIPv4(ip) ? 32 : 128;
    const valid = prefix !== undefined && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
    return valid ? undefined : invalidField(field, `The CIDR: ${value} is invalid.`);
  }
  const [first = '', last = first, ...rest] = value.split('-');
  if (!accepted(first)) return invalidRange(field, first, value);
  if (!accepted(last)) return invalidRange(field, last, value);
  const ordered = rest.length === 0 && isIP(first) === isIP(last) && compare(first, last) <= 0;
  return ordered ? undefined : invalidField(field, `The RANGE: ${value} is invalid.`);
}

/** The hosts an address covers, as `first-last`, so that `1.2.3.4`, `1.2.3.4/32` and `1.2.3.4-1.2.3.4` are equal. */
export function covered(address: Address): string {
  if (addressProblem('address', address, true) !== undefined) return `${address.type} ${address.value}`;
  if (address.type === 'RANGE') return normalise(address).value.split('-').map(canonical).join('-');
  const family = isIPv4(address.value.split('/')[0] ?? '') ? ipaddr.IPv4 : ipaddr.IPv6;
  return [family.networkAddressFromCIDR(address.value), family.broadcastAddressFromCIDR(address.value)].join('-');
}

function canonical(ip: string): string {
  return ipaddr.parse(ip).toString();
}

/** Order of two IPs of one family. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(ipaddr.parse(a).toByteArray()), Buffer.from(ipaddr.parse(b).toByteArray()));
}
