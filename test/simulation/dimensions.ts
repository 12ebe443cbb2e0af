import { zonesOf } from './deployment.ts';
import type { Fault } from './faults.ts';
import { fullZones, handover } from './moving.ts';
import type { Action, Dimension, OddZone, Plan, Spoiling } from './plan.ts';
import type { Random } from './random.ts';
import { signIn } from './sign-in/sign-in-plan.ts';
import { overlapping, Topology } from './topology.ts';

/** A plan while it is made. */
export type Draft = { -readonly [Key in keyof Plan]: Plan[Key] } & {
  rates: Partial<Record<Fault, number>>;
  oddZones: Record<string, OddZone>;
  codes: string[];
  actions: Action[];
};

/** What each dimension adds to a schedule, where it is more than how many zones and ACLs there are. */
export const DIMENSION: Readonly<Partial<Record<Dimension, (draft: Draft, random: Random) => void>>> = {
  'short quota': (draft, random) => {
    draft.limit = random.whole(12, 60);
    draft.codes.push('OKTA005');
  },
  deploys: (draft, random) => {
    const topology = new Topology(draft.deployment);
    const moments = Array.from({ length: random.whole(1, 4) }, () => random.whole(0, draft.actionMs));
    for (const [n, at] of moments.sort((a, b) => a - b).entries()) {
      const change = topology.next(random);
      if (!change) continue;
      draft.actions.push({ at, do: 'redeploy', deployment: change.deployment, change: change.fault });
      // Just then people come, so that runs of both configurations are under way.
      if (random.chance(0.5)) draft.actions.push(...comers(draft, random, at, n));
    }
    draft.deployMs = random.chance(0.5) ? random.whole(500, 15_000) : 0;
    draft.codes.push('ZONE001');
  },
  overlaps: (draft, random) => {
    const sentinel = random.chance(0.5) ? '203.0.113.3/32' : draft.deployment.sentinel;
    const acls = draft.deployment.acls.map((acl) => ({ ...acl, always: fitting(overlapping(random), draft) }));
    draft.deployment = { ...draft.deployment, sentinel, acls };
  },
  'spoiled items': (draft, random) => {
    some(random, 1, 3, () => {
      const how = random.pick<Spoiling>(['more', 'less', 'less', 'other', 'other']);
      draft.actions.push({ at: anyTime(draft, random), do: 'spoil', how, n: random.whole(0, 999) });
    });
    draft.codes.push('STORE002', 'ZONE007');
  },
  'slow Okta': (draft) => {
    draft.oktaMs = [100, 3_000];
  },
  'stale Okta': (draft, random) => {
    draft.rates['stale from Okta'] = random.pick([0.3, 0.6]);
    draft.codes.push('ZONE007', 'ZONE003');
    // Somebody comes and goes: then what a stale read shows is what is wanted.
    const at = anyTime(draft, random);
    const event = {
      do: 'event',
      acl: 'acl-1',
      ip: '203.0.113.1',
      grantId: 'z',
      ageMs: 0,
      durationSeconds: 3_600,
    } as const;
    draft.actions.push({ at, ...event, type: 'access.granted', webhookId: 'comes' });
    draft.actions.push({ at: at + random.whole(1_500, 5_000), ...event, type: 'access.revoked', webhookId: 'goes' });
  },
  'absurd headers': (draft, random) => {
    draft.rates['absurd header'] = random.pick([0.1, 0.4]);
    draft.rates['429 with reset'] ??= 0.1;
    draft.codes.push('OKTA005');
  },
  statuses: (draft, random) => {
    draft.codes.push('ZONE004', 'ZONE007');
    // Mostly one of them alone, so that each also meets calm surroundings.
    const kind = random.pick(['answer', 'mid-pass', 'admin', 'all']);
    if (kind === 'answer' || kind === 'all') draft.rates['other status in an answer'] = random.pick([0.15, 0.4]);
    if (kind === 'mid-pass' || kind === 'all') draft.rates['edit in mid-pass'] = 0.15;
    if (kind !== 'admin' && kind !== 'all') return;
    const zones = zonesOf([draft.deployment]).length;
    some(random, 1, 2, () => {
      const zone = random.whole(0, zones - 1);
      const [edit, back] = random.pick([['deactivates', 'activates'] as const, ['blocklists', 'unblocks'] as const]);
      const at = anyTime(draft, random);
      draft.actions.push({ at, do: 'admin', edit, zone, n: 0 });
      if (random.chance(0.7))
        draft.actions.push({ at: at + random.whole(1_000, 60_000), do: 'admin', edit: back, zone, n: 0 });
    });
  },
  'slow table': (draft, random) => {
    draft.table = { ...tableOf(draft), ms: [3, random.pick([15, 60])], page: random.whole(1, 3) };
  },
  conflicts: (draft) => {
    draft.table = { ...tableOf(draft), ms: [3, 25] };
    // Hardly ever five in a row: so often a call is tried.
    draft.rates['table conflict'] = 0.06;
  },
  'throttled table': (draft) => {
    draft.table = tableOf(draft);
    draft.rates['table throttled'] = 0.02;
    draft.codes.push('STORE001');
  },
  'stale table': (draft) => {
    draft.table = { ...tableOf(draft), stale: true };
  },
  deliveries: (draft, random) => {
    draft.table = tableOf(draft);
    draft.queue = { ...draft.queue, visibilityMs: random.whole(2_000, 5_000) };
    const at = random.whole(0, Math.floor(draft.actionMs / 2));
    const seconds = random.whole(30, 75);
    draft.actions.push({ at, do: 'table out', seconds });
    for (const laterMs of [random.whole(1_000, 20_000), 60_000]) {
      draft.actions.push({ at: at + seconds * 1000 + laterMs, do: 'redrive' });
    }
    apart(draft);
    draft.codes.push('STORE001');
  },
  'replaced queue': (draft, random) => {
    apart(draft);
    draft.queue = { ...draft.queue, firstSequence: 1_000_000 };
    draft.actions.push({ at: anyTime(draft, random), do: 'replace queue' });
    // Whoever waits is told by the numbers how far things are.
    draft.actions = draft.actions.map((action) =>
      action.do === 'event' && random.chance(0.5) ? { ...action, wait: 15 } : action,
    );
  },
  'full zones': fullZones,
  handover,
  'foreign zones': (draft, random) => {
    const [first = '', ...others] = zonesOf([draft.deployment]);
    const zone = random.pick([first, ...others]);
    draft.oddZones[zone] = 'foreign';
    draft.codes.push('ZONE008');
    const who = random.pick(['nobody', 'operator', 'configuration']);
    if (who === 'operator') adoptions(draft, random, zone);
    if (who !== 'configuration') return;
    const acls = draft.deployment.acls.map((acl) => ({ ...acl, replaceExisting: true as const }));
    const deployment = { ...draft.deployment, acls };
    draft.actions.push({ at: anyTime(draft, random), do: 'redeploy', deployment, change: 'foreign zone adopted' });
  },
  'odd zones': (draft, random) => {
    const [first = '', ...others] = zonesOf([draft.deployment]);
    draft.oddZones[random.pick([first, ...others])] = random.pick<OddZone>(['missing', 'missing', 'dynamic', 'system']);
    draft.codes.push('ZONE001', 'ZONE004');
  },
  garbage: (draft, random) => {
    for (const kind of ['garbage row', 'garbage message'] as const) {
      some(random, 0, 2, () => {
        const acl = random.chance(0.9) ? `acl-${random.whole(1, draft.deployment.acls.length)}` : 'acl-unknown';
        draft.actions.push({ at: anyTime(draft, random), do: kind, acl, n: random.whole(0, 999) });
      });
    }
    draft.codes.push('STORE001', 'STORE002');
  },
  'own keys': (draft, random) => {
    draft.ownKeys = true;
    const at = anyTime(draft, random);
    const who = { acl: `acl-${random.whole(1, draft.deployment.acls.length)}`, ip: '203.0.113.9', grantId: 'k' };
    const event = { do: 'event', type: 'access.granted', ...who, webhookId: 'stranger', isKeyWrong: true } as const;
    draft.actions.push({ at, ...event, ageMs: 0, durationSeconds: 3_600 });
  },
  'ids that meet': (draft, random) => {
    const events = draft.actions.filter((action) => action.do === 'event' && !action.isKeyWrong);
    for (const action of events.slice(0, 3)) {
      if (action.do !== 'event') continue;
      const other = draft.deployment.acls.find(({ name }) => name !== action.acl);
      const at = action.at + random.whole(0, 20_000);
      if (other) draft.actions.push({ ...action, at, acl: other.name, wait: 10 });
      // What was set aside leaves its id free.
      else if (!draft.dimensions.includes('deliveries'))
        draft.actions.push({ ...action, at, ip: '203.0.113.77', wait: 10 });
    }
  },
  'service app': signIn,
  IPv6: (draft, random) => {
    const ipv6 = random.pick([64, 128] as const);
    draft.deployment = { ...draft.deployment, ipv6 };
    draft.actions = draft.actions.map((action) => {
      if (action.do === 'redeploy') return { ...action, deployment: { ...action.deployment, ipv6 } };
      if (action.do !== 'event') return action;
      const n = Number(action.ip.slice(action.ip.lastIndexOf('.') + 1));
      return n % 2 === 0 ? { ...action, ip: `2001:db8:0:${n % 3}::${n}` } : action;
    });
  },
};

