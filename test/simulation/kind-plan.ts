import type { Deployment } from './deployment.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { Action, Plan, PlanChanges, Weather } from './plan.ts';
import { eventsOf, LARGE, type Size, SMALL } from './plan-events.ts';
import { Random } from './random.ts';

/** How likely each fault is wherever it could strike; those not named here are actions, or always on. */
const RATES: Readonly<Partial<Record<Fault, number>>> = {
  ...{ 'redelivered batch': 0.08, 'throttled invocation': 0.05, 'clock skew': 1, 'retried by the sender': 0.1 },
  ...{ 'crash before a call': 0.006, 'crash after a call': 0.006, 'crash inside a call': 0.004, 'slow call': 0.01 },
  ...{ 'frozen function': 0.006, 'table error': 0.008, 'table error after applying': 0.006, 'table answer lost': 0.02 },
  ...{ 'queue error': 0.05, 'queue error after sending': 0.05, 'secret unreadable': 0.2 },
  ...{ 'lost timer': 0.3, 'late timer': 0.3, 'repeated timer': 0.2, 'lost tick': 0.3 },
  ...{ 'lost stream batch': 0.05, 'rebuild beside another': 0.25, 'repeated stream batch': 0.1 },
  ...{ '401': 0.045, '403': 0.05, '404': 0.045, '400': 0.24, '429 with reset': 0.05, '429 of concurrency': 0.05 },
  ...{ '5xx': 0.05, '5xx after applying': 0.31, 'timeout before applying': 0.04 },
  ...{ 'timeout after applying': 0.36, 'timeout and applied late': 0.6 },
  ...{ 'dropped before applying': 0.05, 'dropped after applying': 1, 'half an answer': 0.07, 'slow answer': 0.08 },
};
const RARE = [
  ...(['400', '5xx after applying', 'timeout before applying', 'timeout after applying'] as const),
  ...(['timeout and applied late', 'dropped before applying', 'dropped after applying', '429 with reset'] as const),
  ...(['429 of concurrency', '401', '403', '404', '5xx', 'half an answer'] as const),
] as const satisfies readonly [Fault, ...Fault[]];
const ALWAYS: readonly Fault[] = ['rebuild beside another', 'repeated timer', 'retried by the sender'];
const TIMERS: readonly Fault[] = ['lost timer', 'late timer', 'lost tick'];

/** What is not unkind about the world. */
export const KIND = {
  world: 'kind',
  limit: 600,
  oddZones: {},
  queue: { visibilityMs: 90_000, firstSequence: 1 },
  deployMs: 0,
  ownKeys: false,
  codes: [],
  dimensions: [],
} as const satisfies Partial<Plan>;

const MILD = [1, 2] as const;

export function makeKindPlan(seed: number, changes: PlanChanges = {}): Plan {
  const random = Random.named(seed, 'plan');
  const weather = random.pick<Weather>(['good', 'lost timers', 'storm', 'storm', 'storm', 'storm', 'storm']);
  // Most are small: what breaks a promise is nearly always a few events that meet. The large ones are for the rest.
  const size = random.chance(0.93) ? SMALL : LARGE;
  const actionMs = random.whole(...size.seconds) * 1000;
  const zones = Array.from({ length: random.whole(...size.acls) }, () => (random.chance(0.4) ? 2 : 1));
  const gatewayLimit = random.chance(0.3) ? random.whole(2, 3) : 150;
  const base = {
    ...{ seed, weather, actionMs },
    oneShard: random.chance(0.5),
    slow: weather === 'storm' && random.chance(0.15),
    deployment: someDeployment(random, zones, gatewayLimit),
    rates: { ...someRates(weather, random, size), ...changes.rates },
    oktaMs: changes.oktaMs ?? ([20, 120] as const),
    ...KIND,
  };
  const actions = [...eventsOf(random, actionMs, base, size), ...others(random, base, zones)];
  return { ...base, actions: actions.sort((a, b) => a.at - b.at) };
}

/** @param zones how many zones each ACL has: `acl-1`, `acl-2`, ... */
export function someDeployment(random: Random, zones: readonly number[], gatewayLimit: number): Deployment {
  const verifyMinutes = random.pick([1, 2, 2, 5, 5]);
  const always = random.chance(0.3) ? ['198.51.100.0/24'] : [];
  const sentinel = random.chance(0.2) ? '192.0.2.9/32' : '192.0.2.0/32';
  const acls = zones.map((count, acl) => ({
    ...{ name: `acl-${acl + 1}`, always },
    zoneIds: Array.from({ length: count }, (_, zone) => `zone-${acl + 1}-${zone + 1}`),
  }));
  return { acls, sentinel, gatewayLimit, verifyMinutes };
}

/** Leaves out what usually goes wrong, so that something else can be met on its own. */
export function withoutTheUsual(rates: Partial<Record<Fault, number>>): Partial<Record<Fault, number>> {
  const isUsual = (fault: string) => fault in RATES && !ALWAYS.some((one) => one === fault);
  return Object.fromEntries(Object.entries(rates).filter(([fault]) => !isUsual(fault)));
}

export function someRates(weather: Weather, random: Random, size: Size): Partial<Record<Fault, number>> {
  const rates: Partial<Record<Fault, number>> = {};
  for (const fault of FAULTS) {
    const usual = RATES[fault];
    const wanted =
      weather === 'storm' || ALWAYS.includes(fault) || (weather === 'lost timers' && TIMERS.includes(fault));
    // Half of the faults in one storm, so that each also meets calm surroundings.
    if (usual !== undefined && random.chance(0.5) && wanted)
      rates[fault] = Math.min(1, usual * random.whole(...(ALWAYS.includes(fault) ? MILD : size.severity)));
  }
  // Rare by themselves, since only few calls can meet them: one of them then meets most of its chances.
  if (weather === 'storm' && size === SMALL) rates[random.pick(RARE)] = 0.8;
  return rates;
}

export function others(
  random: Random,
  { weather, actionMs, deployment }: Pick<Plan, 'weather' | 'actionMs' | 'deployment'>,
  zones: readonly number[],
): Action[] {
  const at = () => random.whole(0, actionMs);
  const actions: Action[] = [];
  const some = (probability: number, action: () => Action) => {
    while (random.chance(probability)) actions.push(action());
  };
  some(0.25, () => ({
    ...{ at: at(), do: 'redeploy' as const },
    deployment: someDeployment(random, zones, deployment.gatewayLimit),
  }));
  some(0.3, () => ({ at: at(), do: 'rebuild', acl: `acl-${random.whole(1, zones.length)}` }));
  some(0.88, () => ({ at: at(), do: 'ttl', lateSeconds: random.whole(0, random.chance(0.7) ? 5 : 90) }));
  if (weather !== 'storm') return actions;
  const edits = ['adds', 'removes', 'wipes', 'edits proxies', 'edits name'] as const;
  const total = zones.reduce((sum, n) => sum + n, 0);
  for (const edit of edits) {
    some(0.25, () => ({ at: at(), do: 'admin', edit, zone: random.whole(0, total - 1), n: random.whole(1, 9) }));
  }
  some(0.25, () => ({ at: at(), do: 'rotate token', gapMs: random.pick([0, 0, 5_000, 45_000]) }));
  some(0.2, () => ({
    ...{ at: at(), do: 'use quota' as const },
    ...{ remaining: random.whole(0, 300), resetInSeconds: random.whole(5, 60) },
  }));
  return actions;
}
