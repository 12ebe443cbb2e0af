import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockProblem, opensToEveryone } from '../../config/address-syntax.ts';
import { problems as problemsOf } from './problems.ts';

function problems(alwaysAllow: unknown[], changes: object = {}): string[] {
  return problemsOf({ okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['z1'], alwaysAllow } }, ...changes });
}

describe('alwaysAllow', () => {
  it.each(['198.51.100.0/24', '198.51.100.7', '198.51.100.7/32', '198.51.100.7-198.51.100.9', '10.0.0.0/16'])(
    'takes %s',
    (entry) => {
      expect(problems([entry])).toEqual([]);
    },
  );

  it.each([
    '',
    'office',
    '198.51.100',
    '198.51.100.256',
    '198.051.100.0/24',
    '198.51.100.0/33',
    '198.51.100.0/',
    '198.51.100.0/+8',
    '198.51.100.0/24/8',
    '198.51.100.9-198.51.100.7',
    '198.51.100.7-',
    '198.51.100.7-2001:db8::1',
    '1-2-3',
    '0x7f.1',
    ' 198.51.100.7',
  ])('refuses %j, with its position', (entry) => {
    expect(problems(['10.0.0.0/16', entry])).toEqual([
      expect.stringMatching(/^acls\.a\.alwaysAllow\[1\]: .*(write|not)/),
    ]);
  });

  it('says which network was meant when bits of a host are set', () => {
    expect(problems(['198.51.100.7/24'])).toEqual([
      'acls.a.alwaysAllow[0]: "198.51.100.7/24" is not the first address of its network; write "198.51.100.0/24"',
    ]);
  });

  it('takes IPv6 only where it is enabled', () => {
    expect(problems(['2001:db8::/64'])).toEqual([
      expect.stringMatching(/^acls\.a\.alwaysAllow\[0\]: .*is IPv6.*"allowIpv6": true/),
    ]);
    expect(problems(['2001:db8::/64', '2001:db8::1-2001:db8::9'], { allowIpv6: true })).toEqual([]);
    expect(problems(['fe80::1%eth0'], { allowIpv6: true })).toHaveLength(1);
  });

  it.each([
    [['0.0.0.0/0']],
    [['0.0.0.0-255.255.255.255']],
    [['0.0.0.0/1']],
    [['0.0.0.0/2', '198.51.100.0/24', '192.0.0.0/2']],
    [['64.0.0.0-191.255.255.255', '100.0.0.0/8']],
  ])('refuses %j, which opens the zone to everyone', (entries) => {
    expect(problems(entries)).toEqual([expect.stringMatching(/^acls\.a\.alwaysAllow: opens the zone to everyone/)]);
  });

  it('may not open the zone to everyone, whatever it says', () => {
    const acls = { a: { zoneIds: ['z1'], alwaysAllow: ['0.0.0.0/1'], allowWide: true } };
    expect(problems([], { acls })).toEqual([expect.stringMatching(/opens the zone to everyone/)]);
  });

  it('knows that half of the addresses counts only once', () => {
    expect(opensToEveryone(['0.0.0.0/2', '0.0.0.0/2', '0.0.0.0/3'])).toBe(false);
    expect(opensToEveryone(['0.0.0.0/1'])).toBe(true);
    expect(opensToEveryone(['::/0'])).toBe(true);
    expect(opensToEveryone(['2000::/4'])).toBe(true);
    expect(opensToEveryone(['2000::/5', '4000::/2'])).toBe(false);
    expect(opensToEveryone([])).toBe(false);
  });

  it('holds no more entries than one zone can, however many zones there are', () => {
    const entries = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    expect(problems(entries, { gatewayLimit: 3 })).toEqual([]);
    expect(problems(entries, { gatewayLimit: 2 })).toEqual([
      expect.stringMatching(/^acls\.a\.alwaysAllow: 3 entries are more than one zone/),
    ]);
    const acls = { a: { zoneIds: ['z1', 'z2'], alwaysAllow: entries } };
    expect(problems([], { gatewayLimit: 2, acls })).toHaveLength(1);
  });

  it('takes every IPv4 network that is written from its first address', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 32 }), (address, prefix) => {
        const first = Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
        const text = (n: number) => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
        const rules = { allowIpv6: false, cidrOnly: true };
        expect(blockProblem(`${text(first)}/${prefix}`, rules)).toBeUndefined();
        if (address !== first)
          expect(blockProblem(`${text(address)}/${prefix}`, rules)).toContain(`"${text(first)}/${prefix}"`);
      }),
    );
  });
});

