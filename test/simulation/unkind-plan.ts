import { DIMENSION, type Draft } from './dimensions.ts';
import { KIND, others, someDeployment, someRates } from './kind-plan.ts';
import { DIMENSIONS, type Dimension, type Plan, type PlanChanges, SERVICE_APP, type Weather } from './plan.ts';
import { eventsOf, LARGE, type Size, SMALL } from './plan-events.ts';
import { Random } from './random.ts';
import { codesOfSlowSignIn } from './sign-in/sign-in-plan.ts';
import { makeStretch } from './stretch-plan.ts';

/** Of a hundred schedules so many are made for a measurement. */
const MEASURING = { calm: 0.05, herd: 0.04 } as const;
/** Each is in so many schedules, but for those that take long. */
const USUALLY = 0.11;
/** A share of schedules signs in as a service app. */
const SERVICE_APPS = 0.25;
const SELDOM: Readonly<Partial<Record<Dimension, number>>> = {
  ...{ 'many zones': 0.05, 'ten ACLs': 0.04, deliveries: 0.06, 'full zones': 0.12, handover: 0.06 },
};

/** A schedule in a world as unkind as the real one: a few of its dimensions at a time, beside the usual faults. */
export function makeUnkindPlan(seed: number, changes: PlanChanges = {}): Plan {
  const random = Random.named(seed, 'unkind');
  const measured = random.next();
  const { calm, herd } = MEASURING;
  const kind = changes.stretch ?? (measured < calm ? 'calm' : measured < calm + herd ? 'herd' : 'none');
  if (kind !== 'none') return makeStretch(seed, kind, random);

  const signing = Random.named(seed, 'sign-in');
  const dimensions: readonly Dimension[] = changes.dimensions ?? [
    ...DIMENSIONS.filter((one) => random.chance(SELDOM[one] ?? USUALLY)),
    ...(signing.chance(SERVICE_APPS) ? ([SERVICE_APP] as const) : []),
  ];
  const has = (dimension: Dimension) => dimensions.includes(dimension);
  const weather = random.pick<Weather>([
    'good',
    'good',
    'good',
    'lost timers',
    'storm',
    'storm',
    'storm',
    'storm',
    'storm',
  ]);
  const size = random.chance(0.95) ? SMALL : LARGE;
  const actionMs = random.whole(...size.seconds) * 1000;
  const zones = someZones(random, has, size);
  const isFull = has('full zones') || random.chance(0.25);
  const deployment = someDeployment(random, zones, isFull ? random.whole(2, 3) : 150);
  const draft: Draft = {
    ...{ seed, weather, actionMs, deployment, oneShard: random.chance(0.5) },
    slow: weather === 'storm' && random.chance(0.1),
    ...{ rates: someRates(weather, random, size), oktaMs: changes.oktaMs ?? [20, 120] },
    ...KIND,
    world: 'unkind',
    ...{ oddZones: {}, codes: [], actions: [], dimensions },
  };
  for (const dimension of dimensions)
    if (!LATE.includes(dimension)) DIMENSION[dimension]?.(draft, dimension === SERVICE_APP ? signing : random);
  draft.actions.push(...eventsOf(random, actionMs, draft, size));
  const configures = CONFIGURING.some(has);
  const usual = others(random, draft, zones);
  draft.actions.push(...usual.filter((action) => action.do !== 'redeploy' || !configures));
  for (const dimension of LATE) if (has(dimension)) DIMENSION[dimension]?.(draft, random);
  if (has(SERVICE_APP)) draft.codes.push(...codesOfSlowSignIn(draft));
  return {
    ...draft,
    rates: { ...draft.rates, ...changes.rates },
    actions: draft.actions.sort((a, b) => a.at - b.at),
  };
}

/** Their configuration is not to be lost by a deploy that changes settings. */
const CONFIGURING: readonly Dimension[] = [
  ...(['deploys', 'overlaps', 'IPv6', 'foreign zones', 'full zones', 'handover'] as const),
];
/** They change what there is already. */
const LATE: readonly Dimension[] = [
  'full zones',
  'handover',
  'deploys',
  'IPv6',
  'replaced queue',
  'ids that meet',
  'deliveries',
];

function someZones(random: Random, has: (dimension: Dimension) => boolean, size: Size): number[] {
  const few = has('handover') ? random.whole(2, 3) : has('deploys') ? random.whole(1, 3) : random.whole(...size.acls);
  const acls = has('ten ACLs') ? random.whole(4, 10) : few;
  const isForty = has('many zones') && random.chance(0.15);
  const most = isForty ? 40 : has('many zones') ? 12 : random.chance(0.4) ? 2 : 1;
  const fewest = isForty ? 30 : has('many zones') ? 3 : has('full zones') ? 2 : most;
  // An org has a hundred zones.
  return Array.from({ length: acls }, () =>
    Math.min(random.whole(fewest, Math.max(fewest, most)), Math.floor(90 / acls)),
  );
}
