import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHostAddress } from '../../../lib/domain/ip-address.ts';

const STRICT = { allowPrivate: false, allowIpv6: false };
const OPEN = { allowPrivate: true, allowIpv6: true };

describe('the IP of a grant', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['8.8.8.8/32', '8.8.8.8'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['::ffff:8.8.8.8/128', '8.8.8.8'],
  ])('takes %s as %s', (text, canonical) => {
    expect(parseHostAddress(text, STRICT)).toBe(canonical);
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['fe80::1', 'fe80::1'],
    ['fd00::00:01', 'fd00::1'],
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['100.64.0.1', '100.64.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ])('takes %s as %s where private addresses and IPv6 are allowed', (text, canonical) => {
    expect(parseHostAddress(text, OPEN)).toBe(canonical);
    expect(() => parseHostAddress(text, STRICT)).toThrow();
  });

  it.each([
    ...[
      '',
      ' ',
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '010.0.0.1',
      '1.2.3.04',
      '0x7f.1',
      '2130706433',
      '1.2.3.4 ',
      ' 1.2.3.4',
    ],
    ...['1.2.3.4/0', '1.2.3.4/24', '1.2.3.4/33', '1.2.3.4/032', '1.2.3.4/', '1.2.3.4/32/32', '2001:db8::1/64'],
    ...['::ffff:1.2.3.4/32', 'fe80::1%eth0', '1::2::3', ':::', 'g::1', '[::1]', '1.2.3.4:80', 'localhost', '１.2.3.4'],
    ...['0.0.0.0', '::', '255.255.255.255', '224.0.0.1', 'ff02::1', '1.2.3.4\n', '1.2.3.4\0'],
  ])('refuses %j always', (text) => {
    expect(() => parseHostAddress(text, OPEN)).toThrow(expect.objectContaining({ name: 'IpNotAcceptable' }));
  });

  it.each([
    '192.168.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '240.0.0.1',
    '198.18.0.1',
    '0.1.2.3',
    '::1',
    '64:ff9b::1.2.3.4',
  ])('refuses %s, which Okta never sees as a client', (text) => {
    expect(() => parseHostAddress(text, { ...STRICT, allowIpv6: true })).toThrow();
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        let once: string;
        try {
          once = parseHostAddress(text, OPEN);
        } catch {
          return; // Not one of those that are taken.
        }
        expect(parseHostAddress(once, OPEN)).toBe(once);
      }),
    );
  });
});
