import { describe, expect, it } from 'vitest';
import { blockOf, covers } from '../../../lib/addresses/address-block.ts';
import { nextWrite } from '../../../lib/zones/next-write.ts';
import { type Plan, planFor } from '../../../lib/zones/plan.ts';
import { ACL, configOf } from '../../helpers/events.ts';

// Every second address: no two are neighbours.
const ip = (n: number) => `203.0.113.${2 * n}`;
const cidr = (n: number) => `${ip(n)}/32`;
const OFFICE = '198.51.100.0/24';
const came = (n: number) => ({
  ...{ acl: ACL, ip: ip(n), expiresAt: 9, order: `${n}`, since: `${n}`.padStart(3, '0') },
});
interface Case {
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly people?: readonly number[];
  readonly alwaysAllow?: readonly string[];
  readonly limit?: number;
  readonly isWhole?: boolean;
}
function plan({ zones, people = [], alwaysAllow = [], limit = 2, isWhole = true }: Case): Plan {
  const config = configOf({ acls: { [ACL]: { zoneIds: ['a', 'b'], alwaysAllow } }, gatewayLimit: limit });
  const settings = config.acls[ACL];
  if (!settings) throw new Error('no such ACL');
  const usable = Object.entries(zones).map(([zoneId, has]) => ({ zoneId, has }));
  return planFor(usable, isWhole, people.map(came), settings, config);
}
const listsOf = (one: Case) => Object.fromEntries(plan(one).lists);
const SENTINEL = '192.0.2.0/32';

describe('the plan for an ACL', () => {
  it('has a list for each zone that can be used, and for no other', () => {
    expect(listsOf({ zones: { a: [], b: [] }, people: [1] })).toEqual({ a: [cidr(1)], b: [SENTINEL] });
    expect(listsOf({ zones: { b: [] }, people: [1] })).toEqual({ b: [cidr(1)] });
    expect(listsOf({ zones: {}, people: [1] })).toEqual({});
  });

  it('says who fits nowhere, first come first', () => {
    expect(plan({ zones: { b: [] }, people: [1, 2, 3, 4] }).waiting).toEqual([ip(3), ip(4)]);
    expect(plan({ zones: {}, people: [1] }).waiting).toEqual([ip(1)]);
  });
});

