import { type Block, canonicalGateways, covers, readableBlocks } from '../addresses/address-block.ts';
import { sameList } from '../addresses/list-difference.ts';
import { aclConfig, type Config } from '../config.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import type { ZoneCalls } from '../okta/client.ts';
import { OktaFailure } from '../okta/okta-failure.ts';
import type { Clock } from '../ports.ts';
import { foreignEntries } from './adoption.ts';
import { planFor } from './plan.ts';
import type { ZoneStates } from './zone-states.ts';

export interface AdoptionDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
}

/** A zone that this system has never written, with entries that are not its own. Lists are canonical. */
export interface ForeignZone {
  readonly zoneId: string;
  /** As Okta has it. */
  readonly shown: readonly string[];
  /** What of it the first write takes out. */
  readonly goes: readonly string[];
  /** What of it is let in anyway: by a live grant, or by the configuration. */
  readonly stays: readonly string[];
  /** A person has seen this very list, and allows that it be replaced. */
  readonly isAllowed: boolean;
}

export interface ZonesToAdopt {
  readonly zones: readonly ForeignZone[];
  /** Of zones that are not there. */
  readonly failures: readonly OktaFailure[];
}

/**
 * Reads those of an ACL's zones that this system has never written.
 * @param zoneIds some or all of the ACL's
 * @throws {OktaFailure} when Okta as a whole refuses or does not answer
 */
export async function zonesToAdopt(
  acl: string,
  zoneIds: readonly string[],
  okta: Pick<ZoneCalls, 'get'>,
  deps: AdoptionDeps,
): Promise<ZonesToAdopt> {
  const zones: ForeignZone[] = [];
  const failures: OktaFailure[] = [];
  for (const zoneId of zoneIds) {
    if ((await deps.states.items.get(zoneId)) !== 'none') continue;
    try {
      const { zone } = await okta.get(zoneId);
      const foreign = await foreignZone(acl, zoneId, canonicalGateways(zone.gateways ?? []), deps);
      if (foreign) zones.push(foreign);
    } catch (error) {
      if (!(error instanceof OktaFailure) || error.code !== 'ZONE001') throw error;
      failures.push(error.about({ zoneId }));
    }
  }
  return { zones, failures };
}

/**
 * Judges a zone's list by whose it is.
 * @param shown canonical, as Okta has it
 * @returns undefined where the zone is written without anybody's word: it is ours, or nobody else's
 */
export async function foreignZone(
  acl: string,
  zoneId: string,
  shown: readonly string[],
  { config, clock, grants, states }: AdoptionDeps,
): Promise<ForeignZone | undefined> {
  const settings = aclConfig(config, acl);
  if (!settings || settings.replaceExisting || (await states.items.get(zoneId)) !== 'none') return undefined;
  const wanted = planFor([], true, await grants.holders(acl, clock.now()), settings, config).wanted();
  if (foreignEntries(shown, wanted).length === 0) return undefined;
  const allowed = await states.items.adoption(zoneId);
  return {
    ...{ zoneId, shown, isAllowed: allowed !== undefined && sameList(allowed, shown) },
    goes: shown.filter((text) => !isAmong(text, wanted)),
    stays: shown.filter((text) => isAmong(text, wanted)),
  };
}

/**
 * Stores that a person allows these lists to be replaced. Each permission is good for the list that was shown, and for no
 * other: where it changes before the zone's first write, the zone is not taken over.
 */
export async function allowAdoption(
  acl: string,
  zones: readonly Pick<ForeignZone, 'zoneId' | 'shown'>[],
  { clock, states }: Pick<AdoptionDeps, 'clock' | 'states'>,
): Promise<void> {
  for (const { zoneId, shown } of zones) await states.items.allowAdoption(zoneId, acl, shown, clock.now());
}

function isAmong(text: string, blocks: readonly Block[]): boolean {
  const [block] = readableBlocks([text]);
  return block !== undefined && blocks.some((one) => covers(one, block));
}
