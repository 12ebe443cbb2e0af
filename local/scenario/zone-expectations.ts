import ipaddr from 'ipaddr.js';
import { covered, toAddress } from '../okta-simulator/address.ts';
import type { Address, ZoneView } from '../okta-simulator/types.ts';
import type { Expectation } from './expect-schema.ts';
import type { Seen, Unmet } from './expectations.ts';

/** What an expectation says of one zone. @param zone undefined where Okta has none of that id */
export function unmetByZone(expectation: Expectation, zone: ZoneView | undefined): Unmet[] {
  if (expectation.zone === undefined) return [];
  if (!zone) return [{ key: 'zone', expected: expectation.zone, found: 'Okta has no such zone' }];
  const { gateways, proxies, has = [], hasNot = [], status, usage } = expectation;
  return [
    ...unmetList('gateways', gateways, zone.gateways),
    ...unmetList('proxies', proxies, zone.proxies),
    ...has
      .filter((ip) => !covers(zone.gateways, ip))
      .map((ip) => {
        return { key: 'has', expected: `an entry that covers ${ip}`, found: listed(zone.gateways) };
      }),
    ...hasNot
      .filter((ip) => covers(zone.gateways, ip))
      .map((ip) => {
        return { key: 'hasNot', expected: `no entry that covers ${ip}`, found: listed(zone.gateways) };
      }),
    ...(typeof status === 'string' && zone.status !== status
      ? [{ key: 'status', expected: status, found: zone.status }]
      : []),
    ...(usage !== undefined && zone.usage !== usage ? [{ key: 'usage', expected: usage, found: zone.usage }] : []),
  ];
}

/** IPs that must be in some zone, wherever that is. */
export function unmetSomewhere(ips: readonly string[], seen: Pick<Seen, 'zones'>): Unmet[] {
  const outside = ips.filter((ip) => zonesWith(ip, seen).length === 0);
  return outside.map((ip) => ({ key: 'somewhere', expected: `${ip} in a zone`, found: 'in none' }));
}

/** IPs that must be in no zone at all. */
export function unmetNowhere(ips: readonly string[], seen: Pick<Seen, 'zones'>): Unmet[] {
  return ips.flatMap((ip) => {
    const inside = zonesWith(ip, seen);
    return inside.length === 0
      ? []
      : [{ key: 'nowhere', expected: `${ip} in no zone`, found: `in ${inside.join(', ')}` }];
  });
}

function zonesWith(ip: string, seen: Pick<Seen, 'zones'>): string[] {
  return seen
    .zones()
    .filter(({ gateways }) => covers(gateways, ip))
    .map(({ id }) => id);
}

/** Compared as sets, by what the entries cover: order and spelling do not count. */
function unmetList(key: string, expected: readonly string[] | undefined, found: readonly Address[] | null): Unmet[] {
  if (expected === undefined) return [];
  const wanted = new Map(expected.map((entry) => [covered(toAddress(entry)), entry]));
  const there = new Map((found ?? []).map((entry) => [covered(entry), entry.value]));
  const missing = [...wanted].filter(([hosts]) => !there.has(hosts)).map(([, entry]) => entry);
  const extra = [...there].filter(([hosts]) => !wanted.has(hosts)).map(([, entry]) => entry);
  if (missing.length + extra.length === 0) return [];
  const difference = [
    ...(missing.length > 0 ? [`without ${shortened(missing)}`] : []),
    ...(extra.length > 0 ? [`with ${shortened(extra)} beside`] : []),
  ];
  const counts = `${there.size} of ${wanted.size} entries, `;
  const all = wanted.size > 6 || there.size > 6 ? counts + difference.join(', ') : listed(found);
  return [{ key, expected: expected.length === 0 ? 'nothing' : shortened(expected), found: all }];
}

interface HostRange {
  readonly low: Buffer;
  readonly high: Buffer;
}

/** Texts are read once: a story asks for the same ones again and again. Undefined for an entry that holds no hosts. */
const ranges = new Map<string, HostRange | undefined>();
const hosts = new Map<string, Buffer>();

function rangeOf(entry: Address): HostRange | undefined {
  const name = `${entry.type} ${entry.value}`;
  if (!ranges.has(name)) {
    const [first = '', last = ''] = covered(entry).split('-');
    const isRange = ipaddr.isValid(first) && ipaddr.isValid(last);
    ranges.set(name, isRange ? { low: bytesOf(first), high: bytesOf(last) } : undefined);
  }
  return ranges.get(name);
}

function covers(entries: readonly Address[] | null, ip: string): boolean {
  if (entries === null) return false;
  const host = hosts.get(ip) ?? bytesOf(ip);
  hosts.set(ip, host);
  return entries.some((entry) => {
    const range = rangeOf(entry);
    if (!range || range.low.length !== host.length || range.high.length !== host.length) return false;
    return Buffer.compare(range.low, host) <= 0 && Buffer.compare(host, range.high) <= 0;
  });
}

/** IPv4 that is written as IPv6 is IPv4. */
function bytesOf(ip: string): Buffer {
  return Buffer.from(ipaddr.process(ip).toByteArray());
}

function listed(entries: readonly Address[] | null): string {
  return entries === null || entries.length === 0 ? 'nothing' : shortened(entries.map(({ value }) => value));
}

/** The first of a long list, and how many more there are. */
export function shortened(entries: readonly string[], shown = 6): string {
  const rest = entries.length - shown;
  return rest > 0 ? `${entries.slice(0, shown).join(', ')} and ${rest} more` : entries.join(', ');
}