/** Of two events of the same moment, the one queued later wins: of one that was queued twice, or on another queue, nobody knows. */
function apart(draft: Draft): void {
  const ids = [...new Set(draft.actions.flatMap((action) => (action.do === 'event' ? [action.webhookId] : [])))];
  draft.actions = draft.actions.map((action) =>
    action.do === 'event' ? { ...action, ageMs: action.ageMs + ids.indexOf(action.webhookId) } : action,
  );
}

/** An operator allows it, once or again; and somebody may change the list just then, so that what was allowed is void. */
function adoptions(draft: Draft, random: Random, zone: string): void {
  const acl = draft.deployment.acls.find(({ zoneIds }) => zoneIds.includes(zone))?.name ?? '';
  some(random, 1, 2, () => draft.actions.push({ at: anyTime(draft, random), do: 'adopt', acl }));
  if (random.chance(0.5)) return;
  const at = anyTime(draft, random);
  const n = random.whole(1, 9);
  draft.actions.push({ at, do: 'admin', edit: 'adds', zone: zonesOf([draft.deployment]).indexOf(zone), n });
  draft.codes.push('ZONE007');
}

/** Somebody for each of a few ACLs, around a moment. */
function comers({ deployment }: Draft, random: Random, moment: number, n: number): Action[] {
  return deployment.acls.slice(0, 3).map(({ name: acl }) => {
    const at = Math.max(0, moment + random.whole(-3_000, 3_000));
    const who = { acl, ip: `203.0.113.${random.whole(1, 5)}`, grantId: 'd', webhookId: `d${n}-${acl}` };
    return { at, do: 'event', type: 'access.granted', ...who, ageMs: 0, durationSeconds: 3_600 };
  });
}

function fitting(always: readonly string[], { deployment }: Draft): readonly string[] {
  return always.slice(0, deployment.gatewayLimit);
}

function tableOf({ table }: Draft): NonNullable<Plan['table']> {
  return table ?? { ms: [0, 0], page: 3, stale: false };
}

function anyTime({ actionMs }: Draft, random: Random): number {
  return random.whole(0, actionMs);
}

function some(random: Random, fewest: number, most: number, act: () => void): void {
  for (let n = random.whole(fewest, most); n > 0; n -= 1) act();
}
