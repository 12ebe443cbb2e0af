import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalGateways, toGateway } from '../../../lib/addresses/address-block.ts';
import { desiredGateways } from '../../../lib/zones/desired-gateways.ts';
import { addresses, apart, demand, denseIps, fewest, SENTINEL, someIps } from '../../helpers/gateway-demand.ts';

const aLimit = fc.integer({ min: 1, max: 40 });
const someZones = fc.integer({ min: 1, max: 3 });
/** Of 16 neighbours: with few entries to have, a late comer often closes a gap. */
const closeIps = fc.uniqueArray(
  fc.integer({ min: 0, max: 15 }).map((n) => `203.0.113.${n}`),
  { minLength: 6 },
);
describe('the lists of an ACL', () => {
  it('hold the sentinel where nothing else is, and only there', () => {
    expect(desiredGateways(demand([])).zones).toEqual([[SENTINEL]]);
    expect(desiredGateways(demand(['203.0.113.1'])).zones).toEqual([['203.0.113.1/32']]);
    expect(desiredGateways(demand([], { alwaysAllow: ['198.51.100.0/24'] })).zones).toEqual([['198.51.100.0/24']]);
    expect(desiredGateways(demand(['203.0.113.1'], { zones: [[], []] })).zones).toEqual([
      ...[['203.0.113.1/32'], [SENTINEL]],
    ]);
  });

  it('hold an IP once, however many grants hold it', () => {
    expect(desiredGateways(demand(['203.0.113.1', '203.0.113.1'])).zones).toEqual([['203.0.113.1/32']]);
    const alwaysAllow = ['203.0.113.1', '198.51.100.0/24', '198.51.100.0-198.51.100.255'];
    expect(desiredGateways(demand(['203.0.113.1'], { alwaysAllow })).zones).toEqual([
      ...[['198.51.100.0/24', '203.0.113.1/32']],
    ]);
  });

  it('hold a person as themselves also where a network that is always allowed covers them', () => {
    const result = desiredGateways(demand(['198.51.100.9'], { alwaysAllow: ['198.51.100.0/24'] }));
    expect(result.zones).toEqual([['198.51.100.0/24', '198.51.100.9/32']]);
  });

  it('hold everybody as themselves at 150, and merge neighbours only from 151 on', () => {
    const neighbours = Array.from({ length: 151 }, (_, i) => `203.0.113.${i}`);
    expect(desiredGateways(demand(neighbours.slice(1))).zones[0]).toHaveLength(150);
    const merged = desiredGateways(demand(neighbours)).zones[0] ?? [];
    expect(merged.length).toBeLessThanOrEqual(150);
    expect(addresses(merged).sort()).toEqual(addresses(neighbours).sort());
  });

  it('merge no more people than needed', () => {
    const [pair, otherPair] = [
      ['203.0.113.4', '203.0.113.5'],
      ['203.0.113.8', '203.0.113.9'],
    ];
    const four = ['198.51.100.0', '198.51.100.1', '198.51.100.2', '198.51.100.3'];
    const merged = (ips: readonly string[]) => {
      const list = desiredGateways(demand(ips)).zones[0] ?? [];
      expect(list).toHaveLength(150);
      return list.filter((entry) => !entry.endsWith('/32'));
    };
    expect(merged([...apart(147), ...otherPair, ...pair])).toEqual(['203.0.113.4/31']);
    expect(merged([...apart(148), ...otherPair, ...pair])).toEqual(['203.0.113.4/31', '203.0.113.8/31']);
    expect(merged([...apart(147), ...pair, ...four])).toEqual(['198.51.100.0/30']);
    expect(merged([...apart(148), ...pair, ...four])).toEqual(['198.51.100.0/30', '203.0.113.4/31']);
  });

  it('merge exactly, and just as much as it takes, whatever room there is', () => {
    fc.assert(
      fc.property(denseIps, fc.nat(12), (ips, spare) => {
        const limit = fewest(ips) + spare;
        const { zones, waiting } = desiredGateways(demand(ips, { gatewayLimit: limit }));
        const [list = []] = zones;
        expect(waiting).toEqual([]);
        expect(addresses(list).sort()).toEqual(addresses(ips).sort());
        expect(list.length).toBeLessThanOrEqual(limit);
        const merged = list.map((entry) => addresses([entry]).length).filter((size) => size > 1);
        if (merged.length > 0) expect(list.length - 1 + Math.min(...merged)).toBeGreaterThan(limit);
      }),
      { numRuns: 300 },
    );
  });

  it('merge a pair that is a block of its own rather than a part of a larger block', () => {
    const ips = [0, 1, 2, 3, 8, 9].map((byte) => `203.0.113.${byte}`);
    const [list] = desiredGateways(demand(ips, { gatewayLimit: 5 })).zones;
    expect(list).toEqual([...[0, 1, 2, 3].map((byte) => `203.0.113.${byte}/32`), '203.0.113.8/31']);
    const part = desiredGateways(demand(ips, { gatewayLimit: 5, zones: [['203.0.113.2/31']] })).zones[0];
    expect(part).toContain('203.0.113.2/31');
  });

  it('keep what was merged before, of several ways to merge as few', () => {
    const pairs = [4, 5, 8, 9, 16, 17].map((byte) => `203.0.113.${byte}`);
    const list = (ips: readonly string[], before: readonly string[]) =>
      desiredGateways(demand(ips, { gatewayLimit: 5, zones: [before] })).zones[0] ?? [];
    const merged = (entries: readonly string[]) => entries.filter((text) => !text.endsWith('/32'));
    expect(merged(list(pairs, []))).toEqual(['203.0.113.4/31']);
    expect(merged(list(pairs, ['203.0.113.8/31']))).toEqual(['203.0.113.8/31']);
    expect(merged(list([...pairs, ...apart(1)], ['203.0.113.16/31']))).toEqual(['203.0.113.16/31', '203.0.113.4/31']);
    expect(merged(list(pairs.slice(0, 5), ['203.0.113.8/31']))).toEqual([]);
  });

  it('change in few entries when one person comes or goes', () => {
    const people = Array.from({ length: 20 }, (_, i) => [4 * i, 4 * i + 1].map((byte) => `203.0.113.${byte}`)).flat();
    fc.assert(
      fc.property(fc.shuffledSubarray(people, { minLength: 30 }), (ips) => {
        let before: readonly string[] = [];
        const counts = [...ips.keys(), ...[...ips.keys()].reverse()];
        for (const count of counts) {
          const [list = []] = desiredGateways(demand(ips.slice(0, count), { gatewayLimit: 25, zones: [before] })).zones;
          const changed = [...list.filter((e) => !before.includes(e)), ...before.filter((e) => !list.includes(e))];
          // The newcomer, and one pair that becomes one entry; or the other way round.
          if (count > 0) expect(changed.filter((text) => text !== SENTINEL).length).toBeLessThanOrEqual(4);
          before = list;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('leave nobody waiting where all fit once they are merged, though no one of them fits alone', () => {
    const ips = [0, 2, 3, 1].map((byte) => `203.0.113.${byte}`);
    expect(desiredGateways(demand(ips, { gatewayLimit: 1 }))).toEqual({ zones: [['203.0.113.0/30']], waiting: [] });
  });

  it('count what is always allowed against the room of the first zone only', () => {
    const alwaysAllow = ['198.51.100.1', '198.51.100.3'];
    const result = desiredGateways(demand(apart(6), { alwaysAllow, gatewayLimit: 4, zones: [[], []] }));
    expect(result.waiting).toEqual([]);
    expect(result.zones.map((list) => list.length)).toEqual([4, 4]);
    expect(result.zones[0]).toEqual(expect.arrayContaining(['198.51.100.1/32', '198.51.100.3/32']));
  });

  it('leave the 151st outside where nothing can be merged, and let it in as room appears', () => {
    const people = apart(151);
    expect(desiredGateways(demand(people)).waiting).toEqual([people[150]]);
    expect(desiredGateways(demand(people.slice(1))).waiting).toEqual([]);
  });

  it('let nobody else in, and hold no more than the limit', () => {
    fc.assert(
      fc.property(someIps, aLimit, someZones, (ips, limit, zones) => {
        const result = desiredGateways(demand(ips, { gatewayLimit: limit, zones: Array(zones).fill([]) }));
        const inside = result.zones.flat().filter((entry) => entry !== SENTINEL);
        const expected = addresses(ips.filter((ip) => !result.waiting.includes(ip)));
        expect(addresses(inside).sort()).toEqual(expected.sort());
        for (const list of result.zones) expect(list.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('let nobody wait who would fit', () => {
    fc.assert(
      fc.property(closeIps, fc.integer({ min: 1, max: 4 }), someZones, (ips, limit, zones) => {
        const result = desiredGateways(demand(ips, { gatewayLimit: limit, zones: Array(zones).fill([]) }));
        const inside = ips.filter((ip) => !result.waiting.includes(ip));
        for (const ip of result.waiting) expect(fewest([...inside, ip])).toBeGreaterThan(limit * zones);
      }),
      { numRuns: 300 },
    );
  });

  it('let in who waited when a later comer makes room by closing a gap', () => {
    // .8 comes while all six entries are taken; .0 then makes one block of .0 to .3, and there are five.
    const bytes = [3, 4, 12, 2, 6, 10, 1, 8, 0];
    const result = desiredGateways(
      demand(
        bytes.map((byte) => `203.0.113.${byte}`),
        { gatewayLimit: 2, zones: [[], [], []] },
      ),
    );
    expect(result.waiting).toEqual([]);
  });

  it('let in who waited before anybody who comes later, when a merge makes room', () => {
    const ips = [0, 2, 12, 1, 3, 20].map((byte) => `203.0.113.${byte}`);
    const result = desiredGateways(demand(ips, { gatewayLimit: 2 }));
    expect(result).toEqual({ zones: [['203.0.113.0/30', '203.0.113.12/32']], waiting: ['203.0.113.20'] });
  });

  it('are already what Okta’s answer is compared as: canonical, sorted, nothing twice', () => {
    const always = fc.array(
      fc.constantFrom('203.0.113.0/30', '203.0.113.4/31', '203.0.113.9', '203.0.113.0-203.0.113.3', '203.0.113.2/31'),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(closeIps, always, fc.integer({ min: 4, max: 12 }), someZones, (ips, alwaysAllow, gatewayLimit, n) => {
        const result = desiredGateways(demand(ips, { alwaysAllow, gatewayLimit, zones: Array(n).fill([]) }));
        for (const list of result.zones) expect(canonicalGateways(list.map(toGateway))).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });

  it('hold a network once when people merge into the very network that is always allowed', () => {
    const ips = ['203.0.113.0', '203.0.113.1', '203.0.113.8'];
    const result = desiredGateways(demand(ips, { alwaysAllow: ['203.0.113.0/31'], gatewayLimit: 3 }));
    expect(result.zones[0]).toEqual([...new Set(result.zones[0])]);
  });

  it('are the same for the same grants in any order', () => {
    const shuffled = someIps.chain((ips) =>
      fc.tuple(fc.constant(ips), fc.shuffledSubarray(ips, { minLength: ips.length })),
    );
    fc.assert(
      fc.property(shuffled, aLimit, ([ips, order], gatewayLimit) => {
        // Two at a time have the same moment, so that ties are among them.
        const since = (ip: string) => String(Math.floor(ips.indexOf(ip) / 2)).padStart(6, '0');
        const inOrder = (list: readonly string[]) => ({
          ...demand([], { gatewayLimit, zones: [[], []] }),
          grants: list.map((ip) => ({ ip, since: since(ip) })),
        });
        expect(desiredGateways(inOrder(order))).toEqual(desiredGateways(inOrder(ips)));
      }),
    );
  });

  it('hold IPv6 hosts beside IPv4, merged only with their own', () => {
    const ips = ['2001:db8::', '2001:db8::1', '203.0.113.0', '203.0.113.1'];
    expect(desiredGateways(demand(ips)).zones[0]).toHaveLength(4);
    expect(desiredGateways(demand(ips, { gatewayLimit: 2 })).zones).toEqual([['2001:db8::/127', '203.0.113.0/31']]);
  });

  it('hold the network of an IPv6 address where it is widened, once for all who share it', () => {
    const ips = ['2001:db8:0:1::7', '2001:db8:0:1:ffff::9', '2001:db8:0:2::1', '203.0.113.7'];
    const widened = { ipv6PrefixLength: 64, gatewayLimit: 2 };
    expect(desiredGateways(demand(ips, { ipv6PrefixLength: 64 })).zones).toEqual([
      ['2001:db8:0:1::/64', '2001:db8:0:2::/64', '203.0.113.7/32'],
    ]);
    const full = desiredGateways(demand(['203.0.113.7', '203.0.113.9', ...ips.slice(0, 2)], widened));
    expect(full.waiting).toEqual(ips.slice(0, 2));
    const merged = desiredGateways(demand(['2001:db8:0:3::1', ...ips.slice(2)], widened));
    expect(merged).toEqual({ zones: [['2001:db8:0:2::/63', '203.0.113.7/32']], waiting: [] });
  });
});
