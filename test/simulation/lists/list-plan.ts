import type { Deployment, ListSettings } from '../deployment.ts';
import { DIMENSION, type Draft } from '../dimensions.ts';
import type { Fault } from '../faults.ts';
import { KIND, others, someRates } from '../kind-plan.ts';
import type { Action, Dimension, EventAction, Plan, PlanChanges, Weather } from '../plan.ts';
import { SMALL } from '../plan-events.ts';
import { Random } from '../random.ts';

/** What goes wrong at Knocknoc's server. Each begins at some moment and lasts for a while, or strikes one read. */
export const LIST_FAULTS = [
  ...['list lags', 'list is empty by mistake', 'list of another ACL', 'list is cut off', 'entry missing for one read'],
  ...['page with 200', 'JSON with 200', 'answer 401', 'answer 403', 'answer 503', 'answer 302', 'bad certificate'],
  ...['slow body', 'outage', 'old list after a restore', 'not modified, though it is', 'too large', '50,000 lines'],
] as const satisfies readonly Fault[];
export type ListFault = (typeof LIST_FAULTS)[number];

/** For how many seconds a fault lasts, at least and at most. Those that strike once have none. */
const LASTS: Readonly<Record<ListFault, readonly [number, number]>> = {
  ...{ 'list lags': [5, 30], 'list is empty by mistake': [1, 25], 'list of another ACL': [1, 25] },
  ...{ 'list is cut off': [1, 40], 'entry missing for one read': [0, 0], 'page with 200': [5, 60] },
  ...{ 'JSON with 200': [5, 60], 'answer 401': [5, 40], 'answer 403': [5, 40], 'answer 503': [5, 60] },
  ...{ 'answer 302': [5, 40], 'bad certificate': [5, 40], 'slow body': [5, 40], outage: [5, 90] },
  ...{ 'old list after a restore': [5, 60], 'not modified, though it is': [20, 90], 'too large': [5, 40] },
  '50,000 lines': [8, 25],
};
/** An outage of hours is long, and little happens in it: few schedules have one. Seconds. */
const HOURS = [3_600, 7_200] as const;
const LONG = 0.004;

/** What the lists meet beside what is their own. */
const BESIDE: readonly Dimension[] = [
  ...(['slow Okta', 'stale Okta', 'absurd headers', 'slow table', 'conflicts', 'throttled table'] as const),
  ...(['stale table', 'short quota'] as const),
];
const USUALLY = 0.1;
/** How likely it is, in a storm, that a message for a read is lost, late or comes twice. */
const READS = { 'lost read': 0.15, 'late read': 0.1, 'repeated read': 0.15 } as const satisfies Partial<
  Record<Fault, number>
>;
/** In a storm, so many of its usual faults are left: a list needs some reads that come through. */
const KEPT = 0.6;
const HALF = 0.5;

/** A schedule in which Knocknoc's lists are read: people who come and go, and whatever goes wrong at Knocknoc, Okta and AWS. */
export function makeListPlan(seed: number, changes: PlanChanges = {}): Plan {
  const random = Random.named(seed, 'lists');
  const weather = random.pick<Weather>(['good', 'good', 'lost timers', 'storm', 'storm', 'storm']);
  const dimensions = changes.dimensions ?? BESIDE.filter(() => random.chance(USUALLY));
  const isLong = random.chance(LONG);
  const actionMs = (isLong ? HOURS[0] + 600 : random.whole(60, 150)) * 1_000;
  const draft: Draft = {
    ...{ seed, weather, actionMs, deployment: someDeployment(random), oneShard: random.chance(HALF), slow: false },
    rates: weather === 'good' ? {} : rates(weather, random),
    oktaMs: changes.oktaMs ?? [20, 120],
    ...{ ...KIND, world: 'lists', oddZones: {}, actions: [], dimensions },
    codes: ['LIST001', 'LIST002', 'LIST003', 'LIST004', 'LIST005'],
  };
  for (const dimension of dimensions) {
    // What happens in it beside is another schedule's business: here people come and go by the list.
    DIMENSION[dimension]?.(draft, random);
    draft.actions = [];
  }
  for (const { name } of draft.deployment.acls) draft.actions.push(...comingAndGoing(random, draft, name, isLong));
  const zones = draft.deployment.acls.map(({ zoneIds }) => zoneIds.length);
  draft.actions.push(...others(random, draft, zones).filter((action) => action.do !== 'redeploy'));
  if (random.chance(0.3)) draft.actions.push(redeploy(random, draft));
  if (random.chance(0.12)) draft.actions.push({ at: 0, do: 'no key yet', seconds: random.whole(5, 40) });
  return {
    ...draft,
    rates: { ...draft.rates, ...changes.rates },
    actions: draft.actions.sort((a, b) => a.at - b.at),
  };
}

