import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockProblem, opensToEveryone } from '../../config/address-syntax.ts';
import { problems as problemsOf } from './problems.ts';

function problems(alwaysAllow: unknown[], changes: object = {}): string[] {
  return problemsOf({ okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['z1'], alwaysAllow } }, ...changes });
}

describe('alwaysAllow', () => {
  it.each(['198.51.100.0/24', '198.51.100.7', '198.51.100.7/32', '198.51.100.7-198.51.100.9', '10.0.0.0/8'])(
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
    expect(problems(['10.0.0.0/8', entry])).toEqual([
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

  it('knows that half of the addresses counts only once', () => {
    expect(opensToEveryone(['0.0.0.0/2', '0.0.0.0/2', '0.0.0.0/3'])).toBe(false);
    expect(opensToEveryone(['0.0.0.0/1'])).toBe(true);
    expect(opensToEveryone(['::/0'])).toBe(true);
    expect(opensToEveryone(['2000::/4'])).toBe(true);
    expect(opensToEveryone(['2000::/5', '4000::/2'])).toBe(false);
    expect(opensToEveryone([])).toBe(false);
  });

  it('holds no more entries than the first zone of the ACL, however many zones there are', () => {
    const entries = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    expect(problems(entries, { gatewayLimit: 3 })).toEqual([]);
    expect(problems(entries, { gatewayLimit: 2 })).toEqual([
      expect.stringMatching(/^acls\.a\.alwaysAllow: 3 entries do not fit/),
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
