import type { DeployedAcl, Deployment } from './deployment.ts';
import type { Draft } from './dimensions.ts';
import type { Action } from './plan.ts';
import type { Random } from './random.ts';

const LONG_S = 3_600;
/** Their hosts are no neighbours of each other: nobody has more room by being merged. */
const FIRST_HOST = 20;
/** Holds the hosts 1 to 3. */
const NETWORK = '203.0.113.0/30';

/** Zones that have no room left; then whoever is in one must get into another that is full too. */
export function fullZones(draft: Draft, random: Random): void {
  const at = random.whole(9_000, Math.max(9_000, draft.actionMs));
  const how = random.pick(['network', 'network', 'order', 'administrator'] as const);
  if (how === 'network') {
    changingPlaces(draft, random, at);
    return;
  }
  const { acls, gatewayLimit } = draft.deployment;
  for (const { name, zoneIds, always } of acls) {
    const room = Math.min(8, gatewayLimit * zoneIds.length - always.length);
    for (let n = room + random.whole(-1, 1); n > 0; n -= 1) {
      const durationSeconds = random.chance(0.8) ? LONG_S : random.whole(30, 90);
      draft.actions.push(comes(name, random.whole(0, 4_000), FIRST_HOST + 2 * n, durationSeconds));
    }
  }
  if (how === 'administrator') {
    draft.codes.push('ZONE007');
    draft.actions.push({ at, do: 'turn lists round' });
    return;
  }
  const turned = acls.map((acl) => ({ ...acl, zoneIds: acl.zoneIds.toReversed() }));
  const deployment = { ...draft.deployment, acls: turned };
  draft.actions.push({ at, do: 'redeploy', deployment, change: 'zones reordered' });
}

/**
 * Two people are in each of two zones, which hold no more. Then a network is always allowed that holds those of the
 * second zone: it goes into the first, whose latest must go into the second, where nobody may leave before.
 */
function changingPlaces(draft: Draft, random: Random, at: number): void {
  const [first, ...others] = draft.deployment.acls;
  if (!first) return;
  const acl: DeployedAcl = { ...first, zoneIds: first.zoneIds.slice(0, 2), always: [] };
  draft.deployment = { ...draft.deployment, gatewayLimit: 2, acls: [acl, ...others] };
  draft.actions = draft.actions.filter((action) => action.do !== 'event' || action.acl !== acl.name);
  for (const host of [FIRST_HOST, FIRST_HOST + 2]) {
    draft.actions.push(comes(acl.name, random.whole(0, 1_500), host, LONG_S));
  }
  for (const host of [1, 2]) draft.actions.push(comes(acl.name, random.whole(4_000, 6_000), host, LONG_S));
  const deployment = { ...draft.deployment, acls: [{ ...acl, always: [NETWORK] }, ...others] };
  draft.actions.push({ at, do: 'redeploy', deployment, change: 'always overlaps' });
}

/** A zone goes from one ACL to another while calls take seconds and somebody comes to both. */
export function handover(draft: Draft, random: Random): void {
  const [from, to] = draft.deployment.acls;
  const [zone, ...kept] = from?.zoneIds ?? [];
  const [back = '', ...others] = to?.zoneIds ?? [];
  if (!from || !to || zone === undefined) return;
  const at = random.whole(15_000, Math.max(15_000, draft.actionMs));
  // Where it was the only one, the two change places.
  const zones: Readonly<Record<string, readonly string[]>> =
    kept.length > 0
      ? { [from.name]: kept, [to.name]: [zone, back, ...others] }
      : { [from.name]: [back], [to.name]: [zone, ...others] };
  const acls = draft.deployment.acls.map((acl) => ({ ...acl, zoneIds: zones[acl.name] ?? acl.zoneIds }));
  const deployment: Deployment = { ...draft.deployment, acls };
  draft.oktaMs = [500, random.pick([3_000, 6_000])];
  draft.actions.push(
    { at, do: 'redeploy', deployment, change: 'zone moved' },
    // Somebody is over just then.
    comes(from.name, random.whole(0, 2_000), 51, Math.max(5, Math.floor(at / 1000) + random.whole(-8, 8))),
    comes(from.name, Math.max(0, at - random.whole(0, 12_000)), 52, LONG_S),
    comes(to.name, Math.max(0, at - random.whole(0, 12_000)), 53, LONG_S),
    comes(to.name, at + random.whole(0, 5_000), 54, LONG_S),
  );
}

function comes(acl: string, at: number, host: number, durationSeconds: number): Action {
  const who = { acl, ip: `203.0.113.${host}`, webhookId: `${acl}-${host}` };
  return { at, do: 'event', type: 'access.granted', ...who, ageMs: 0, durationSeconds };
}
