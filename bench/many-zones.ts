import { sameList } from '../lib/addresses/list-difference.ts';
import { ACL, SENTINEL, VirtualSystem } from '../test/helpers/virtual-system.ts';

/** A quota in which whatever comes before the measurement goes fast. */
const AMPLE = 100_000;
export const MINUTE_MS = 60_000;
/** As the configuration has it where it says nothing. */
export const VERIFY_MINUTES = 5;
/** Calls to Okta a minute. */
export const LIMITS = [600, 300] as const;

export interface ManyZones {
  readonly system: VirtualSystem;
  /** By name, in the order of the configuration. */
  readonly acls: ReadonlyMap<string, readonly string[]>;
}

/** ACLs with so many zones each, of which nothing is known yet. @param latencyMs of a call to Okta */
export function manyZones(acls: number, zones: number, gatewayLimit: number, latencyMs: number): ManyZones {
  const named = new Map(
    Array.from({ length: acls }, (_, acl) => [
      acl === 0 ? ACL : `${ACL}-${acl}`,
      Array.from({ length: zones }, (_, zone) => `nzo1bench${String(1_000 * acl + zone).padStart(11, '0')}`),
    ]),
  );
  const settings = Object.fromEntries([...named].map(([acl, zoneIds]) => [acl, { zoneIds }]));
  const system = new VirtualSystem({ acls: settings, gatewayLimit });
  for (const id of [...named.values()].flat()) {
    system.okta.seedZone(id, { name: id, gateways: [{ type: 'CIDR', value: SENTINEL }] });
  }
  system.latencyMs = latencyMs;
  return { system, acls: named };
}

/** Lets so many people into each ACL, one by one, and waits until its zones have them all. */
export async function fill({ system, acls }: ManyZones, people: number): Promise<void> {
  const latencyMs = system.latencyMs;
  system.latencyMs = 1;
  system.okta.setRateLimit({ limit: AMPLE });
  for (const [index, acl] of [...acls.keys()].entries()) {
    for (let person = 0; person < people; person += 1) await login(system, acl, addressOf(index, person));
  }
  await system.clock.advance(10 * MINUTE_MS);
  system.latencyMs = latencyMs;
  const inZones = [...acls.values()].flat().reduce((sum, zoneId) => sum + peopleIn(system, zoneId).length, 0);
  if (inZones !== people * acls.size) throw new Error(`${inZones} of ${people * acls.size} people are in`);
}

/** From now on so many calls a minute are allowed, and the first of these minutes begins with the next call. */
export async function limitTo(system: VirtualSystem, limit: number): Promise<void> {
  system.okta.setRateLimit({ limit });
  await system.clock.advance(2 * MINUTE_MS);
}

export async function login(system: VirtualSystem, acl: string, ip: string): Promise<void> {
  await accepted(system, 'access.granted', { acl, ip, durationSeconds: 86_400 });
}

export async function accepted(system: VirtualSystem, type: string, data: Readonly<Record<string, unknown>>) {
  const { status } = await system.send(type, data);
  if (status !== 202) throw new Error(`an event was answered with ${status}`);
}

export function peopleIn(system: VirtualSystem, zoneId: string): string[] {
  return system.gateways(zoneId).filter((entry) => entry !== SENTINEL);
}

/** Whether nobody is left in any zone. */
export function allEmpty({ system, acls }: ManyZones): boolean {
  return [...acls.values()].flat().every((zoneId) => sameList(system.gateways(zoneId), [SENTINEL]));
}

/** Far apart: no two people are neighbours whose addresses could share an entry. */
export function addressOf(acl: number, person: number): string {
  return `8.${acl}.${person >> 7}.${(person & 127) * 2}`;
}

/** From now on: when each entry first was in a zone. Milliseconds since the epoch. */
export function arrivalsIn({ okta, clock }: VirtualSystem): ReadonlyMap<string, number> {
  const arrivals = new Map<string, number>();
  const begin = okta.begin.bind(okta);
  okta.begin = (request) => {
    const call = begin(request);
    if (request.method !== 'PUT') return call;
    const { gateways }: { gateways: readonly { readonly value: string }[] } = JSON.parse(request.body);
    const complete = call.complete.bind(call);
    call.complete = () => {
      const outcome = complete();
      if (outcome.kind === 'answer' && outcome.status === 200) {
        for (const { value } of gateways) if (!arrivals.has(value)) arrivals.set(value, clock.now());
      }
      return outcome;
    };
    return call;
  };
  return arrivals;
}
