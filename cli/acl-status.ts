import { type Block, blockOf, covers, readableBlocks } from '../lib/addresses/address-block.ts';
import { differenceOf } from '../lib/addresses/list-difference.ts';
import { aclConfig } from '../lib/config.ts';
import { ERRORS, type ErrorCode } from '../lib/error-codes.ts';
import { positionOf } from '../lib/grants/event-order.ts';
import { GrantBook } from '../lib/grants/grant-book.ts';
import type { Grant } from '../lib/grants/grant-items.ts';
import type { Telemetry } from '../lib/ports.ts';
import { desiredGateways } from '../lib/zones/desired-gateways.ts';
import { isWaiting } from '../lib/zones/waiting-record.ts';
import type { KnownLists } from '../lib/zones/zone-lists.ts';
import { type ZoneState, ZoneStates } from '../lib/zones/zone-state.ts';
import type { Target } from './target.ts';

/** How an ACL stands, in a word. `untouched`: no event yet, so its zones are read and not written. */
export type Standing = 'right' | 'rebuilding' | 'full' | 'failing' | 'untouched';

export interface GrantStatus {
  readonly user?: string;
  readonly ip: string;
  readonly grantId?: string;
  /** RFC 3339, as all moments here. */
  readonly expiresAt: string;
  /** By the list that Okta last showed or confirmed. `waiting`: the zones are full. */
  readonly inZone: 'yes' | 'no' | 'waiting';
}

export interface UnusableText {
  /** The row's sort key; empty where only their number is said. */
  readonly item: string;
  readonly detail: string;
}

export interface AclStatus {
  readonly acl: string;
  readonly standing: Standing;
  readonly grants: readonly GrantStatus[];
  /** Stored rows that are left out (`STORE002`), where there are some. */
  readonly unusable?: readonly UnusableText[];
  readonly zones: readonly {
    readonly zoneId: string;
    /** The list that Okta last showed or confirmed; null: it was never written by this system. */
    readonly gateways: readonly string[] | null;
    readonly limit: number;
    /** What the next rebuild changes. */
    readonly toAdd: readonly string[];
    readonly toRemove: readonly string[];
  }[];
  /** When the zones were last seen to be right. */
  readonly verifiedAt?: string;
  /** No call goes out before this moment. */
  readonly restsUntil?: string;
  readonly lastError?: {
    readonly code: ErrorCode;
    readonly name: string;
    readonly impact: string;
    readonly detail: string;
    readonly at: string;
    readonly firstStep: string;
  };
}

/**
 * How an ACL stands, by the table alone: Okta is not asked.
 * @param now milliseconds since the epoch
 */
export async function readAclStatus(target: Target, acl: string, now: number): Promise<AclStatus> {
  const unusable: UnusableText[] = [];
  const error: Telemetry['error'] = (_code, detail, fields) =>
    unusable.push({ item: String(fields?.item ?? ''), detail });
  const book = new GrantBook(target.table, target.config, { error });
  const states = new ZoneStates(target.table);
  // The state first: a grant that comes in between then counts as not in the zone yet, never the reverse.
  const state = await states.get(acl);
  const lists = (await states.lists(acl, state)).known();
  const oktaRests = await states.rest.until(now);
  const position = await book.position(acl);
  const grants = await book.live(acl, now);
  const zones = zonesOf(target, acl, lists, position === undefined ? undefined : grants);
  const listed = zones.flatMap(({ gateways }) => readableBlocks(gateways ?? []));
  const restsUntil = Math.max(state.notBefore ?? 0, oktaRests);
  return {
    acl,
    standing: standingOf(state, position, zones),
    grants: grants.map((grant) => ({
      ...(grant.user !== undefined && { user: grant.user }),
      ip: grant.ip,
      ...(grant.grantId !== undefined && { grantId: grant.grantId }),
      expiresAt: new Date(grant.expiresAt).toISOString(),
      inZone: inZone(grant, state, lists, listed),
    })),
    ...(unusable.length > 0 && { unusable }),
    zones,
    ...(state.verifiedAt !== undefined && { verifiedAt: new Date(state.verifiedAt).toISOString() }),
    ...(restsUntil > now && { restsUntil: new Date(restsUntil).toISOString() }),
    ...(state.lastError && {
      lastError: {
        code: state.lastError.code,
        name: ERRORS[state.lastError.code].name,
        impact: ERRORS[state.lastError.code].impact,
        detail: state.lastError.detail,
        at: new Date(state.lastError.at).toISOString(),
        firstStep: ERRORS[state.lastError.code].firstStep,
      },
    }),
  };
}

function inZone(
  { ip, order }: Grant,
  state: ZoneState,
  lists: KnownLists,
  listed: readonly Block[],
): GrantStatus['inZone'] {
  // A grant that the lists were made without is not in them yet; whether there is room is not known.
  const isNew = positionOf(order) > (state.confirmedPosition ?? '');
  if (!isNew && isWaiting(state, ip, lists)) return 'waiting';
  const block = blockOf(ip);
  return listed.some((entry) => covers(entry, block)) ? 'yes' : 'no';
}

function zonesOf(target: Target, acl: string, lists: KnownLists, grants: readonly Grant[] | undefined) {
  const settings = aclConfig(target.config, acl);
  const zoneIds = settings?.zoneIds ?? [];
  const written = zoneIds.map((zoneId) => lists[zoneId]?.written);
  const desired = grants
    ? desiredGateways({
        grants,
        alwaysAllow: settings?.alwaysAllow ?? [],
        sentinel: target.config.sentinel,
        zones: written.map((list) => list ?? []),
        gatewayLimit: target.config.gatewayLimit,
        ipv6PrefixLength: target.config.ipv6PrefixLength,
      }).zones
    : undefined;
  return zoneIds.map((zoneId, index) => {
    const gateways = written[index];
    const { added, removed } = differenceOf(gateways ?? [], desired?.[index] ?? gateways ?? []);
    const limit = target.config.gatewayLimit;
    return { zoneId, gateways: gateways ?? null, limit, toAdd: added, toRemove: removed };
  });
}

function standingOf(state: ZoneState, position: string | undefined, zones: AclStatus['zones']): Standing {
  if (state.lastError) return state.lastError.code === 'ZONE005' ? 'full' : 'failing';
  if (position === undefined) return 'untouched';
  const differs = zones.some(({ toAdd, toRemove }) => toAdd.length + toRemove.length > 0);
  return differs || state.needsSync || state.confirmedPosition !== position ? 'rebuilding' : 'right';
}
