import type { DeployedAcl, Deployment } from './deployment.ts';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';

/** One change of the configuration, and what it is counted as. */
export interface Change {
  readonly fault: Fault;
  readonly deployment: Deployment;
}

/** A zone id that was never any. */
const MISTYPED = '-mistyped';

/** What is always allowed, and holds people that have grants of their own. */
const OVERLAPPING: readonly [readonly string[], ...(readonly string[])[]] = [
  ['203.0.113.2'],
  ['203.0.113.0/30'],
  ['203.0.113.0/24'],
  ['203.0.113.3-203.0.113.6', '198.51.100.0/24'],
];

type Changing = (now: Deployment, acl: DeployedAcl, random: Random, removed: DeployedAcl[]) => Change | undefined;

const CHANGES: readonly Changing[] = [
  (now, acl, random) => {
    const used = now.acls.flatMap(({ zoneIds }) => zoneIds).length;
    const zone = `zone-${acl.name.slice(4)}-new-${used}`;
    const known = now.acls.some(({ zoneIds }) => zoneIds.includes(zone));
    if (known) return undefined;
    const zoneIds = random.chance(0.5) ? [...acl.zoneIds, zone] : [zone, ...acl.zoneIds];
    return { fault: 'zone added', deployment: withAcl(now, { ...acl, zoneIds }) };
  },
  (now, acl, random) => {
    if (acl.zoneIds.length === 1) return undefined;
    const zoneIds = acl.zoneIds.toSpliced(random.whole(0, acl.zoneIds.length - 1), 1);
    return { fault: 'zone removed', deployment: withAcl(now, { ...acl, zoneIds }) };
  },
  (now, acl) => {
    if (acl.zoneIds.length === 1) return undefined;
    const [first = '', ...others] = acl.zoneIds;
    return { fault: 'zones reordered', deployment: withAcl(now, { ...acl, zoneIds: [...others, first] }) };
  },
  (now, acl, random) => {
    const wrong = acl.zoneIds.findIndex((zoneId) => zoneId.endsWith(MISTYPED));
    if (wrong >= 0) {
      const right = acl.zoneIds[wrong]?.slice(0, -MISTYPED.length) ?? '';
      return { fault: 'zone mistyped', deployment: withAcl(now, { ...acl, zoneIds: acl.zoneIds.with(wrong, right) }) };
    }
    const at = random.chance(0.7) ? 0 : random.whole(0, acl.zoneIds.length - 1);
    const zoneIds = acl.zoneIds.with(at, `${acl.zoneIds[at]}${MISTYPED}`);
    return { fault: 'zone mistyped', deployment: withAcl(now, { ...acl, zoneIds }) };
  },
  (now, acl, random) => {
    const other = now.acls[random.whole(0, now.acls.length - 1)];
    if (!other || other.name === acl.name) return undefined;
    const at = random.whole(0, acl.zoneIds.length - 1);
    const zone = acl.zoneIds[at] ?? '';
    // Where it is the only one, the two change places.
    const [back = '', ...rest] = other.zoneIds;
    const isOnly = acl.zoneIds.length === 1;
    const given = isOnly ? [back] : acl.zoneIds.toSpliced(at, 1);
    const taken = isOnly ? [zone, ...rest] : [...other.zoneIds, zone];
    const moved = withAcl(withAcl(now, { ...acl, zoneIds: given }), { ...other, zoneIds: taken });
    return { fault: 'zone moved', deployment: moved };
  },
  (now, _, random) => {
    const most = Math.max(1, ...now.acls.map(({ always }) => always.length));
    const gatewayLimit =
      now.gatewayLimit > 10 ? Math.max(most, random.whole(2, 4)) : random.pick([150, now.gatewayLimit - 1]);
    if (gatewayLimit < most) return undefined;
    return { fault: 'limit lowered', deployment: { ...now, gatewayLimit } };
  },
  (now, acl, random) => {
    const always = random.chance(0.3) ? [] : random.pick(OVERLAPPING);
    if (always.length > now.gatewayLimit) return undefined;
    return { fault: 'always overlaps', deployment: withAcl(now, { ...acl, always }) };
  },
  (now, _, random) => {
    const sentinel = random.pick(['203.0.113.3/32', '192.0.2.0/32', '192.0.2.9/32']);
    return { fault: 'sentinel overlaps', deployment: { ...now, sentinel } };
  },
  (now, acl, _, removed) => {
    if (now.acls.length === 1) return undefined;
    removed.push(acl);
    return { fault: 'ACL removed', deployment: { ...now, acls: now.acls.filter(({ name }) => name !== acl.name) } };
  },
];

/** Changes one after the other, each on top of those before it. */
export class Topology {
  #now: Deployment;
  readonly #removed: DeployedAcl[] = [];

  constructor(first: Deployment) {
    this.#now = first;
  }

  /** @returns undefined where chance picked a change that is none here */
  next(random: Random): Change | undefined {
    const change = this.#back() ?? this.#any(random);
    if (change) this.#now = change.deployment;
    return change;
  }

  /** An ACL that was removed comes back with the next change. */
  #back(): Change | undefined {
    const acl = this.#removed.pop();
    if (!acl) return undefined;
    const taken = new Set(this.#now.acls.flatMap(({ zoneIds }) => zoneIds));
    const zoneIds = acl.zoneIds.filter((zoneId) => !taken.has(zoneId));
    if (zoneIds.length === 0) return undefined;
    return { fault: 'ACL back', deployment: { ...this.#now, acls: [...this.#now.acls, { ...acl, zoneIds }] } };
  }

  #any(random: Random): Change | undefined {
    const [first, ...others] = this.#now.acls;
    const change = CHANGES[random.whole(0, CHANGES.length - 1)];
    if (!first || !change) return undefined;
    return change(this.#now, random.pick([first, ...others]), random, this.#removed);
  }
}

/** Whether a zone id is one that was mistyped: there is no such zone. */
export function isMistyped(zoneId: string): boolean {
  return zoneId.endsWith(MISTYPED);
}

export function overlapping(random: Random): readonly string[] {
  return random.pick(OVERLAPPING);
}

function withAcl(deployment: Deployment, changed: DeployedAcl): Deployment {
  return { ...deployment, acls: deployment.acls.map((acl) => (acl.name === changed.name ? changed : acl)) };
}
