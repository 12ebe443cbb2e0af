import type { Deployment } from './deployment.ts';
import { KIND } from './kind-plan.ts';
import type { Action, Plan, Stretch } from './plan.ts';
import type { Random } from './random.ts';

/** Longer than any schedule. */
const LONG_S = 14_400;
/** An org has so many zones. */
const MOST_ZONES = 100;

/** A schedule that measures something where nothing goes wrong. */
export function makeStretch(seed: number, kind: Stretch['kind'], random: Random): Plan {
  return kind === 'calm' ? makeCalm(seed, random) : makeHerd(seed, random);
}

/** Few people who come and go one by one, in an ACL of many zones. */
function makeCalm(seed: number, random: Random): Plan {
  const acls = random.whole(1, 2);
  const zones = Array.from({ length: acls }, () => Math.floor(40 ** random.next()));
  const from = 100_000;
  const actions: Action[] = zones.map((_, acl) => grant(acl + 1, random.whole(0, 2_000), 1, `first-${acl}`));
  let at = from;
  for (let n = random.whole(5, 8); n > 0; n -= 1) {
    at += random.whole(6_000, 12_000);
    const acl = random.whole(1, acls);
    const ip = random.whole(2, 6);
    const isIn = actions.findLast(
      (each) => each.do === 'event' && each.acl === `acl-${acl}` && each.ip.endsWith(`.${ip}`),
    );
    const comes = isIn?.do !== 'event' || isIn.type === 'access.revoked';
    const event = grant(acl, at, ip, `e${n}`);
    actions.push(comes ? event : { ...event, type: 'access.revoked' });
  }
  return {
    ...plain(seed, random, zones, 600),
    ...{ actions, actionMs: at + 10_000, stretch: { kind: 'calm', from, to: at + 10_000 } },
    table: { ms: [2, 10], page: 50, stale: false },
  };
}

/** Every zone of many ACLs is to be written at once, with a quota that is too small for that. */
function makeHerd(seed: number, random: Random): Plan {
  const acls = random.whole(2, 10);
  const most = Math.floor((random.chance(0.15) ? MOST_ZONES : 30) / acls);
  const zones = Array.from({ length: acls }, () => random.whole(1, most));
  // Others may be there that nobody comes to: their zones are only checked, with half of the quota at most.
  const idle = random.chance(0.4) ? random.whole(1, acls - 1) : 0;
  const all = zones.slice(idle).reduce((sum, count) => sum + count, 0);
  // All is done in the time of a few windows.
  const limit = Math.max(20, Math.ceil((2 * all) / random.pick([0.6, 1.3, 2.6, 4, 8])));
  const usable = idle > 0 ? limit / 2 : limit;
  const base = plain(seed, random, zones, limit);
  const to = 5_000 + drainMs(2 * all, usable);
  const comes = (acl: number) => grant(acl + 1, random.whole(0, 1_000), acl + 1, `e${acl}`);
  const actions: Action[] = zones.map((_, acl) => comes(acl)).slice(idle);
  const again = random.chance(0.4);
  if (again)
    actions.push({ at: to + 60_000, do: 'redeploy', deployment: { ...base.deployment, sentinel: '192.0.2.9/32' } });
  // A new configuration may lie until the next tick but one.
  const deadlines = again ? [to, to + 60_000 + 125_000 + drainMs(2 * all, usable)] : [to];
  return {
    ...{ ...base, actions, actionMs: again ? to + 61_000 : 5_000, codes: ['OKTA005'] },
    stretch: { kind: 'herd', deadlines },
  };
}

/** How long calls may take where the quota is what holds them up: half as long again as it takes, and the window under way. */
export function drainMs(calls: number, limit: number): number {
  return 60_000 + (1.5 * 60_000 * calls) / limit;
}

function plain(
  seed: number,
  random: Random,
  zones: readonly number[],
  limit: number,
): Omit<Plan, 'actions' | 'actionMs'> {
  const acls = zones.map((count, acl) => ({
    ...{ name: `acl-${acl + 1}`, always: random.chance(0.2) ? ['198.51.100.0/24'] : [] },
    zoneIds: Array.from({ length: count }, (_, zone) => `zone-${acl + 1}-${zone + 1}`),
  }));
  const deployment: Deployment = { acls, sentinel: '192.0.2.0/32', gatewayLimit: 150, verifyMinutes: 5 };
  return {
    ...{
      seed,
      weather: 'good',
      rates: {},
      oneShard: random.chance(0.5),
      slow: false,
      oktaMs: [20, 120],
      ...KIND,
      limit,
    },
    world: 'unkind',
    deployment,
  };
}

function grant(acl: number, at: number, ip: number, webhookId: string): Extract<Action, { do: 'event' }> {
  const when = { at, ageMs: 0, durationSeconds: LONG_S };
  return { do: 'event', type: 'access.granted', webhookId, acl: `acl-${acl}`, ip: `203.0.113.${ip}`, ...when };
}
