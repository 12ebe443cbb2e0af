import { describe, expect, it } from 'vitest';
import { ListFailure } from '../../../lib/allowlist/list-failure.ts';
import { parseList } from '../../../lib/allowlist/parse-list.ts';

const POLICY = { allowPrivate: false, allowIpv6: true };
const IPV4_ONLY = { ...POLICY, allowIpv6: false };
const [A, B] = ['203.0.113.7', '198.51.100.23'];
const ipsOf = (body: string, policy = POLICY) => [...parseList(body, policy).ips];
const skippedOf = (body: string, policy = POLICY) =>
  Object.values(parseList(body, policy).skipped).reduce((sum, count) => sum + count, 0);

describe('the text of a list', () => {
  it.each([
    ['one entry a line', `${A}\n${B}\n`, [A, B]],
    ['no line break at the end', `${A}\n${B}`, [A, B]],
    ['line ends of Windows', `${A}\r\n${B}\r\n`, [A, B]],
    ['white space around an entry', `  ${A}\t\n\u00a0${B} \n`, [A, B]],
    ['empty lines and comments', `# who is in\n\n${A}\n   # more\n${B}\n`, [A, B]],
    ['a byte order mark', `\ufeff${A}\n${B}\n`, [A, B]],
    ['an entry twice', `${A}\n${A}\n`, [A]],
    ['the network of one host', `${A}/32\n2001:db8::7/128\n`, [A, '2001:db8::7']],
    ['brackets', `[${A}]\n[2001:db8::7]\n[2001:db8::8]/128\n`, [A, '2001:db8::7', '2001:db8::8']],
    ['a zone index', '2001:db8::7%eth0\n', ['2001:db8::7']],
    ['IPv6 in any form', '2001:DB8:0:0:0:0:0:7\n::ffff:203.0.113.7\n', ['2001:db8::7', A]],
    ['nothing at all', '', []],
    ['comments alone', '# nobody is in\r\n#\n', []],
    ['blank lines alone', '\n \r\n\t\n', []],
  ])('may have %s', (_, body, ips) => {
    expect(ipsOf(body)).toEqual(ips);
    expect(skippedOf(body)).toBe(0);
  });

  it.each([
    ['a network wider than one host', '203.0.113.0/24'],
    ['a network of IPv6', '2001:db8::/64'],
    ['everybody', '0.0.0.0/0'],
    ['a private address', '10.1.2.3'],
    ['nobody’s address', '0.0.0.0'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['leading zeros', '203.0.113.007'],
    ['a comment behind an entry', `${B} # alice`],
    ['a port', `${B}:443`],
    ['a name', 'alice.example.com'],
    ['half an address', '203.0.113'],
    ['a range', '203.0.113.1-203.0.113.9'],
    ['too many slashes', `${B}/32/32`],
    ['a prefix that is too long', `${B}/33`],
    ['brackets around the prefix', '[2001:db8::7/128]'],
  ])('leaves out %s, counts it, and keeps the others', (_, entry) => {
    expect(ipsOf(`${A}\n${entry}\n`)).toEqual([A]);
    expect(skippedOf(`${A}\n${entry}\n`)).toBe(1);
  });

  it('leaves out IPv6 unless it is enabled, and lets private addresses in where these are', () => {
    expect(ipsOf(`${A}\n2001:db8::7\n`, IPV4_ONLY)).toEqual([A]);
    expect(ipsOf('10.1.2.3\n', { ...POLICY, allowPrivate: true })).toEqual(['10.1.2.3']);
  });

  it('is a list with nobody in it where all entries are left out', () => {
    expect(ipsOf('10.1.2.3\n203.0.113.0/24\n')).toEqual([]);
  });

  it('names the reasons, and nothing of the entries', () => {
    const { skipped } = parseList(`${A}\n10.1.2.3\n10.9.9.9\nalice\n`, POLICY);
    expect(Object.values(skipped).toSorted()).toEqual([1, 2]);
    expect(JSON.stringify(skipped)).not.toMatch(/10\.|alice/);
  });

  it('may have 50,000 lines', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}\r\n`);
    expect(parseList(lines.join(''), POLICY).ips.size).toBe(50_000);
  });

  it.each([
    ['a page', '<!DOCTYPE html><html><body>Log in</body></html>'],
    ['a page that shows an address in a line of its own', `<html>\n<p>Your IP:\n${A}\n</p></html>\n`],
    ['a page after a comment', `# proxy\n<HTML>\n${A}\n`],
    ['XML', `<?xml version="1.0"?>\n<ip>\n${A}\n</ip>`],
    ['JSON', `["${A}","${B}"]`],
    ['JSON in lines', `[\n  "${A}",\n  "${B}"\n]\n`],
    ['JSON of an error', '{"error":"expired"}'],
    ['a sentence', 'Service temporarily unavailable\n'],
    ['old line ends of the Macintosh', `${A}\r${B}\r`],
    ['control characters', '\u0000\u0001\u0002'],
    ['one address that was cut', '203.0.1'],
  ])('is no list where it is %s (LIST003)', (_, body) => {
    expect(() => parseList(body, POLICY)).toThrow(ListFailure);
    expect(() => parseList(body, POLICY)).toThrow(/page|JSON|not a list/);
  });
});
