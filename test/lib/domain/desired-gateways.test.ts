import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../lib/domain/address-block.ts';
import { desiredGateways, type GatewayDemand } from '../../../lib/domain/desired-gateways.ts';

const SENTINEL = '192.0.2.0/32';

function demand(ips: readonly string[], more: Partial<GatewayDemand> = {}): GatewayDemand {
  const grants = ips.map((ip, i) => ({ ip, since: String(i).padStart(6, '0') }));
  return { grants, alwaysAllow: [], sentinel: SENTINEL, zones: [[]], gatewayLimit: 150, ...more };
}

/** Every second address, so that no two are neighbours. */
const apart = (count: number) => Array.from({ length: count }, (_, i) => `198.18.${(2 * i) >> 8}.${(2 * i) & 255}`);

function addresses(list: readonly string[]): string[] {
  return list.flatMap((text) => {
    const { first, last } = blockOf(text);
    return Array.from({ length: Number(last - first) + 1 }, (_, i) => String(first + BigInt(i)));
  });
}

const anIp = fc.integer({ min: 0, max: 63 }).map((n) => `203.0.113.${n}`);
const someIps = fc.uniqueArray(anIp, { maxLength: 60 });

describe('the lists of an ACL', () => {
  it('hold the sentinel where nothing else is, and only there', () => {
    expect(desiredGateways(demand([])).zones).toEqual([[SENTINEL]]);
    expect(desiredGateways(demand(['203.0.113.1'])).zones).toEqual([['203.0.113.1/32']]);
    expect(desiredGateways(demand([], { alwaysAllow: ['198.51.100.0/24'] })).zones).toEqual([['198.51.100.0/24']]);
  });

  it('hold an IP once, however many grants hold it', () => {
    expect(desiredGateways(demand(['203.0.113.1', '203.0.113.1'])).zones).toEqual([['203.0.113.1/32']]);
  });

  it('hold everybody as themselves at 150, and merge neighbours only from 151 on', () => {
    const neighbours = Array.from({ length: 151 }, (_, i) => `203.0.113.${i}`);
    expect(desiredGateways(demand(neighbours.slice(1))).zones[0]).toHaveLength(150);
    const merged = desiredGateways(demand(neighbours)).zones[0] ?? [];
    expect(merged.length).toBeLessThanOrEqual(150);
    expect(addresses(merged).sort()).toEqual(addresses(neighbours).sort());
  });

  it('leave the 151st outside where nothing can be merged, and let it in as room appears', () => {
    const people = apart(151);
    expect(desiredGateways(demand(people)).waiting).toEqual([people[150]]);
    expect(desiredGateways(demand(people.slice(1))).waiting).toEqual([]);
  });

  it('let nobody else in, and nobody wait who fits', () => {
    fc.assert(
      fc.property(someIps, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 }), (ips, limit, zones) => {
        const result = desiredGateways(demand(ips, { gatewayLimit: limit, zones: Array(zones).fill([]) }));
        const inside = result.zones.flat().filter((entry) => entry !== SENTINEL);
        const expected = addresses(ips.filter((ip) => !result.waiting.includes(ip)));
        expect(addresses(inside).sort()).toEqual(expected.sort());
        for (const list of result.zones) expect(list.length).toBeLessThanOrEqual(limit);
        if (result.waiting.length > 0) expect(inside).toHaveLength(limit * zones);
      }),
    );
  });

  it('are the same for the same grants in any order', () => {
    fc.assert(
      fc.property(someIps, fc.integer({ min: 1, max: 40 }), (ips, gatewayLimit) => {
        const one = demand(ips, { gatewayLimit, zones: [[], []] });
        expect(desiredGateways({ ...one, grants: one.grants.toReversed() })).toEqual(desiredGateways(one));
      }),
    );
  });

  it('keep people in their zone while others come and go', () => {
    const people = apart(6);
    const before = desiredGateways(demand(people, { gatewayLimit: 3, zones: [[], []] }));
    const after = desiredGateways(demand(people.slice(2), { gatewayLimit: 3, zones: before.zones }));
    for (const zone of [0, 1]) {
      const stayed = before.zones[zone]?.filter((entry) => !people.slice(0, 2).includes(entry.slice(0, -3)));
      expect(after.zones[zone]).toEqual(stayed);
    }
  });

  it('let the earlier come in first, by when their grant began', () => {
    const [late, early] = ['203.0.113.1', '203.0.113.9'];
    const grants = [
      { ip: late, since: '2' },
      { ip: early, since: '1' },
    ];
    expect(desiredGateways(demand([], { grants, gatewayLimit: 1 })).waiting).toEqual([late]);
  });
});
