import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredGateways } from '../../../lib/zones/desired-gateways.ts';
import { addresses, apart, demand, SENTINEL, someIps } from '../../helpers/gateway-demand.ts';

const entry = (ip: string) => `${ip}/32`;

/** Grants in the order of their first coming; `since` stays with a person for as long as they stay. */
function inOrderOfComing(people: ReadonlyMap<string, number>) {
  return [...people].map(([ip, since]) => ({ ip, since: String(since).padStart(6, '0') }));
}

describe('more people than one zone holds', () => {
  it('fill the first zone, then the next, in the order of coming', () => {
    const people = apart(5);
    const { zones } = desiredGateways(demand(people, { gatewayLimit: 2, zones: [[], [], []] }));
    expect(zones).toEqual([people.slice(0, 2), people.slice(2, 4), people.slice(4)].map((list) => list.map(entry)));
  });

  it('wait outside past the last zone: the latest, by when their grant began, first come first', () => {
    const [late, early] = ['203.0.113.1', '203.0.113.9'];
    const grants = [
      { ip: late, since: '2' },
      { ip: early, since: '1' },
    ];
    expect(desiredGateways(demand([], { grants, gatewayLimit: 1 })).waiting).toEqual([late]);
    const people = apart(9);
    expect(desiredGateways(demand(people, { gatewayLimit: 3, zones: [[], []] })).waiting).toEqual(people.slice(6));
  });

  it('count an IP from the first of its grants', () => {
    const [shared, other] = apart(2);
    const grants = [
      { ip: shared ?? '', since: '9' },
      { ip: other ?? '', since: '5' },
      { ip: shared ?? '', since: '1' },
    ];
    for (const list of [grants, grants.toReversed()]) {
      expect(desiredGateways(demand([], { grants: list, gatewayLimit: 1 })).waiting).toEqual([other]);
    }
  });

  it('are told apart by address where they came in the same moment', () => {
    const grants = [apart(2)[1], apart(2)[0]].map((ip) => ({ ip: ip ?? '', since: '1' }));
    expect(desiredGateways(demand([], { grants, gatewayLimit: 1 })).waiting).toEqual([apart(2)[1]]);
  });

  it('are first merged, and overflow only where that is not enough', () => {
    const neighbours = [0, 1, 2, 3].map((n) => `203.0.113.${n}`);
    const two = { gatewayLimit: 3, zones: [[], []] };
    expect(desiredGateways(demand(neighbours, two)).zones[1]).toEqual([SENTINEL]);
    const more = desiredGateways(demand([...neighbours, ...apart(3)], two));
    expect(more.zones[0]).toContain('203.0.113.0/30');
    expect(more.zones[1]).toEqual([entry(apart(3)[2] ?? '')]);
  });

  it('stay in their zone, and inside, while others come and go', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('come', 'come', 'go'), fc.nat(39)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (moves) => {
        const ips = apart(40);
        const people = new Map<string, number>();
        let zones: readonly (readonly string[])[] = [[], [], []];
        for (const [time, [move, who]] of moves.entries()) {
          const ip = ips[who] ?? '';
          if (move === 'go') people.delete(ip);
          else if (!people.has(ip)) people.set(ip, time);
          const grants = inOrderOfComing(people);
          const after = desiredGateways(demand([], { grants, gatewayLimit: 4, zones })).zones;
          for (const [zone, list] of zones.entries()) {
            const stayed = list.filter((text) => people.has(text.slice(0, -3)));
            expect(after[zone]).toEqual(expect.arrayContaining(stayed));
          }
          zones = after;
        }
      }),
    );
  });

  it('are covered exactly and in one zone each, whatever the zones held before', () => {
    const before = fc.array(
      fc.uniqueArray(
        fc.constantFrom('203.0.113.0/29', '203.0.113.4/32', '203.0.113.8/30', '203.0.113.9/32', SENTINEL, '10.0.0.0/8'),
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(someIps, before, fc.integer({ min: 1, max: 12 }), (ips, zones, gatewayLimit) => {
        const result = desiredGateways(demand(ips, { zones, gatewayLimit }));
        const inside = result.zones.flat().filter((text) => text !== SENTINEL);
        const expected = addresses(ips.filter((ip) => !result.waiting.includes(ip)));
        expect(addresses(inside).sort()).toEqual(expected.sort());
        for (const list of result.zones) {
          expect(list.length).toBeGreaterThan(0);
          expect(list.length).toBeLessThanOrEqual(gatewayLimit);
          if (list.length > 1) expect(list).not.toContain(SENTINEL);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('stay in the zone of their block when it falls apart', () => {
    const pair = ['203.0.113.4', '203.0.113.5'];
    const held = { gatewayLimit: 3, zones: [['198.18.0.0/32'], ['203.0.113.4/31']] };
    const result = desiredGateways(demand(pair, held));
    expect(result.zones[1]).toEqual(pair.map(entry));
  });

  it('need no entry, and never wait, where a network lets them in that is always allowed', () => {
    const [a, b, c] = apart(3).map(entry) as [string, string, string];
    const office = { alwaysAllow: ['203.0.113.0/24'], gatewayLimit: 3 };
    const roomy = desiredGateways(demand([...apart(1), '203.0.113.9'], office));
    expect(roomy.zones).toEqual([[a, '203.0.113.0/24', '203.0.113.9/32']]);
    const full = desiredGateways(demand(['203.0.113.9', ...apart(3)], office));
    expect(full).toEqual({ zones: [[a, b, '203.0.113.0/24']], waiting: [c.slice(0, -3)] });
  });

  it('are at home in no zone because of what is always allowed there', () => {
    const [a] = apart(1).map(entry) as [string];
    const office = { alwaysAllow: ['198.18.0.0/24'], gatewayLimit: 3, zones: [['198.18.0.0/24'], [a]] };
    expect(desiredGateways(demand(apart(1), office)).zones).toEqual([['198.18.0.0/24'], [a]]);
  });

  it('stand as themselves in each zone that has room for it', () => {
    const pairs = [...apart(2), '203.0.113.4', '203.0.113.5', '203.0.113.8', '203.0.113.9'];
    const { zones } = desiredGateways(demand(pairs, { gatewayLimit: 3, zones: [[], []] }));
    expect(zones).toEqual([
      [...apart(2).map(entry), '203.0.113.4/31'],
      ['203.0.113.8/32', '203.0.113.9/32'],
    ]);
  });

  it('all fit where only whole blocks do, though neighbours were in different zones', () => {
    const [low, high, other] = ['203.0.113.4/32', '203.0.113.5/32', '198.18.0.0/32'];
    const held = { gatewayLimit: 1, zones: [[low], [high]] };
    const result = desiredGateways(demand(['203.0.113.4', '203.0.113.5', '198.18.0.0'], held));
    expect(result).toEqual({ zones: [['203.0.113.4/31'], [other]], waiting: [] });
    const again = { gatewayLimit: 1, zones: result.zones };
    expect(desiredGateways(demand(['203.0.113.4', '203.0.113.5', '198.18.0.0'], again))).toEqual(result);
  });

  it('stay where they are, though their neighbours are in another zone, while there is room for that', () => {
    const apartInZones = [['203.0.113.4/32'], ['203.0.113.5/32']];
    const held = { gatewayLimit: 3, zones: apartInZones };
    expect(desiredGateways(demand(['203.0.113.4', '203.0.113.5'], held)).zones).toEqual(apartInZones);
  });

  it('stay, as a whole block, in the zone of the first of them who is in one', () => {
    const [low, high, other] = ['203.0.113.4', '203.0.113.5', '198.18.0.0'];
    const people = [low, high, other];
    const lists = (zones: readonly (readonly string[])[]) =>
      desiredGateways(demand(people, { gatewayLimit: 1, zones })).zones;
    const asTheyWere = [[entry(other)], ['203.0.113.4/31']];
    expect(lists([[entry(high)], [entry(low)]])).toEqual(asTheyWere);
    expect(lists([[], [entry(high)]])).toEqual(asTheyWere);
  });

  it('have the same lists again when nothing happened, whatever the zones held before', () => {
    const before = fc.array(
      fc.subarray(
        Array.from({ length: 64 }, (_, n) => entry(`203.0.113.${n}`)),
        { maxLength: 8 },
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(someIps, before, fc.integer({ min: 1, max: 12 }), (ips, zones, gatewayLimit) => {
        const first = desiredGateways(demand(ips, { zones, gatewayLimit }));
        expect(desiredGateways(demand(ips, { zones: first.zones, gatewayLimit }))).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it('move on where their zone has no room any more', () => {
    const [a, b, c] = apart(3).map(entry) as [string, string, string];
    const more = { gatewayLimit: 2, zones: [[a, b, c], []] };
    const { zones } = desiredGateways(demand(apart(3), more));
    expect(zones).toEqual([[a, b], [c]]);
  });
});

describe('what is always allowed', () => {
  const [office, home] = ['198.51.100.0/24', '203.0.113.99/32'];
  const listsOf = (
    alwaysAllow: readonly string[],
    zones: readonly (readonly string[])[],
    gatewayLimit = 2,
    people = 0,
  ) => desiredGateways(demand(apart(people), { alwaysAllow, zones, gatewayLimit }));

  it('overflows like people where one zone can’t hold it, and waits before them', () => {
    expect(listsOf([office, home], [[], []], 1)).toEqual({ zones: [[office], [home]], waiting: [] });
    expect(listsOf([office, home], [[]], 1, 1)).toEqual({ zones: [[office]], waiting: [home, ...apart(1)] });
  });

  it('is in exactly one zone, whatever the zones held before, as long as there is room', () => {
    const held = fc.array(fc.subarray([office, home, ...apart(3).map(entry)]), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(held, fc.integer({ min: 2, max: 4 }), fc.nat(4), (zones, gatewayLimit, people) => {
        const lists = listsOf([office, home], zones, gatewayLimit, people).zones;
        for (const text of [office, home]) expect(lists.filter((list) => list.includes(text))).toHaveLength(1);
        for (const list of lists) expect(list.length).toBeLessThanOrEqual(gatewayLimit);
      }),
    );
  });

  it('stays where it is, as long as there is room for it', () => {
    expect(listsOf([office, home], [[], [home], [office]]).zones.slice(1)).toEqual([[home], [office]]);
    expect(listsOf([office, home], [[], [home, office]], 1).zones).toEqual([[home], [office]]);
  });
});
