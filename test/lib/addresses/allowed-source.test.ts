import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../lib/addresses/address-block.ts';
import { isAllowedSource } from '../../../lib/addresses/allowed-source.ts';

const NETWORKS = ['203.0.113.64/26', '198.51.100.7/32', '2001:db8:7::/48'].map(blockOf);
const allowed = (source: unknown) => isAllowedSource(source, NETWORKS);

describe('a source address', () => {
  it.each(['203.0.113.64', '203.0.113.127', '198.51.100.7', '2001:db8:7::', '2001:db8:7:ffff:ffff:ffff:ffff:ffff'])(
    '%s is let in: the first and the last of a network are in it',
    (source) => expect(allowed(source)).toBe(true),
  );

  it.each(['203.0.113.63', '203.0.113.128', '198.51.100.6', '198.51.100.8', '2001:db8:6:ffff::', '2001:db8:8::'])(
    '%s is refused: the next one is not',
    (source) => expect(allowed(source)).toBe(false),
  );

  it.each(['::ffff:203.0.113.64', '::FFFF:cb00:7140', '0:0:0:0:0:ffff:198.51.100.7', '2001:DB8:7:0::1'])(
    '%s is let in, however it is written',
    (source) => expect(allowed(source)).toBe(true),
  );

  it('is not taken for the IPv4 address that its last bytes spell', () => {
    for (const source of ['::203.0.113.64', '64:ff9b::203.0.113.64', '::ffff:0:203.0.113.64']) {
      expect(allowed(source), source).toBe(false);
    }
  });

  it('that is none at all is refused, and never an error', () => {
    const garbage = [
      ...['', ' ', 'unknown', '203.0.113.064', '203.0.113.64 ', '203.0.113.64:443', '203.0.113.64/26', '3405803840'],
      ...[
        '203.0.113.64, 1.2.3.4',
        '203.0.113',
        '[2001:db8:7::1]',
        '2001:db8:7::1%eth0',
        '2001:db8:7::1::',
        '203.0.113.64\n',
      ],
      ...[undefined, null, 7, {}, ['203.0.113.64']],
    ];
    for (const source of garbage) expect(allowed(source), String(source)).toBe(false);
  });

  it('is refused where no network is named', () => {
    expect(isAllowedSource('203.0.113.64', [])).toBe(false);
  });
});
