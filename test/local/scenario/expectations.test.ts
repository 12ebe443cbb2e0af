import { describe, expect, it } from 'vitest';
import { OktaSimulator } from '../../../local/okta-simulator/simulator.ts';
import type { Expectation } from '../../../local/scenario/expect-schema.ts';
import { type Answer, type Seen, unmet } from '../../../local/scenario/expectations.ts';
import { readScenario } from '../../../local/scenario/read-scenario.ts';
import { ACL, ALICE, BOB, file, ZONE } from './a-scenario.ts';

const EMPTY = 'nzo2';
const okta = new OktaSimulator({
  now: () => 0,
  zones: {
    [ZONE]: {
      gateways: ['203.0.113.4/30', '198.51.100.1', '2001:db8::/64', '192.0.2.5-192.0.2.9'],
      proxies: ['192.0.2.200/32'],
    },
    [EMPTY]: { status: 'INACTIVE', usage: 'BLOCKLIST' },
  },
  allowIpv6: true,
});
const error = (at: number, code: string) => ({ at, line: { level: 'ERROR', message: 'm', code } });
const seen: Seen = {
  now: 60_000,
  zone: (id) => okta.zones().find((zone) => zone.id === id),
  zones: () => okta.zones(),
  lines: [
    error(1_000, 'ZONE003'),
    error(5_000, 'ZONE003'),
    error(6_000, 'OKTA005'),
    {
      at: 6_000,
      line: { level: 'INFO', message: 'grant expired', ip: ALICE, code: 'ZONE001', more: { a: [1, { b: 2, c: 3 }] } },
    },
    { at: 9_000, line: { level: 'INFO', message: 'grant expired', ip: BOB } },
  ],
  calls: () => [
    { at: 1_000, method: 'GET', zoneId: ZONE },
    { at: 2_000, method: 'PUT', zoneId: ZONE },
    { at: 3_000, method: 'GET', zoneId: EMPTY },
  ],
  answers: new Map<string, Answer | 'none yet'>([
    ['a', { status: 202, body: { status: 'accepted', id: 'x' } }],
    ['slow', 'none yet'],
  ]),
  grants: (acl) =>
    acl === ACL
      ? [
          { acl, item: `GRANT#${ALICE}#`, ip: ALICE },
          { acl, item: `GRANT#${ALICE}#g`, ip: ALICE, grantId: 'g' },
        ]
      : [],
};

/** As it would be read from a file, so that what the file's reader makes of it counts too. */
function expectation(json: Record<string, unknown>): Expectation {
  const [step] = readScenario(file([{ at: '0s', expect: json }]), 'x').steps;
  if (step?.kind !== 'expect') throw new Error('no expectation');
  return step.expect;
}
const unmetBy = (json: Record<string, unknown>) => unmet(expectation(json), seen);

describe('holds:', () => {
  it.each([
    [{ zone: ZONE }],
    [{ zone: ZONE, gateways: ['192.0.2.5-192.0.2.9', '2001:DB8:0::/64', '198.51.100.1/32', '203.0.113.4/30'] }],
    [{ zone: EMPTY, gateways: [], proxies: [], status: 'INACTIVE', usage: 'BLOCKLIST' }],
    [{ zone: ZONE, has: ['203.0.113.7', '198.51.100.1', '192.0.2.7', '2001:db8::7'], hasNot: '203.0.113.8' }],
    [{ zone: ZONE, hasNot: ['192.0.2.4', '192.0.2.10', '2001:db8:0:1::', '::'] }],
    [{ zone: ZONE, proxies: ['192.0.2.200'], status: 'ACTIVE' }],
    [{ nowhere: ['203.0.113.8', '192.0.2.200'], somewhere: [ALICE, '192.0.2.7'] }],
    [{ codes: { ZONE003: 2, OKTA005: { atLeast: 1, atMost: 1 }, ZONE001: 0 } }],
    [{ codes: { ZONE003: { atMost: 1, since: '5s' } } }],
    [{ codes: { ZONE003: 1, OKTA005: 1, since: '2s' } }],
    [{ codes: { ZONE003: 1 }, since: '2s' }],
    [{ noOtherCodes: ['ZONE003', 'OKTA005'] }],
    [{ noOtherCodes: ['OKTA005'], codes: { ZONE003: 2 } }],
    [{ noOtherCodes: [], since: '7s' }],
    [{ calls: { atLeast: 3, atMost: 3 } }],
    [{ calls: { method: 'GET', atLeast: 2, atMost: 2 } }],
    [{ calls: { method: 'GET', zone: ZONE, atMost: 1 } }],
    [{ calls: { since: '2s', atLeast: 2, atMost: 2 } }],
    [{ calls: { atMost: 1 }, since: '3s' }],
    [{ answer: 'a' }],
    [{ answer: 'a', status: 202, body: { status: 'accepted' } }],
    [{ log: { message: 'grant expired' } }],
    [{ log: { message: 'grant expired' }, count: 2 }],
    [{ log: { message: 'grant expired' }, count: { atMost: 1, since: '7s' } }],
    [{ log: { more: { a: [1, { b: 2 }] } }, count: 1 }],
    [{ log: { message: 'nobody said this' }, count: 0 }],
    [{ table: { acl: ACL, items: 2 } }],
    [{ table: { acl: ACL, items: [ALICE, ALICE] } }],
    [{ table: { acl: ACL, items: [`${ALICE}#g`, `${ALICE}#`] } }],
    [{ table: { acl: ACL, items: [{ grantId: 'g' }, { ip: ALICE }] } }],
    [{ table: { acl: 'other', items: [] } }],
  ])('%j', (json) => {
    expect(unmetBy(json)).toEqual([]);
  });
});

