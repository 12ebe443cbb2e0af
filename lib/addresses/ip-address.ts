import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ipv4Number } from './ipv4-number.ts';

export interface IpPolicy {
  readonly allowPrivate: boolean;
  readonly allowIpv6: boolean;
}

/** The text is not one host's address, or not one that may be let in; the message says why. */
export class IpNotAcceptable extends Error {
  override name = 'IpNotAcceptable';
}

/** Never a person's address, whatever the configuration says. */
const NEVER = new Set(['unspecified', 'multicast', 'broadcast']);

/** Documentation ranges (RFC 5737, RFC 3849): `ipaddr.js` counts them as reserved, every example uses them. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Canonical form of one address: no leading zeros (refused, not guessed: `010` is 8 to some parsers),
 * lower case, compressed, IPv4-mapped IPv6 unwrapped, no zone index.
 * @returns undefined where the text is not exactly one address
 */
export function canonicalAddress(text: string): string | undefined {
  // ipaddr.js alone accepts octal and short forms; the checks of node:net are strict.
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // `::1.2.3.4` is not IPv4-mapped, but ipaddr.js would read it as if it were.
  const address = ipaddr.IPv6.parse(/^::\d+\./.test(text) ? `0${text}` : text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/**
 * Reads the IP of an event: one host, with or without its full-length prefix.
 * @returns the canonical form
 * @throws {IpNotAcceptable} for anything else, and for ranges that the policy does not let in
 */
export function parseHostAddress(text: string, policy: IpPolicy): string {
  const [host = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0) throw new IpNotAcceptable('not an IP address');
  if (prefix !== undefined && prefix !== (isIPv4(host) ? '32' : '128')) {
    throw new IpNotAcceptable('a grant is for one host: no prefix shorter than /32 (IPv4) or /128 (IPv6)');
  }
  const canonical = canonicalAddress(host);
  if (canonical === undefined) throw new IpNotAcceptable('not an IPv4 or IPv6 address in its standard text form');
  const address = ipaddr.parse(canonical);
  const range = rangeOf(address);
  if (NEVER.has(range)) throw new IpNotAcceptable(`a ${range} address belongs to nobody`);
  if (address.kind() === 'ipv6' && !policy.allowIpv6) {
    throw new IpNotAcceptable('IPv6 is not enabled (allowIpv6), since Okta takes it only in preview orgs');
  }
  if (range !== 'unicast' && !isDocumentation(address) && !policy.allowPrivate) {
    throw new IpNotAcceptable(`a ${range} address is not what Okta sees of a client (allowPrivate is off)`);
  }
  return canonical;
}

/**
 * Of IPv6, all but 2000::/3 and what has a use of its own is reserved (IANA, "Internet Protocol Version 6 Address Space");
 * `ipaddr.js` counts it as unicast. `::ffff:20` is such an address: an IPv4-mapped one that was cut off.
 */
function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  return range === 'unicast' && address.kind() === 'ipv6' && !address.match(...GLOBAL_IPV6) ? 'reserved' : range;
}

/** Whether the canonical address lies in a range that nobody has, for examples and sentinels. */
export function isDocumentationAddress(canonical: string): boolean {
  return isDocumentation(ipaddr.parse(canonical));
}

/** First parts of IPv4 addresses among which are ranges that only `allowPrivate` lets in, or documentation. */
const SPECIAL = new Set([10, 100, 127, 169, 172, 192, 198, 203]);
/** Multicast begins here; reserved ranges and broadcast follow. Below 1 addresses are unspecified. */
const FIRST_MULTICAST = 224;

/**
 * Whether a text is what `parseHostAddress` makes of an address that it lets through. Twenty thousand are judged at each
 * rebuild, so most are known by their first part.
 */
export function isAcceptedHost(text: string, policy: IpPolicy): boolean {
  const number = ipv4Number(text);
  if (number !== undefined) {
    const first = Math.floor(number / 2 ** 24);
    if (first >= 1 && first < FIRST_MULTICAST && (policy.allowPrivate || !SPECIAL.has(first))) return true;
  }
  try {
    return parseHostAddress(text, policy) === text;
  } catch (error) {
    if (error instanceof IpNotAcceptable) return false;
    throw error;
  }
}

function isDocumentation(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return DOCUMENTATION.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}
