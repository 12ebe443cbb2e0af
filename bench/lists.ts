import { mergeCidr, parseCidr } from 'cidr-tools';
import { canonicalGateways, toGateway } from '../lib/addresses/address-block.ts';
import { desiredGateways, type GatewayDemand } from '../lib/zones/desired-gateways.ts';
import type { Bench, BenchTable } from './bench-result.ts';
import { fastest } from './fastest.ts';

const SIZES = [150, 1_500, 5_000, 20_000] as const;
const ROUNDS = 9;
/** Cost may grow as n log n, with this much room for a small list that fits into the processor's cache. */
const MOST_GROWTH = 2;

interface Case {
  readonly title: string;
  readonly zones: number;
  readonly gatewayLimit: number;
}
const CASES: readonly Case[] = [
  { title: 'one zone with room for all: everybody as themselves', zones: 1, gatewayLimit: 20_000 },
  { title: 'one zone of 150: neighbours merged, the rest waits', zones: 1, gatewayLimit: 150 },
  { title: 'ten zones of 150: merged, overflowing, the rest waits', zones: 10, gatewayLimit: 150 },
];

/**
 * Computing the lists of an ACL and comparing them with what Okta has, against the straightforward way:
 * parse everything and merge it with a general CIDR library.
 */
export const run: Bench = async (progress) => {
  const measured = CASES.map((each) => {
    progress(each.title);
    return measure(each);
  });
  return {
    tables: measured.map(({ table }) => table),
    goals: measured.map(({ title, growth }) => ({
      what: `${title}: cost at 20,000 grants / (n log n), relative to 150`,
      measured: growth,
      atMost: MOST_GROWTH,
    })),
  };
};

function measure({ title, zones, gatewayLimit }: Case): { title: string; table: BenchTable; growth: number } {
  const times = SIZES.map((size) => {
    const demand = settled({ grants: grantsOf(size), zones, gatewayLimit });
    const okta = demand.zones.map((list) => list.map(toGateway));
    const [ours = 0, straightforward = 0] = fastest(ROUNDS, [
      () => {
        const lists = desiredGateways(demand).zones;
        return lists.every((list, zone) => sameLists(list, canonicalGateways(okta[zone] ?? [])));
      },
      () => {
        const merged = mergeCidr(demand.grants.map(({ ip }) => `${ip}/32`)).sort();
        const current = okta.flat().map(({ value }) => parseCidr(value).cidr);
        return sameLists(merged, current.sort());
      },
    ]);
    return { size, ours, straightforward, perUnit: ours / (size * Math.log2(size)) };
  });
  const smallest = times[0]?.perUnit ?? Number.NaN;
  return {
    title,
    growth: round((times.at(-1)?.perUnit ?? Number.NaN) / smallest),
    table: {
      title: `Lists: ${title}`,
      columns: ['grants', 'compute and compare (ms)', 'general library (ms)', 'ratio', 'growth against n log n'],
      rows: times.map(({ size, ours, straightforward, perUnit }) => [
        format(size),
        round(ours),
        round(straightforward),
        round(ours / straightforward),
        round(perUnit / smallest),
      ]),
      note: `Fastest of ${ROUNDS} rounds, taken in turns. The general way merges all it can, and knows no zones, no limit and no waiting: it is what the same comparison costs at least with a library.`,
    },
  };
}

/** The demand as it is from the second rebuild on: the zones have their lists. */
function settled(of: { grants: GatewayDemand['grants']; zones: number; gatewayLimit: number }): GatewayDemand {
  const demand = {
    ...{ grants: of.grants, gatewayLimit: of.gatewayLimit, alwaysAllow: [], sentinel: '192.0.2.0/32' },
    ...{ zones: Array.from({ length: of.zones }, () => []), ipv6PrefixLength: 128 },
  };
  return { ...demand, zones: desiredGateways(demand).zones };
}

/** A third of the people sit in offices, side by side; the others are spread over the address space. */
function grantsOf(count: number): GatewayDemand['grants'] {
  return Array.from({ length: count }, (_, i) => {
    const office = `198.18.${(i / 3) >> 8}.${Math.floor(i / 3) & 255}`;
    // Multiplied by an odd number, so that no two are the same.
    const spread = Math.imul(i, 2_654_435_761) >>> 0;
    const elsewhere = `${20 + (spread >>> 25)}.${(spread >>> 16) & 255}.${(spread >>> 8) & 255}.${spread & 255}`;
    return { ip: i % 3 === 0 ? office : elsewhere, since: String(10n ** 19n + BigInt(count - i)) };
  });
}

function sameLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