function someDeployment(random: Random): Deployment {
  const acls = Array.from({ length: random.pick([1, 1, 1, 1, 2]) }, (_, n) => ({
    ...{ name: `acl-${n + 1}`, zoneIds: [`zone-${n + 1}-1`], always: [], list: someSettings(random) },
  }));
  const ipv6 = random.chance(0.2) ? random.pick([64, 128] as const) : undefined;
  const common = { sentinel: '192.0.2.0/32', gatewayLimit: 150, verifyMinutes: random.pick([1, 2, 5]) };
  return { acls, ...common, ...(ipv6 !== undefined && { ipv6 }) };
}

function someSettings(random: Random): ListSettings {
  return {
    pollSeconds: random.pick([5, 5, 5, 10, 15, 30]),
    endsGrants: random.chance(0.8),
    defaultGrantMinutes: random.pick([10, 60, 480]),
  };
}

function rates(weather: Weather, random: Random): Partial<Record<Fault, number>> {
  const usual = Object.entries(someRates(weather, random, SMALL)).filter(() => random.chance(KEPT));
  const found: Partial<Record<Fault, number>> = Object.fromEntries(usual);
  for (const [fault, rate] of Object.entries(READS)) if (random.chance(HALF)) found[fault as keyof typeof READS] = rate;
  return found;
}

/** New code, with the same settings or with others. */
function redeploy(random: Random, { actionMs, deployment }: Draft): Action {
  const at = random.whole(0, actionMs);
  if (random.chance(HALF)) return { at, do: 'redeploy', deployment };
  const acls = deployment.acls.map((acl) => ({ ...acl, list: someSettings(random) }));
  return { at, do: 'redeploy', deployment: { ...deployment, acls }, change: 'list settings changed' };
}

function comingAndGoing(random: Random, draft: Draft, acl: string, isLong: boolean): Action[] {
  const { actionMs, deployment } = draft;
  const people = someIps(random, deployment, acl);
  const somebody = () => random.pick(people);
  const hasScript = random.chance(0.6);
  const actions: Action[] = [];
  let events = 0;
  const happens = (at: number, what: 'log in' | 'log out', ip: string, isLost = false) => {
    actions.push({ at, do: 'list', acl, what, ip, ...(isLost && { isLost: true as const }) });
    if (!hasScript || isLost) return;
    events += 1;
    const event: Omit<EventAction, 'type'> = {
      ...{ do: 'event', acl, ip, webhookId: `s${events}-${acl}`, ageMs: 0 },
      durationSeconds: random.chance(0.7) ? 28_800 : random.whole(30, 600),
    };
    actions.push({
      at: at + random.whole(0, 900),
      ...event,
      type: what === 'log in' ? 'access.granted' : 'access.revoked',
    });
  };
  // Most come at the start, so that there is a list that can be wrong.
  for (const ip of people) if (random.chance(0.8)) happens(random.whole(0, 10_000), 'log in', ip);
  for (let n = random.whole(2, 12); n > 0; n -= 1) {
    const isLost = random.chance(0.4);
    happens(random.whole(10_000, actionMs), random.pick(['log in', 'log out', 'log out']), somebody(), isLost);
  }
  if (random.chance(0.3)) {
    const id = `f-${acl}`;
    const at = random.whole(10_000, actionMs);
    actions.push({
      ...{ at, do: 'event', type: 'access.flushed', acl, ip: '', webhookId: id },
      ageMs: 0,
      durationSeconds: 0,
    });
  }
  const [first, ...more] = LIST_FAULTS;
  for (let n = random.whole(3, 6); n > 0; n -= 1) {
    const fault = random.pick([first, ...more]);
    const from = random.whole(10_000, actionMs);
    // Then all is well at Knocknoc's, and what it says must be followed.
    const seconds = Math.min(random.whole(...LASTS[fault]), Math.floor((actionMs - from) / 1_000));
    actions.push({ at: from, do: 'list fails', acl, fault, seconds, ip: somebody() });
  }
  if (isLong) actions.push({ at: 120_000, do: 'list fails', acl, fault: 'outage', seconds: HOURS[0], ip: '' });
  return actions;
}

function someIps(random: Random, { ipv6 }: Deployment, acl: string): readonly [string, ...string[]] {
  const offset = acl === 'acl-1' ? 0 : 100;
  const ipOf = (n: number) => {
    if (ipv6 !== undefined && n % 3 === 0) return `2001:db8:${offset}:${n % 2}::${n + 1}`;
    return n % 2 ? `203.0.113.${n + 1 + offset}` : `198.51.100.${n + 100 + offset}`;
  };
  const more = Array.from({ length: random.pick([2, 11, 19]) }, (_, n) => ipOf(n + 1));
  return [ipOf(0), ...more];
}
