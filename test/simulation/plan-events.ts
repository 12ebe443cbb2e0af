import type { Action, EventAction, Plan } from './plan.ts';
import type { Random } from './random.ts';

export interface Size {
  readonly seconds: readonly [number, number];
  readonly acls: readonly [number, number];
  readonly fewestEvents: number;
  readonly mostEvents: number;
  readonly mostEventsOfFullZones: number;
  /** By how much the usual rates are multiplied: what has few calls meets each fault more often. */
  readonly severity: readonly [number, number];
}
export const SMALL: Size = {
  ...{ seconds: [10, 45], acls: [1, 1], severity: [2, 6] },
  ...{ fewestEvents: 2, mostEvents: 4, mostEventsOfFullZones: 8 },
};
export const LARGE: Size = {
  ...{ seconds: [30, 180], acls: [1, 3], severity: [1, 4] },
  ...{ fewestEvents: 3, mostEvents: 14, mostEventsOfFullZones: 24 },
};

/** Few addresses and ids, so that events meet; one ACL may see no event at all. */
export function eventsOf(
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
      ...(random.chance(0.45) && { wait: random.pick([0, 5, 20]) }),
    };
    if (acl === silent) continue;
    // A sender whose times are coarse: then events that happened at the same time meet.
    const ageMs = coarse ? event.ageMs + ((((at - event.ageMs) % 5_000) + 5_000) % 5_000) : event.ageMs;
    actions.push({ at, ...event, ageMs });
    const ends = at - ageMs + durationSeconds * 1000;
    if (type === 'access.granted' && ends > at && ends < actionMs && random.chance(slow ? 0.9 : 0.5)) {
      // Made longer just as it ends.
      const extended = { ...event, webhookId: `${event.webhookId}_`, ageMs: 0, durationSeconds: random.whole(60, 900) };
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
