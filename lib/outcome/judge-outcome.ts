import { type Block, blockOf, covers, readableBlocks } from '../addresses/address-block.ts';
import { ERRORS } from '../error-codes.ts';
import type { SeenEvent } from '../grants/seen-event.ts';
import type { ZoneState, ZoneTrouble } from '../zones/zone-state.ts';
import { type Outcome, PENDING } from './outcome.ts';

/** What is known of one of the ACL's zones. */
export interface ZoneFacts {
  readonly trouble?: Pick<ZoneTrouble, 'code' | 'detail'> | undefined;
  /** Each list that it can have, canonical: one, or two while a write is under way. Undefined: nobody knows. */
  readonly lists: readonly (readonly string[])[] | undefined;
}

/** What the rebuilds of an ACL have come to. */
export interface Progress {
  readonly state: ZoneState;
  /** Of the ACL's last event that was applied. */
  readonly position: string | undefined;
}

export interface OutcomeFacts extends Progress {
  readonly event: SeenEvent;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** All zones of the ACL. */
  readonly zones: readonly ZoneFacts[];
  /** What has overtaken the event, when it was applied or since. */
  readonly overtakenBy: string | undefined;
  /** How many live grants hold the event's IP. */
  readonly heldBy: number;
  /** What is stored of the grant that the event made: it lives, it is not there, or it can't be used. */
  readonly stored: 'live' | 'gone' | 'unusable';
  /** The configuration lets the IP in. */
  readonly alwaysAllowed: boolean;
  /** What keeps no IP's person in: the sentinel, and what the configuration lets in. */
  readonly ours: readonly Block[];
}

/**
 * Whether a rebuild has read the event's position, so that whatever is written from then on reflects it. A position above the
 * ACL's last one is of another numbering, and says nothing.
 */
export function isRead(event: SeenEvent, { state, position }: Progress): boolean {
  return isAt(state.confirmedPosition, event, position) || isAt(state.lastError?.position, event, position);
}

/**
 * Pure: what became of an event, by what Okta last confirmed.
 *
 * A granted IP must stand in a zone that can be used. A revoked one must stand in none, unless somebody else holds it. A
 * zone that can't be used lets nobody in by this system, but whoever stands in it may get in by it: of them no revoke is applied. One
 * that does not exist lets in nobody at all.
 */
export function judgeOutcome(facts: OutcomeFacts): Outcome {
  const { event, now } = facts;
  if (event.type === 'access.granted' && facts.overtakenBy === undefined) {
    if ((event.expiresAt ?? 0) <= now) return { status: 'expired' };
    if (facts.stored === 'unusable') {
      return { status: 'failed', code: 'STORE002', detail: 'what is stored of the grant is left out', heals: false };
    }
  }
  if (!isRead(event, facts)) return passing(facts) ?? PENDING;
  if (event.type === 'access.flushed') return judgeFlush(facts);
  return event.type === 'access.granted' ? judgeGrant(facts) : judgeRevoke(facts);
}

function judgeGrant(facts: OutcomeFacts): Outcome {
  const { overtakenBy, heldBy, stored, zones } = facts;
  // Whoever overtook it decides; where others hold the IP, it is in.
  if (overtakenBy !== undefined && heldBy === 0) return applied(facts);
  if (overtakenBy === undefined && stored !== 'live') return PENDING;
  const isIn = zones.some((zone) => !zone.trouble && everyList(zone, facts.event.ip));
  return isIn ? applied(facts) : (failure(facts) ?? PENDING);
}

function judgeRevoke(facts: OutcomeFacts): Outcome {
  const { heldBy, alwaysAllowed, zones, event } = facts;
  const usable = zones.filter(({ trouble }) => !trouble);
  if (!zones.some(isShown)) return unusable(zones) ?? failure(facts) ?? PENDING;
  if (heldBy > 0 || alwaysAllowed) return applied(facts);
  const standsIn = zones.find((zone) => lettingIn(zone) && someList(zone, event.ip));
  if (standsIn) return unusable([standsIn]) ?? PENDING;
  return usable.every((zone) => noList(zone, event.ip)) ? applied(facts) : (failure(facts) ?? PENDING);
}

