import { isIPv4, isIPv6 } from 'node:net';
import { IpNotAcceptable, type IpPolicy, isAcceptedHost, parseHostAddress } from '../addresses/ip-address.ts';
import { ListFailure } from './list-failure.ts';

/** What a list says. */
export interface ParsedList {
  /** Canonical, each once. */
  readonly ips: ReadonlySet<string>;
  /** How many entries were left out, by the reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

const NO_ENTRY = 'neither an address nor a network';

/**
 * Reads the text form of a Knocknoc allowlist as the vendor's own reader does (knocknoc-io/traefik-plugin-knocknoc,
 * `parseAllowlist`): one entry a line, `#` begins a comment line, and an entry is an address or a network, perhaps in
 * brackets, perhaps with a zone index. Of these it keeps the hosts that an event may name; the others are counted.
 * @throws {ListFailure} LIST003 where the text is no list: a page, JSON, or lines of which none has the form of an entry
 */
export function parseList(body: string, policy: IpPolicy): ParsedList {
  const ips = new Set<string>();
  const skipped: Record<string, number> = {};
  let lines = 0;
  let entries = 0;
  for (const raw of body.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    lines += 1;
    // A page may show an address in a line of its own.
    if (/^<[a-z!/?]/i.test(line)) throw new ListFailure('LIST003', 'the answer is a page (HTML or XML), not a list');
    const entry = asEntry(line);
    if (entry !== undefined) entries += 1;
    const judged = entry === undefined ? { why: NO_ENTRY } : judge(entry, policy);
    if ('ip' in judged) ips.add(judged.ip);
    else skipped[judged.why] = (skipped[judged.why] ?? 0) + 1;
  }
  if (lines > 0 && entries === 0) {
    const what = /^\s*[[{"]/.test(body) ? 'the answer looks like JSON, not like a list' : 'the answer is not a list';
    throw new ListFailure('LIST003', `${what}: none of its lines is an address or a network`);
  }
  return { ips, skipped };
}

/** @returns the entry without brackets and zone index; undefined where it has not the form of one */
function asEntry(line: string): string | undefined {
  const [host = '', bits, ...more] = line.split('/');
  const bare = host.length > 1 && host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const [address = ''] = bare.split('%');
  const longest = isIPv4(address) ? 32 : 128;
  if (more.length > 0 || !(isIPv4(address) || isIPv6(address))) return undefined;
  if (bits === undefined) return address;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > longest) return undefined;
  return `${address}/${Number(bits)}`;
}

function judge(entry: string, policy: IpPolicy): { readonly ip: string } | { readonly why: string } {
  // Tens of thousands of lines are usual, and most are what they should be.
  if (isAcceptedHost(entry, policy)) return { ip: entry };
  try {
    return { ip: parseHostAddress(entry, policy) };
  } catch (error) {
    if (error instanceof IpNotAcceptable) return { why: error.message };
    throw error;
  }
}