describe('a network that is wider than /16 or, with IPv6, /32', () => {
  const ipv6 = { allowIpv6: true };

  it.each<[string[], object, RegExp]>([
    [['10.0.0.0/15'], {}, /^acls\.a\.alwaysAllow\[0\]: 10\.0\.0\.0\/15 is wider than \/16/],
    [
      ['192.0.2.1', '1.0.0.0-127.255.255.254'],
      {},
      /^acls\.a\.alwaysAllow\[1\]: 1\.0\.0\.0-127\.255\.255\.254 is wider/,
    ],
    [['10.0.0.0-10.1.0.0'], {}, /^acls\.a\.alwaysAllow\[0\]: /],
    [
      ['10.0.0.0/16', '10.1.0.0/32'],
      {},
      /^acls\.a\.alwaysAllow: entries 0, 1 together: 10\.0\.0\.0-10\.1\.0\.0 is wider/,
    ],
    [
      ['10.1.0.0/16', '192.0.2.1', '10.0.0.0/16'],
      {},
      /^acls\.a\.alwaysAllow: entries 0, 2 together: 10\.0\.0\.0\/15 is/,
    ],
    [['10.0.0.0-10.0.200.0', '10.0.100.0-10.1.10.0'], {}, /entries 0, 1 together/],
    [['10.0.0.0/16', '10.0.5.0/24', '10.1.0.0/24'], {}, /entries 0, 1, 2 together/],
    [['2400::/8'], ipv6, /^acls\.a\.alwaysAllow\[0\]: 2400::\/8 is wider than \/32/],
    [['2001:db8::/32', '2001:db9::/128'], ipv6, /entries 0, 1 together/],
  ])('is refused unless the ACL says that it is meant: %j', (alwaysAllow, changes, problem) => {
    expect(problems(alwaysAllow, changes)).toEqual([expect.stringMatching(problem)]);
    const acls = { a: { zoneIds: ['z1'], alwaysAllow, allowWide: true } };
    expect(problems([], { ...changes, acls })).toEqual([]);
  });

  it('is none of those that only lie in one, however many there are', () => {
    expect(problems(['10.0.0.0/16', '10.2.0.0/16', '10.4.0.0/16', '11.0.0.0/16'])).toEqual([]);
    expect(problems(['10.0.0.0/16', '10.0.0.0/16', '10.0.9.0/24'])).toEqual([]);
    expect(problems(['2001:db8::/32', '2001:dba::/32', '255.255.0.0/16'], ipv6)).toEqual([]);
  });

  it('is found with the others of a list, each by its place', () => {
    expect(problems(['10.0.0.0/8', 'office', '172.16.0.0/12'])).toEqual([
      expect.stringMatching(/^acls\.a\.alwaysAllow\[1\]: "office" is not valid/),
      expect.stringMatching(/^acls\.a\.alwaysAllow\[0\]: 10\.0\.0\.0\/8 is wider/),
      expect.stringMatching(/^acls\.a\.alwaysAllow\[2\]: 172\.16\.0\.0\/12 is wider/),
    ]);
  });

  it('is allowed to an ACL by itself, and not to the others', () => {
    const alwaysAllow = ['10.0.0.0/8'];
    const acls = { a: { zoneIds: ['z1'], alwaysAllow, allowWide: true }, b: { zoneIds: ['z2'], alwaysAllow } };
    expect(problems([], { acls })).toEqual([expect.stringMatching(/^acls\.b\.alwaysAllow\[0\]/)]);
  });
});
