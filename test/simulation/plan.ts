import type { Deployment } from './deployment.ts';
import { FAULTS, type Fault } from './faults.ts';
import { Random } from './random.ts';

/** What a schedule's bounds are: see `Monitor`. */
export type Weather = 'good' | 'lost timers' | 'storm';

export interface EventAction {
  readonly do: 'event';
  readonly webhookId: string;
  readonly type: 'access.granted' | 'access.revoked' | 'access.flushed';
  readonly acl: string;
  readonly ip: string;
  readonly grantId?: string;
  /** How long before it is sent the event happened, in milliseconds. */
  readonly ageMs: number;
  readonly durationSeconds: number;
  readonly wait?: number;
}

export type AdminEdit = 'adds' | 'removes' | 'wipes' | 'edits proxies' | 'edits name';

export type Action = { readonly at: number } & (
  | EventAction
  | { readonly do: 'admin'; readonly edit: AdminEdit; readonly zone: number; readonly n: number }
  | { readonly do: 'redeploy'; readonly deployment: Deployment }
  | { readonly do: 'rotate token'; readonly gapMs: number }
  | { readonly do: 'rebuild'; readonly acl: string }
  | { readonly do: 'ttl'; readonly lateSeconds: number }
  | { readonly do: 'use quota'; readonly remaining: number; readonly resetInSeconds: number }
);

/** One schedule: everything that is decided before it begins. What strikes at a rate follows from the seed too. */
export interface Plan {
  readonly seed: number;
  readonly weather: Weather;
  readonly rates: Readonly<Partial<Record<Fault, number>>>;
  /** In order of time, in milliseconds from the start. */
  readonly actions: readonly Action[];
  /** Milliseconds of action; then no fault strikes any more. */
  readonly actionMs: number;
  readonly deployment: Deployment;
  readonly oneShard: boolean;
  readonly slow: boolean;
  /** How long a call to Okta takes, in milliseconds: from, to. */
  readonly oktaMs: readonly [number, number];
}

/** How likely each fault is wherever it could strike; those not named here are actions, or always on. */
const RATES: Readonly<Partial<Record<Fault, number>>> = {
  ...{ 'redelivered batch': 0.08, 'throttled invocation': 0.05, 'clock skew': 1, 'retried by the sender': 0.1 },
  ...{ 'crash before a call': 0.006, 'crash after a call': 0.006, 'crash inside a call': 0.004, 'slow call': 0.01 },
  ...{ 'frozen function': 0.006, 'table error': 0.008, 'table error after applying': 0.006 },
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

interface Size {
  readonly seconds: readonly [number, number];
  readonly acls: readonly [number, number];
  readonly fewestEvents: number;
  readonly mostEvents: number;
  readonly mostEventsOfFullZones: number;
  /** By how much the usual rates are multiplied: what has few calls meets each fault more often. */
  readonly severity: readonly [number, number];
}
const MILD = [1, 2] as const;
const SMALL: Size = {
  ...{ seconds: [10, 45], acls: [1, 1], severity: [2, 6] },
  ...{ fewestEvents: 2, mostEvents: 4, mostEventsOfFullZones: 8 },
};
const LARGE: Size = {
  ...{ seconds: [30, 180], acls: [1, 3], severity: [1, 4] },
  ...{ fewestEvents: 3, mostEvents: 14, mostEventsOfFullZones: 24 },
};

/** What a schedule has otherwise than its seed decides. */
export type PlanChanges = Partial<Pick<Plan, 'rates' | 'oktaMs'>>;

export function makePlan(seed: number, changes: PlanChanges = {}): Plan {
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
  };
  const actions = [...events(random, actionMs, base, size), ...others(random, base, zones)];
  return { ...base, actions: actions.sort((a, b) => a.at - b.at) };
}

