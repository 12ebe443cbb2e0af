import { differenceOf } from '../lib/addresses/list-difference.ts';
import { aclConfig } from '../lib/config.ts';
import { ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import type { Grant } from '../lib/grants/grant-items.ts';
import type { Wake } from '../lib/grants/wake-item.ts';
import type { Telemetry } from '../lib/ports.ts';
import { type Plan, planFor } from '../lib/zones/plan.ts';
import { isListed, readLists, type ZoneList, type ZoneLists } from '../lib/zones/zone-lists.ts';
import { pacedUntil, verifiedAt, type ZoneState } from '../lib/zones/zone-state.ts';
import { ZoneStates } from '../lib/zones/zone-states.ts';
import { type FedBy, type ListStatus, readListStatus } from './list-status.ts';
import { rfc3339 } from './moments.ts';
import type { Target } from './target.ts';

/** All that it is read from. */
type Stored = Pick<Target, 'config' | 'table'>;

/** How an ACL stands, in a word. `untouched`: no event yet, so its zones are read and not written. */
export type Standing = 'right' | 'rebuilding' | 'full' | 'failing' | 'untouched';

export interface GrantStatus {
  readonly user?: string;
  readonly ip: string;
  readonly grantId?: string;
  /** RFC 3339, as all moments here. */
  readonly expiresAt: string;
  /** By the lists that Okta last showed or confirmed. `waiting`: the zones are full. */
  readonly inZone: 'yes' | 'no' | 'waiting';
}

export interface UnusableText {
  /** The row's sort key; empty where only their number is said. */
  readonly item: string;
  readonly detail: string;
}

/** What is wrong, with what it means and what to do. */
export interface Trouble {
  readonly code: ErrorCode;
  readonly name: string;
  readonly impact: string;
  readonly detail: string;
  readonly at: string;
  readonly firstStep: string;
}

export interface ZoneStatus {
  readonly zoneId: string;
  /** The list that Okta last showed or confirmed; null: this ACL has not written it yet. */
  readonly gateways: readonly string[] | null;
  readonly limit: number;
  /** What the next rebuild changes. */
  readonly toAdd: readonly string[];
  readonly toRemove: readonly string[];
  /** Why the zone can't be used, as Okta showed it last: it lets nobody in, and the ACL's other zones go on. */
  readonly trouble?: Trouble;
}

export interface AclStatus {
  readonly acl: string;
  readonly standing: Standing;
  readonly fedBy: FedBy;
  /** Knocknoc's list, where it is read. */
  readonly list?: ListStatus;
  readonly grants: readonly GrantStatus[];
  /** Stored rows that are left out (`STORE002`), where there are some. */
  readonly unusable?: readonly UnusableText[];
  readonly zones: readonly ZoneStatus[];
  /** When the zones were last seen to be right. */
  readonly verifiedAt?: string;
  /** No call goes out before this moment. */
  readonly restsUntil?: string;
  readonly lastError?: Trouble;
}

/**
 * How an ACL stands, by the table alone: Okta is not asked.
 * @param now milliseconds since the epoch
 */
export async function readAclStatus(target: Stored, acl: string, now: number): Promise<AclStatus> {
  const unusable: UnusableText[] = [];
  const error: Telemetry['error'] = (_code, detail, fields) =>
    unusable.push({ item: String(fields?.item ?? ''), detail });
  const book = new GrantBook(target.table, target.config, { error });
  const states = new ZoneStates(target.table);
  const zoneIds = aclConfig(target.config, acl)?.zoneIds ?? [];
  // The state first: a grant that comes in between then counts as not in the zone yet, never the reverse.
  const state = await states.get(acl);
  const lists = await readLists(acl, zoneIds, state, states.items);
  const oktaRests = await states.rest.until(now);
  // What a batch has stored is announced at its end: until then a grant can be there that the position does not tell of.
  const live = await book.live(acl, now);
  const wake = await book.wake.read(acl);
  const plan = planOf(target, acl, zoneIds, state, lists, live);
  const zones = zoneIds.map((zoneId) => zoneOf(zoneId, state, lists[zoneId], wake.events && plan, target));
  const verified = verifiedAt(state, zoneIds);
  const restsUntil = Math.max(pacedUntil(state, now), oktaRests);
  const waiting = new Set(plan?.waiting);
  const grants: readonly GrantStatus[] = live.map((grant) => ({
    ...(grant.user !== undefined && { user: grant.user }),
    ip: grant.ip,
    ...(grant.grantId !== undefined && { grantId: grant.grantId }),
    expiresAt: rfc3339(grant.expiresAt),
    inZone: isListed(grant.ip, lists, state) ? 'yes' : waiting.has(grant.ip) ? 'waiting' : 'no',
  }));
  return {
    acl,
    standing: standingOf(state, wake, lists, zones, grants),
    ...(await readListStatus(target, acl, live, wake, now)),
    grants,
    ...(unusable.length > 0 && { unusable }),
    zones,
    ...(verified !== undefined && { verifiedAt: rfc3339(verified) }),
    ...(restsUntil > now && { restsUntil: rfc3339(restsUntil) }),
    ...(state.lastError && { lastError: troubleOf(state.lastError) }),
  };
}

/** What the next rebuild would plan. @returns undefined where no zone can be used: then nobody waits for room */
function planOf(
  { config }: Stored,
  acl: string,
  zoneIds: readonly string[],
  state: ZoneState,
  lists: ZoneLists,
  grants: readonly Grant[],
): Plan | undefined {
  const settings = aclConfig(config, acl);
  const usable = zoneIds.filter((zoneId) => !state.zones[zoneId]?.trouble);
  if (!settings || usable.length === 0) return undefined;
  // A zone of which nothing is known has room, as far as is known.
  const zones = usable.map((zoneId) => ({ zoneId, has: lists[zoneId]?.confirmed ?? [] }));
  return planFor(zones, true, grants, settings, config);
}

/** @param plan undefined where nothing is to be written */
function zoneOf(
  zoneId: string,
  state: ZoneState,
  list: ZoneList | undefined,
  plan: Plan | undefined,
  { config }: Stored,
): ZoneStatus {
  const { trouble } = state.zones[zoneId] ?? {};
  const gateways = list?.confirmed;
  const { added, removed } = differenceOf(gateways ?? [], plan?.lists.get(zoneId) ?? gateways ?? []);
  return {
    ...{ zoneId, gateways: gateways ?? null, limit: config.gatewayLimit, toAdd: added, toRemove: removed },
    ...(trouble && { trouble: troubleOf(trouble) }),
  };
}

function troubleOf({ code, detail, at }: { code: ErrorCode; detail: string; at: number }): Trouble {
  const { name, impact, firstStep } = ERRORS[code];
  return { code, name, impact, detail, at: rfc3339(at), firstStep };
}

function standingOf(
  state: ZoneState,
  { events, changes }: Wake,
  lists: ZoneLists,
  zones: readonly ZoneStatus[],
  grants: readonly GrantStatus[],
): Standing {
  // A rest that Okta asked for is over by itself.
  if (state.lastError?.code === 'OKTA005') return 'rebuilding';
  if (state.lastError) return state.lastError.code === 'ZONE005' ? 'full' : 'failing';
  if (!events) return 'untouched';
  const differs = zones.some(({ toAdd, toRemove }) => toAdd.length + toRemove.length > 0);
  const isUnsure = zones.some(({ zoneId }) => lists[zoneId] === undefined || lists[zoneId].after !== undefined);
  const isOld = state.confirmedPosition !== events.position || (state.confirmedChanges ?? 0) !== changes;
  const isAnyOut = grants.some(({ inZone }) => inZone !== 'yes');
  return differs || isUnsure || isOld || isAnyOut || state.unfinished ? 'rebuilding' : 'right';
}