function judgeFlush(facts: OutcomeFacts): Outcome {
  const { event, ours, position, state, zones } = facts;
  const usable = zones.filter(({ trouble }) => !trouble);
  if (usable.length === 0) return unusable(zones) ?? failure(facts) ?? PENDING;
  if (!isAt(state.confirmedPosition, event, position)) return failure(facts) ?? PENDING;
  const isOthers = (text: string) =>
    readableBlocks([text]).some((block) => !ours.some((around) => covers(around, block)));
  const holdsOthers = zones.find((zone) => lettingIn(zone) && (zone.lists ?? []).some((list) => list.some(isOthers)));
  return holdsOthers ? (unusable([holdsOthers]) ?? PENDING) : applied(facts);
}

function applied({ event, alwaysAllowed, heldBy, overtakenBy }: OutcomeFacts): Outcome {
  return {
    status: 'applied',
    ...(event.type !== 'access.granted' && { ended: event.ended ?? 0 }),
    ...(event.type !== 'access.flushed' && { heldBy }),
    ...(event.type !== 'access.flushed' && alwaysAllowed && { alwaysAllowed }),
    ...(overtakenBy !== undefined && { overtakenBy }),
  };
}

/** What went wrong when the event's position had been read; undefined where something is left to do without anybody. */
function failure({ event, position, state }: OutcomeFacts): Outcome | undefined {
  const { lastError, dueAt } = state;
  if (!lastError || !isAt(lastError.position, event, position)) return undefined;
  const { code, detail, zoneId } = lastError;
  const heals = ERRORS[code].healsItself === true;
  if (heals) return { status: 'failed', code, detail, heals };
  // Somebody who waits for room, or one zone, ends no rebuild: what is left of it may be this event.
  const isOfOthers = code === 'ZONE005' && event.type !== 'access.granted';
  const isLeft = dueAt !== undefined && (zoneId !== undefined || code === 'ZONE005');
  return isLeft || isOfOthers ? undefined : { status: 'failed', code, detail, heals };
}

/** What passes by itself, and holds up the rebuild that would read the event. */
function passing({ state, now }: OutcomeFacts): Outcome | undefined {
  const { lastError, dueAt = 0 } = state;
  if (!lastError || !ERRORS[lastError.code].healsItself || dueAt <= now) return undefined;
  return { status: 'failed', code: lastError.code, detail: lastError.detail, heals: true };
}

function unusable(zones: readonly ZoneFacts[]): Outcome | undefined {
  const trouble = zones.find(({ trouble }) => trouble)?.trouble;
  return trouble && { status: 'failed', code: trouble.code, detail: trouble.detail, heals: false };
}

/** Whether Okta shows what the zone holds. Where it does of none, it has confirmed nothing. */
function isShown({ trouble }: ZoneFacts): boolean {
  return trouble === undefined || trouble.code === 'ZONE008';
}

/** A zone that can't be used, and is there. */
function lettingIn({ trouble }: ZoneFacts): boolean {
  return trouble !== undefined && trouble.code !== 'ZONE001';
}

function everyList({ lists = [] }: ZoneFacts, ip: string | undefined): boolean {
  return lists.length > 0 && lists.every((list) => has(list, ip));
}

function someList({ lists = [] }: ZoneFacts, ip: string | undefined): boolean {
  return lists.some((list) => has(list, ip));
}

function noList({ lists }: ZoneFacts, ip: string | undefined): boolean {
  return lists !== undefined && !lists.some((list) => has(list, ip));
}

function has(list: readonly string[], ip = ''): boolean {
  const block = blockOf(ip);
  return readableBlocks(list).some((entry) => covers(entry, block));
}

function isAt(reached: string | undefined, { position }: SeenEvent, last: string | undefined): boolean {
  return reached !== undefined && last !== undefined && reached >= position && reached <= last;
}
