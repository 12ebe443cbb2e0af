import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpNotAcceptable, isAcceptedHost, parseHostAddress } from '../../../lib/addresses/ip-address.ts';

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
    ['::203.0.113.7', '::cb00:7107'],
    ['0::203.0.113.7', '::cb00:7107'],
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
    ...['::ffff:20', '::203.0.113.7', '1fff::1', '4000::1', 'e000::1'],
  ])('refuses %s, which Okta never sees as a client', (text) => {
    expect(() => parseHostAddress(text, { ...STRICT, allowIpv6: true })).toThrow();
  });

  it.each(['2000::1', '2a00:1450:4001::1', '2001:db8::1', '3ffe::1'])('takes %s, where IPv6 is allowed', (ip) => {
    expect(parseHostAddress(ip, { ...STRICT, allowIpv6: true })).toBe(ip);
  });

  it.each([
    ['below the loopback range', '126.255.255.255', true],
    ['the first loopback address', '127.0.0.0', false],
    ['the last loopback address', '127.255.255.255', false],
    ['behind the loopback range', '128.0.0.0', true],
    ['below 10.0.0.0/8', '9.255.255.255', true],
    ['the last of 10.0.0.0/8', '10.255.255.255', false],
    ['behind 10.0.0.0/8', '11.0.0.0', true],
    ['below 172.16.0.0/12', '172.15.255.255', true],
    ['the last of 172.16.0.0/12', '172.31.255.255', false],
    ['behind 172.16.0.0/12', '172.32.0.0', true],
    ['behind 192.168.0.0/16', '192.169.0.0', true],
    ['below CGNAT', '100.63.255.255', true],
    ['the last of CGNAT', '100.127.255.255', false],
    ['behind CGNAT', '100.128.0.0', true],
    ['the last link-local', '169.254.255.255', false],
    ['behind link-local', '169.255.0.0', true],
    ['the last of 0.0.0.0/8', '0.255.255.255', false],
    ['the first documentation address', '192.0.2.0', true],
    ['the last documentation address', '203.0.113.255', true],
    ['beside the documentation range', '192.0.3.0', true],
    ['IETF protocol assignments', '192.0.0.1', false],
    ['the last unicast address', '223.255.255.255', true],
    ['reserved for the future', '255.255.255.254', false],
  ])('by ranges: %s, %s: %s', (_, text, taken) => {
    if (taken) expect(parseHostAddress(text, STRICT)).toBe(text);
    else expect(() => parseHostAddress(text, STRICT)).toThrow(IpNotAcceptable);
  });

  it.each(['::ffff:10.0.0.1', '::ffff:127.0.0.1', '::ffff:c0a8:1', '::ffff:169.254.169.254'])(
    'looks through IPv4-mapped IPv6 at what it stands for: %s',
    (text) => {
      expect(() => parseHostAddress(text, STRICT)).toThrow(IpNotAcceptable);
    },
  );

  it('takes IPv6 only where it is allowed, and says what to set', () => {
    expect(() => parseHostAddress('2001:db8::1', STRICT)).toThrow(/allowIpv6/);
    expect(() => parseHostAddress('10.0.0.1', STRICT)).toThrow(/allowPrivate/);
    expect(parseHostAddress('2a00:1450::1', { ...STRICT, allowIpv6: true })).toBe('2a00:1450::1');
  });

  it('says nothing of the text it refuses', () => {
    for (const text of ['hush', '1.2.3.4/hush', '1.2.3.4/24', '10.11.12.13']) {
      expect(() => parseHostAddress(text, STRICT)).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/hush|1\.2\.3|10\.11/) }),
      );
    }
  });

  it('is one address to everybody: what is taken reads as the same four bytes without any leading zero', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 4, maxLength: 4 }), fc.nat(3), (bytes, zeros) => {
        const text = bytes.map((byte, at) => (at === zeros ? `0${byte}` : String(byte))).join('.');
        expect(() => parseHostAddress(text, OPEN)).toThrow(IpNotAcceptable);
      }),
    );
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

describe('a stored IP', () => {
  const slowly = (text: string, policy: typeof STRICT) => {
    try {
      return parseHostAddress(text, policy) === text;
    } catch {
      return false;
    }
  };
  const edges = [0, 1, 2, 18, 19, 31, 51, 52, 63, 64, 88, 99, 100, 113, 127, 128, 168, 175, 191, 196, 254, 255];
  const part = fc.oneof(fc.constantFrom(...edges), fc.nat(255));

  it('passes if it is what the webhook makes of an IP that it takes, and the quick look finds the same', () => {
    for (const policy of [STRICT, OPEN, { allowPrivate: true, allowIpv6: false }]) {
      for (let first = 0; first < 256; first += 1) {
        for (const second of edges) {
          const ip = `${first}.${second}.${edges[(first + second) % edges.length]}.1`;
          expect([ip, isAcceptedHost(ip, policy)]).toEqual([ip, slowly(ip, policy)]);
        }
      }
      const ipv4 = fc.tuple(part, part, part, part).map((parts) => parts.join('.'));
      fc.assert(
        fc.property(fc.oneof(ipv4, fc.ipV4(), fc.ipV6(), fc.string()), (ip) => {
          expect(isAcceptedHost(ip, policy)).toBe(slowly(ip, policy));
        }),
      );
    }
  });

  it.each([
    '8.8.8.8/32',
    '08.8.8.8',
    '8.8.8',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '::ffff:8.8.8.8',
    '2001:DB8::1',
    '0.0.0.0',
    '255.255.255.255',
  ])('does not pass in another form, or as nobody’s: %j', (ip) => {
    expect(isAcceptedHost(ip, OPEN)).toBe(false);
  });
});