/** @param zones how many zones each ACL has: `acl-1`, `acl-2`, ... */
function someDeployment(random: Random, zones: readonly number[], gatewayLimit: number): Deployment {
  const verifyMinutes = random.pick([1, 2, 2, 5, 5]);
  const always = random.chance(0.3) ? ['198.51.100.0/24'] : [];
  const sentinel = random.chance(0.2) ? '192.0.2.9/32' : '192.0.2.0/32';
  const acls = zones.map((count, acl) => ({
    ...{ name: `acl-${acl + 1}`, always },
    zoneIds: Array.from({ length: count }, (_, zone) => `zone-${acl + 1}-${zone + 1}`),
  }));
  return { acls, sentinel, gatewayLimit, verifyMinutes };
}

function someRates(weather: Weather, random: Random, size: Size): Partial<Record<Fault, number>> {
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

/** Few addresses and ids, so that events meet; one ACL may see no event at all. */
function events(
  random: Random,
  actionMs: number,
  { slow, deployment }: Pick<Plan, 'slow' | 'deployment'>,
  size: Size,
): Action[] {
  const { gatewayLimit } = deployment;
  const acls = deployment.acls.length;
  const silent = random.chance(acls === 1 ? 0.05 : 0.3) ? random.whole(1, acls) : 0;
  const burst = random.chance(0.3);
  const coarse = random.chance(0.2);
  // More people than fit, many of them neighbours.
  const people = gatewayLimit < 10 ? 11 : 5;
  const most = gatewayLimit < 10 ? size.mostEventsOfFullZones : size.mostEvents;
  const actions: Action[] = [];
  for (let n = random.whole(size.fewestEvents, most); n > 0; n -= 1) {
    const at = burst && n % 2 === 0 ? Math.floor(actionMs / 3) + random.whole(0, 900) : random.whole(0, actionMs);
    const acl = random.whole(1, acls);
    const type = random.pick(TYPES);
    const grantId = random.pick([undefined, 'x', 'y']);
    const durationSeconds = random.chance(0.7) ? random.whole(2, slow ? 40 : 180) : random.whole(180, 14_400);
    const event: EventAction = {
      ...{ do: 'event', type, webhookId: `e${n}`, acl: `acl-${acl}`, ip: `203.0.113.${random.whole(1, people)}` },
      ...(grantId !== undefined && { grantId }),
      durationSeconds,
      ageMs: random.chance(0.7) ? 0 : random.chance(0.5) ? random.whole(0, 60_000) : random.whole(0, 3_600_000),
      ...(random.chance(0.1) && { wait: random.whole(1, 20) }),
    };
    if (acl === silent) continue;
    // A sender whose times are coarse: then events that happened at the same time meet.
    const ageMs = coarse ? event.ageMs + ((((at - event.ageMs) % 5_000) + 5_000) % 5_000) : event.ageMs;
    actions.push({ at, ...event, ageMs });
    const ends = at - ageMs + durationSeconds * 1000;
    if (type === 'access.granted' && ends > at && ends < actionMs && random.chance(slow ? 0.9 : 0.5)) {
      // Made longer just as it ends.
      const extended = { ...event, webhookId: `${event.webhookId}+`, ageMs: 0, durationSeconds: random.whole(60, 900) };
      actions.push({ at: ends + random.whole(-100, 2_500), ...extended });
    }
    // The table's own deleting, before anybody has ended the grant.
    if (type === 'access.granted' && ends > at && ends < actionMs && random.chance(0.8)) {
      actions.push({ at: ends + random.whole(1_000, 15_000), do: 'ttl', lateSeconds: 0 });
    }
    // The same delivery again: its own time stays what it was.
    for (let again = at; random.chance(0.25); ) {
      const later = random.whole(0, random.chance(0.8) ? 20_000 : 120_000);
      again += later;
      actions.push({ at: again, ...event, ageMs: ageMs + again - at });
    }
  }
  return actions;
}

const TYPES = [
  ...(['access.granted', 'access.granted', 'access.granted', 'access.granted', 'access.granted'] as const),
  ...(['access.revoked', 'access.revoked', 'access.flushed'] as const),
] as [EventAction['type'], ...EventAction['type'][]];

function others(
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

/** The first deployment, and those that come while a schedule runs. */
export function deploymentsOf(plan: Plan): Deployment[] {
  return [plan.deployment, ...plan.actions.flatMap((action) => (action.do === 'redeploy' ? [action.deployment] : []))];
}
