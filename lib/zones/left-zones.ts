import { canonicalGateways } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import { describeError } from '../describe-error.ts';
import type { ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import { REPAIR, say } from './pass-lines.ts';
import type { RebuildDeps } from './rebuild-acl.ts';
import { OF_ONE_ZONE, type ZoneMemory, type ZoneState } from './zone-state.ts';
import { confirmedList, DOUBT_MS } from './zone-view.ts';

type Memories = ZoneState['zones'];
type Deps = Pick<RebuildDeps, 'clock' | 'config' | 'newId' | 'states' | 'telemetry'>;
type Okta = Pick<ZoneCalls, 'get'>;

/**
 * Says that the last write of a zone was carried out which the configuration has taken away since, where the run that made it
 * could not: it died, or had no answer. Such a zone is read for this, and never written.
 * @param acl the one that had the zones, and whose lease is held
 * @returns what is remembered from now on
 */
export async function tellOfLeftZones(acl: string, zones: Memories, deps: Deps, okta: Okta): Promise<Memories> {
  const known = { ...zones };
  for (const zoneId of leftZones(zones, deps)) {
    const told = await tellOf(zoneId, acl, zones[zoneId] ?? {}, deps, okta);
    if (told === 'unknown') continue;
    delete known[zoneId];
    if (told !== undefined) known[zoneId] = { write: told, away: true, told: true };
  }
  return known;
}

/**
 * The same for an ACL that was removed: nothing of it is touched, and only the audit gets what it lacks.
 * @param until when the lease is over, in milliseconds since the epoch
 * @returns until when somebody else has the lease; undefined where nothing is left to do
 */
export async function tellOfRemovedAcl(
  acl: string,
  deps: Deps,
  okta: Okta,
  until: number,
): Promise<number | undefined> {
  const { clock, newId, states } = deps;
  if (leftZones((await states.get(acl)).zones, deps).length === 0) return undefined;
  const owner = newId();
  const taken = await states.take(acl, owner, clock.now(), until);
  if (!taken.taken) return taken.until;
  const zones = await tellOfLeftZones(acl, taken.state.zones, deps, okta);
  await states.release(acl, owner, { ...taken.state, zones });
  return undefined;
}

/** The zones that are remembered, but are no ACL's any more, and of whose last write it is not known whether it was told. */
function leftZones(zones: Memories, { config }: Deps): readonly string[] {
  // Whoever has it now tells of it.
  const configured = new Set(Object.values(config.acls).flatMap(({ zoneIds }) => zoneIds));
  return Object.entries(zones).flatMap(([zoneId, { told }]) => (configured.has(zoneId) || told ? [] : [zoneId]));
}

/** @returns the number of the last write that was told; `unknown`: it is to be asked for again */
async function tellOf(
  zoneId: string,
  acl: string,
  memory: ZoneMemory,
  deps: Deps,
  okta: Okta,
): Promise<number | undefined | 'unknown'> {
  const { clock, states, telemetry } = deps;
  const stored = await states.items.get(zoneId);
  const isOwn = typeof stored === 'object' && stored.owner === acl;
  if (!isOwn || confirmedList(stored, memory)) return memory.write;
  try {
    const { zone } = await okta.get(zoneId);
    if (sameList(canonicalGateways(zone.gateways ?? []), stored.after)) {
      const { write, before, after } = stored;
      if (states.items.lastTold(zoneId) !== write) say({ zoneId, acl, write, before, after }, REPAIR, deps);
      return write;
    }
  } catch (error) {
    if (!(error instanceof OktaFailure)) throw error;
    telemetry.warn('whether the last write of a zone that was taken away was carried out is not known', {
      ...{ acl, zoneId, reason: describeError(error) },
    });
    return OF_ONE_ZONE.includes(error.code) ? memory.write : 'unknown';
  }
  // It may still come.
  return clock.now() < stored.at + DOUBT_MS ? 'unknown' : memory.write;
}
