import { canonicalGateways } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import { describeError } from '../describe-error.ts';
import type { ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Clock, Telemetry } from '../ports.ts';
import type { ZoneItems } from './zone-items.ts';
import { OF_ONE_ZONE, type ZoneMemory, type ZoneState } from './zone-state.ts';
import { confirmedList, DOUBT_MS } from './zone-view.ts';
import type { ZoneChange } from './zone-work.ts';

type Memories = ZoneState['zones'];

export interface LeftZonesDeps {
  readonly acl: string;
  /** Whether an ACL has the zone by the configuration: then it is that one's to tell. */
  readonly isConfigured: (zoneId: string) => boolean;
  readonly items: ZoneItems;
  readonly okta: Pick<ZoneCalls, 'get'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly say: (change: ZoneChange) => void;
}

/** The zones that are remembered, but are no ACL's any more, and of whose last write it is not known whether it was told. */
export function leftZones(zones: Memories, isConfigured: (zoneId: string) => boolean): readonly string[] {
  return Object.entries(zones).flatMap(([zoneId, { left }]) => (isConfigured(zoneId) || left ? [] : [zoneId]));
}

/**
 * Says that the last write of a zone was carried out which the configuration has taken away since, where the run that made it
 * could not: it died, or had no answer. Such a zone is read for this, and never written.
 * @returns what is remembered from now on
 */
export async function tellOfLeftZones(zones: Memories, deps: LeftZonesDeps): Promise<Memories> {
  const known = { ...zones };
  for (const zoneId of leftZones(zones, deps.isConfigured)) {
    const told = await tellOf(zoneId, zones[zoneId] ?? {}, deps);
    if (told === 'unknown') continue;
    delete known[zoneId];
    if (told !== undefined) known[zoneId] = { write: told, left: true };
  }
  return known;
}

/** @returns the number of the last write that was told; `unknown`: it is to be asked for again */
async function tellOf(
  zoneId: string,
  memory: ZoneMemory,
  deps: LeftZonesDeps,
): Promise<number | undefined | 'unknown'> {
  const { acl, items, okta, clock, telemetry, say } = deps;
  const stored = await items.get(zoneId);
  const isOwn = typeof stored === 'object' && stored.owner === acl;
  if (!isOwn || confirmedList(stored, memory)) return memory.write;
  try {
    const { zone } = await okta.get(zoneId);
    if (sameList(canonicalGateways(zone.gateways ?? []), stored.after)) {
      const { owner, write, before, after } = stored;
      if (items.lastTold(zoneId) !== write) say({ zoneId, acl: owner, write, before, after });
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
