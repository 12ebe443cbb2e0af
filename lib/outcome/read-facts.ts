import { blockOf, covers } from '../addresses/address-block.ts';
import { widened } from '../addresses/merged-blocks.ts';
import { aclConfig, type Config } from '../config.ts';
import type { GrantBook } from '../grants/grant-book.ts';
import type { Grant } from '../grants/grant-items.ts';
import type { SeenEvent } from '../grants/seen-event.ts';
import type { ZoneMemory } from '../zones/zone-state.ts';
import type { ZoneStates } from '../zones/zone-states.ts';
import { confirmedList } from '../zones/zone-view.ts';
import type { OutcomeFacts, Progress, ZoneFacts } from './judge-outcome.ts';

export interface FactSources {
  readonly config: Pick<Config, 'acls' | 'sentinel' | 'ipv6PrefixLength'>;
  readonly grants: GrantBook;
  readonly states: ZoneStates;
}

/** What the rebuilds of an ACL have come to. @param stale an older state will do */
export async function readProgress(acl: string, sources: FactSources, stale: boolean): Promise<Progress> {
  const { grants, states } = sources;
  const [state, wake] = await Promise.all([states.get(acl, { stale }), grants.wake.read(acl, { stale })]);
  return { state, position: wake.events?.position };
}

/**
 * Reads all that an outcome is judged by. The state first: a list that was announced after that counts as not confirmed.
 * The grants last: whoever is in a list by a grant that is over meanwhile is looked at again.
 * @param now milliseconds since the epoch
 */
export async function readFacts(
  acl: string,
  event: SeenEvent,
  now: number,
  sources: FactSources,
): Promise<OutcomeFacts> {
  const { config, grants } = sources;
  const { zoneIds = [], alwaysAllow = [] } = aclConfig(config, acl) ?? {};
  const progress = await readProgress(acl, sources, false);
  const { zones: memories } = progress.state;
  const zones = await Promise.all(zoneIds.map((id) => readZone(id, acl, memories[id] ?? {}, sources)));
  const since = event.overtakenBy ?? (await grants.memory.overtaker(acl, event, now));
  const always = alwaysAllow.map(blockOf);
  const { ip } = event;
  const isWide = ip?.includes(':') && config.ipv6PrefixLength < 128;
  const isAll = ip === undefined ? zones.some(({ trouble }) => trouble) : isWide;
  const known = isAll ? await grants.live(acl, now) : ip === undefined ? [] : await grants.liveOn(acl, ip, now);
  const holding = ip === undefined ? known : known.filter((grant) => holds(grant, ip, config.ipv6PrefixLength));
  const own = await storedGrant(acl, event, now, grants);
  return {
    ...progress,
    ...{ event, now, zones, overtakenBy: since, heldBy: holding.length, stored: own },
    alwaysAllowed: ip !== undefined && always.some((block) => covers(block, blockOf(ip))),
    ours: [blockOf(config.sentinel), ...always, ...holding.map((grant) => blockOf(grant.ip))],
  };
}

async function readZone(zoneId: string, acl: string, memory: ZoneMemory, sources: FactSources): Promise<ZoneFacts> {
  const { items } = sources.states;
  const { trouble } = memory;
  if (trouble?.code === 'ZONE008') {
    const foreign = await items.foreign(zoneId);
    return { trouble, lists: foreign && [foreign] };
  }
  const stored = await items.get(zoneId);
  if (typeof stored !== 'object') return { trouble, lists: undefined };
  const either = [stored.before, stored.after];
  // What can't be used is not written: it has what it had.
  if (trouble) return { trouble, lists: either };
  // Of one that was out of the configuration Okta has not shown what it has since.
  if (stored.owner !== acl || memory.doubted || memory.away) return { lists: undefined };
  const confirmed = confirmedList(stored, memory);
  return { lists: confirmed ? [confirmed] : either };
}

/** An IP is let in by each grant whose network holds it. */
function holds(grant: Grant, ip: string, ipv6PrefixLength: number): boolean {
  return covers(widened(blockOf(grant.ip), ipv6PrefixLength), blockOf(ip));
}

async function storedGrant(
  acl: string,
  event: SeenEvent,
  now: number,
  grants: GrantBook,
): Promise<OutcomeFacts['stored']> {
  const { type, ip, grantId } = event;
  if (type !== 'access.granted' || ip === undefined) return 'gone';
  return grants.stored({ acl, ip, ...(grantId !== undefined && { grantId }) }, now);
}