describe('what is always allowed', () => {
  const alwaysAllow = [OFFICE];

  it.each<[string, Case, Readonly<Record<string, readonly string[]>>]>([
    ['goes into the first zone', { zones: { a: [], b: [] } }, { a: [OFFICE], b: [SENTINEL] }],
    ['stays in the zone that has it', { zones: { a: [], b: [OFFICE] } }, { a: [SENTINEL], b: [OFFICE] }],
    ['goes into another where its zone can’t be used', { zones: { b: [] } }, { b: [OFFICE] }],
    [
      'is in one zone only, though two have it',
      { zones: { a: [OFFICE], b: [OFFICE] } },
      { a: [OFFICE], b: [SENTINEL] },
    ],
    [
      'comes before people: the latest moves on',
      { zones: { a: [cidr(1), cidr(2)], b: [] }, people: [1, 2] },
      { a: [OFFICE, cidr(1)], b: [cidr(2)] },
    ],
    [
      'puts somebody out where there is no other room',
      { zones: { a: [cidr(1)] }, people: [1], limit: 1 },
      { a: [OFFICE] },
    ],
  ])('%s', (_, one, lists) => {
    expect(listsOf({ alwaysAllow, ...one })).toEqual(lists);
  });

  it('counts as somebody who came before everybody', () => {
    const { rules } = plan({ zones: { a: [] }, alwaysAllow, people: [1] });
    expect(rules.holdsSomebody(blockOf(OFFICE))).toBe(true);
    expect(rules.since(blockOf(OFFICE)) < rules.since(blockOf(cidr(1)))).toBe(true);
  });

  it.each<[string, readonly string[], number]>([
    ['has room', [cidr(11)], 2],
    ['is full, and somebody of it moves into the zone of the old network', [cidr(11), cidr(12)], 3],
  ])(
    'keeps in at every moment whom two networks of different zones let in that overlap: the zone of the new one %s',
    (_, others, writes) => {
      const before = '203.0.113.0/30';
      const network = '203.0.113.3-203.0.113.6';
      // The first zone has no room left for what is always allowed.
      let has: readonly (readonly string[])[] = [[before], others];
      const desired = [[cidr(12)], [network, cidr(11)]];
      const { rules } = plan({ zones: { a: [], b: [] }, people: [11, 12], alwaysAllow: [network] });
      const both = blockOf('203.0.113.3');
      const made: number[] = [];
      for (;;) {
        const write = nextWrite({ has, desired }, { ...rules, blocked: new Set(), doubted: new Set() });
        if (!write) break;
        made.push(write.zone);
        has = has.with(write.zone, write.list);
        expect(has.flat().some((text) => covers(blockOf(text), both))).toBe(true);
      }
      expect([has, made.length]).toEqual([desired, writes]);
    },
  );

  it('stays in where a grant on it ends, until the zone with the network is written', () => {
    const network = '203.0.113.0/30';
    const has = { a: [cidr(11), cidr(12), cidr(13)], b: [cidr(1)] };
    const config = configOf({ acls: { [ACL]: { zoneIds: ['a', 'b'], alwaysAllow: [network] } }, gatewayLimit: 3 });
    const settings = config.acls[ACL];
    if (!settings) throw new Error('no such ACL');
    const zones = Object.entries(has).map(([zoneId, list]) => ({ zoneId, has: list }));
    const { lists, rules } = planFor(zones, true, [11, 12, 13].map(came), settings, config);
    const write = nextWrite(
      { has: [has.a, has.b], desired: [lists.get('a') ?? [], lists.get('b') ?? []] },
      { ...rules, blocked: new Set(), doubted: new Set() },
    );
    // The first zone has no room for the network before somebody has left it for the second.
    expect(write).toEqual({ zone: 1, list: [cidr(1), cidr(13)].sort(), parted: [] });
  });

  it('is never out where full zones change places: of those who move, one is whom no network lets in', () => {
    const network = '203.0.113.0/29';
    const has = { a: [cidr(11), cidr(12)], b: [cidr(1), cidr(2)] };
    const people = [1, 2, 11, 12].map((n, index) => ({ ...came(n), since: `${(index + 2) % 4}` }));
    const config = configOf({ acls: { [ACL]: { zoneIds: ['a', 'b'], alwaysAllow: [network] } }, gatewayLimit: 2 });
    const settings = config.acls[ACL];
    if (!settings) throw new Error('no such ACL');
    const zones = Object.entries(has).map(([zoneId, list]) => ({ zoneId, has: list }));
    const { lists, rules } = planFor(zones, true, people, settings, config);
    const write = nextWrite(
      { has: [has.a, has.b], desired: [lists.get('a') ?? [], lists.get('b') ?? []] },
      { ...rules, blocked: new Set(), doubted: new Set() },
    );
    expect(write).toEqual({ zone: 0, list: [network, cidr(11)], parted: [cidr(12)] });
  });
});

