import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { MINIMAL, problems } from './problems.ts';

const of = (...allowFrom: unknown[]) => problems({ ...MINIMAL, allowFrom });

describe('allowFrom', () => {
  it('takes networks of IPv4 and IPv6, whether or not Okta takes IPv6', () => {
    const allowFrom = ['203.0.113.7/32', '198.51.100.0/24', '2001:db8:7::/48', '2001:db8::1/128'];
    expect(parseConfig({ ...MINIMAL, allowFrom }).allowFrom).toEqual(allowFrom);
  });

  it('tells of each entry what is wrong with it and what to write, all at once', () => {
    expect(of('203.0.113.7', '203.0.113.7/24', '203.0.113.007/32', 'knocknoc.example.com', 7, '2001:db8::1')).toEqual([
      'allowFrom[4]: must be text: a CIDR, not 7',
      'allowFrom[0]: "203.0.113.7" is not a CIDR; write "203.0.113.7/32"',
      'allowFrom[1]: "203.0.113.7/24" is not the first address of its network; write "203.0.113.0/24"',
      expect.stringMatching(/^allowFrom\[2\]: "203\.0\.113\.007\/32" is not valid; write a CIDR such as/),
      expect.stringMatching(/^allowFrom\[3\]: "knocknoc\.example\.com" is not valid; write a CIDR such as/),
      'allowFrom[5]: "2001:db8::1" is not a CIDR; write "2001:db8::1/128"',
    ]);
  });

  it.each([[['0.0.0.0/0']], [['0.0.0.0/1', '128.0.0.0/1']], [['203.0.113.7/32', '::/0']]])(
    'refuses %j, which lets everybody in',
    (entries) => expect(of(...entries)).toEqual([expect.stringMatching(/^allowFrom: lets everybody in; write the/)]),
  );

  it('refuses a network that no request from the internet comes from, and takes one that is there in part', () => {
    for (const entry of ['10.0.0.0/8', '127.0.0.1/32', '192.168.1.0/24', '169.254.0.0/16', 'fd00::/8', 'fe80::1/128']) {
      expect(of(entry)).toEqual([expect.stringMatching(/^allowFrom\[0\]: .* is no network of the internet/)]);
    }
    expect(of('172.0.0.0/8', '8.8.8.8/32', '2600::/32')).toEqual([]);
  });

  it('is a list', () => {
    expect(problems({ ...MINIMAL, allowFrom: '203.0.113.7/32' })).toEqual([
      expect.stringMatching(/^allowFrom: must be a list of CIDRs, such as/),
    ]);
  });
});