describe('does not hold:', () => {
  it.each([
    [{ zone: 'nzo9', has: ALICE }, 'zone', 'Okta has no such zone'],
    [{ zone: ZONE, gateways: ['203.0.113.4/30'] }, 'gateways', '203.0.113.4/30, 198.51.100.1-198.51.100.1, '],
    [{ zone: EMPTY, gateways: [ALICE] }, 'gateways', 'nothing'],
    [{ zone: ZONE, proxies: [] }, 'proxies', '192.0.2.200/32'],
    [{ zone: ZONE, has: '203.0.113.8' }, 'has', '203.0.113.4/30'],
    [{ zone: ZONE, hasNot: '192.0.2.9' }, 'hasNot', '203.0.113.4/30'],
    [{ zone: EMPTY, status: 'ACTIVE' }, 'status', 'INACTIVE'],
    [{ zone: EMPTY, usage: 'POLICY' }, 'usage', 'BLOCKLIST'],
    [{ nowhere: ALICE }, 'nowhere', `in ${ZONE}`],
    [{ somewhere: [ALICE, BOB] }, 'somewhere', 'in none'],
    [{ codes: { ZONE003: 1 } }, 'codes.ZONE003', '2'],
    [{ codes: { ZONE003: { atLeast: 2, since: '1001ms' } } }, 'codes.ZONE003', '1'],
    [{ codes: { ZONE001: { atLeast: 1 } } }, 'codes.ZONE001', '0'],
    [{ noOtherCodes: ['OKTA005'] }, 'noOtherCodes', 'ZONE003 2 times'],
    [{ calls: { atMost: 2 } }, 'calls', '3'],
    [{ calls: { zone: EMPTY, atLeast: 2 } }, 'calls', '1'],
    [{ answer: 'b' }, 'answer', 'nothing of that name was asked'],
    [{ answer: 'slow', status: 202 }, 'answer', 'none yet'],
    [{ answer: 'a', status: 200 }, 'status', '202 {"status":"accepted","id":"x"}'],
    [{ answer: 'a', body: { status: 'applied' } }, 'body', '202 {"status":"accepted","id":"x"}'],
    [{ log: { message: 'nobody said this' } }, 'log', '0'],
    [{ log: { message: 'grant expired' }, count: 1 }, 'log', '2'],
    [{ log: { more: { a: [1] } } }, 'log', '0'],
    [{ log: { missing: null } }, 'log', '0'],
    [{ table: { acl: ACL, items: 1 } }, 'table.items', `${ALICE}, ${ALICE}#g`],
    [{ table: { acl: ACL, items: [ALICE] } }, 'table.items', `${ALICE}, ${ALICE}#g`],
    [{ table: { acl: ACL, items: [ALICE, BOB] } }, 'table.items', `${ALICE}, ${ALICE}#g`],
    [{ table: { acl: ACL, items: [`${ALICE}#g`, `${ALICE}#g`] } }, 'table.items', `${ALICE}, ${ALICE}#g`],
    [{ table: { acl: 'other', items: [ALICE] } }, 'table.items', 'no live grant'],
  ])('%j', (json, key, found) => {
    const [first, ...others] = unmetBy(json);
    expect(others).toEqual([]);
    expect(first?.key).toBe(key);
    expect(first?.found.startsWith(found), first?.found).toBe(true);
  });

  it('says what of a long list is missing, and what is too much', () => {
    const hosts = Array.from({ length: 9 }, (_, n) => `198.51.100.${n}/32`);
    const [first] = unmetBy({ zone: ZONE, gateways: hosts });
    expect(first).toEqual({
      key: 'gateways',
      expected: `${hosts.slice(0, 6).join(', ')} and 3 more`,
      found: `4 of 9 entries, without ${hosts
        .filter((_, n) => n !== 1)
        .slice(0, 6)
        .join(', ')} and 2 more, with 203.0.113.4/30, 2001:db8::/64, 192.0.2.5-192.0.2.9 beside`,
    });
  });

  it('tells of each thing that is not as expected', () => {
    expect(unmetBy({ zone: EMPTY, has: [ALICE, BOB], status: 'ACTIVE' }).map(({ key }) => key)).toEqual([
      'has',
      'has',
      'status',
    ]);
  });
});