describe('the rules of the writes', () => {
  const { rules, wanted } = plan({ zones: { a: [] }, people: [1, 2], alwaysAllow: [OFFICE], limit: 9 });

  it.each([
    ['a person', cidr(1), true],
    ['a block around a person', '203.0.113.0/29', true],
    ['nobody', cidr(7), false],
    ['a part of what is always allowed: all of it is let in', '198.51.100.7/32', true],
  ])('tell whether somebody is in a block: %s', (_, text, holds) => {
    expect(rules.holdsSomebody(blockOf(text))).toBe(holds);
  });

  it('know since when: of several, the first; of nobody, nothing', () => {
    expect(rules.since(blockOf(cidr(2)))).toBe('002');
    expect(rules.since(blockOf('203.0.113.0/29'))).toBe('001');
    expect(rules.since(blockOf(cidr(7)))).toBe('');
    const later = plan({ zones: { a: [] }, people: [2, 1], limit: 9 }).rules;
    expect(later.since(blockOf('203.0.113.0/29'))).toBe('001');
  });

  it.each([
    ['earlier first', ['004', '009']],
    ['later first', ['009', '004']],
  ])('know since when of somebody who holds two grants: %s', (_, moments) => {
    const config = configOf();
    const settings = config.acls[ACL] ?? expect.fail('the ACL is configured');
    const grants = moments.map((since) => ({ ...came(3), since }));
    const { since } = planFor([{ zoneId: 'nzo1', has: [] }], true, grants, settings, config).rules;
    expect([cidr(3), '203.0.113.0/28'].map((text) => since(blockOf(text)))).toEqual(['004', '004']);
  });

  it('know nobody who came before what is always allowed, nor before whom it lets in', () => {
    const { since } = plan({ zones: { a: [] }, people: [1], alwaysAllow: [OFFICE, '203.0.113.0/29'] }).rules;
    expect([cidr(1), OFFICE, '198.51.0.0/16'].map((text) => since(blockOf(text)))).toEqual(['', '', '']);
  });

  it('know all that the lists would hold', () => {
    const isWanted = (text: string) => wanted().some((block) => covers(block, blockOf(text)));
    expect([cidr(1), cidr(2), OFFICE, SENTINEL].map(isWanted)).toEqual([true, true, true, true]);
    expect([cidr(7), '203.0.113.0/29', '198.51.0.0/16'].map(isWanted)).toEqual([false, false, false]);
  });
});

describe('whoever does not fit', () => {
  const full = { zones: { a: [cidr(1), cidr(2), cidr(3)] }, people: [1, 2, 3] };
  const mayFit = (one: Case, text: string) => plan(one).rules.fittingElsewhere(blockOf(text));

  it('may fit into a zone of which nothing is known yet, and stays where they are until then', () => {
    expect(mayFit({ ...full, isWhole: false }, cidr(3))).toEqual([cidr(3)]);
    expect(mayFit({ ...full, isWhole: false }, '203.0.113.6/31')).toEqual([cidr(3)]);
    expect(mayFit({ ...full, isWhole: false }, cidr(2))).toEqual([]);
  });

  it('may fit there each by themselves, where several wait', () => {
    const several = { zones: { a: [] }, people: [1, 2, 3, 5], isWhole: false };
    expect(mayFit(several, cidr(3))).toEqual([cidr(3)]);
    expect(mayFit(several, '203.0.113.6/31')).toEqual([cidr(3)]);
    expect(mayFit(several, '203.0.113.0/28')).toEqual([cidr(3), cidr(5)]);
  });

  it('may fit there as the network that stands for an IPv6 address', () => {
    const config = configOf({ allowIpv6: true, ipv6PrefixLength: 64, gatewayLimit: 1 });
    const settings = config.acls[ACL];
    if (!settings) throw new Error('no such ACL');
    const people = ['2001:db8::1', '2001:db8:1::1'].map((ip, n) => ({ ...came(n), ip }));
    const { rules } = planFor([{ zoneId: 'a', has: [] }], false, people, settings, config);
    expect(rules.fittingElsewhere(blockOf('2001:db8:1::/64'))).toEqual(['2001:db8:1::/64']);
  });

  it('does not, where every zone is known', () => {
    expect(mayFit(full, cidr(3))).toEqual([]);
  });

  it('is nobody, where all fit', () => {
    expect(mayFit({ ...full, limit: 3, isWhole: false }, cidr(3))).toEqual([]);
  });
});
