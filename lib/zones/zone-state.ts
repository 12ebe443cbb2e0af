import * as v from 'valibot';
import { allErrorCodes, type ErrorCode } from '../error-codes.ts';
import type { Item, Value } from '../ports.ts';

/** Trouble with one zone that says nothing of the others. */
export const OF_ONE_ZONE: readonly ErrorCode[] = ['ZONE001', 'ZONE002', 'ZONE004', 'ZONE008'];

/** Why a zone can't be used, as Okta showed it last. */
export type ZoneTrouble = {
  readonly code: ErrorCode;
  readonly detail: string;
  /** When that was found last. */
  readonly at: number;
};

/** What is remembered of one zone. All moments in milliseconds since the epoch. */
export type ZoneMemory = {
  /** The number of the last write that Okta has confirmed: see `ZoneItems`. */
  readonly write?: number;
  /** When Okta last showed, or confirmed, the list that it must have. */
  readonly rightAt?: number;
  /** Until then an older write may still take effect. */
  readonly doubtUntil?: number;
  /** Okta has shown a list that nobody announced, and no write was confirmed since. */
  readonly doubted?: true;
  readonly trouble?: ZoneTrouble;
  /**
   * Nobody looks after the zone: the configuration has it no more, or has it again and Okta has not shown it since. Nothing is
   * believed of it; what the next ACL wants to know is `write`.
   */
  readonly away?: true;
  /** Of such a zone: its last write is told. */
  readonly told?: true;
};

export type LastError = {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly at: number;
  /** Since when rebuilds fail, without one between them that went well. */
  readonly since: number;
  /** The zone that it concerns; absent where it concerns all of the ACL. */
  readonly zoneId?: string;
  /** Events up to this position had been read when it happened. */
  readonly position?: string;
};

/** What is remembered of an ACL's zones between rebuilds. Only the holder of the ACL's lease writes it. */
export type ZoneState = {
  /** By zone id. */
  readonly zones: Readonly<Record<string, ZoneMemory>>;
  /** Before this moment no further call goes out for these zones: pacing. */
  readonly notBefore?: number;
  /** Something is left to do at this moment that no event announces. A timer is armed for it. */
  readonly dueAt?: number;
  /** The last plan is not carried out to its end yet. */
  readonly unfinished?: true;
  /** Events up to this position are reflected in what Okta confirmed. */
  readonly confirmedPosition?: string;
  /** How many events these are: see `AclEvents`. */
  readonly confirmedCount?: number;
  /** Changes without an event, up to this one, are reflected too: see `WakeItem`. */
  readonly confirmedChanges?: number;
  /** Fingerprint of the configuration that the last plan was made with. */
  readonly configHash?: string;
  /** Soonest expiry among the grants in the last confirmed lists; 0: none. */
  readonly nextExpiry?: number;
  readonly lastError?: LastError;
  /** Live grants that the last plan was made with. */
  readonly grants?: number;
  /** How many IPs fit into no zone. */
  readonly waiting?: number;
  /** Entries in all lists together, without sentinels. */
  readonly gateways?: number;
};

export interface Lease {
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Of the configuration that the holder knows: see `configHash`. */
  readonly configHash?: string;
}

export const NOTHING_KNOWN: ZoneState = { zones: {} };

const moment = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger());
/** A code that only another version knows must not hide that there is trouble. */
const code = v.fallback(v.picklist(allErrorCodes()), 'ZONE003');
const memorySchema = v.union([
  v.pipe(
    v.tuple([count, moment]),
    v.transform(([write, rightAt]): ZoneMemory => ({ write, rightAt })),
  ),
  v.object({
    write: v.exactOptional(count),
    rightAt: v.exactOptional(moment),
    doubtUntil: v.exactOptional(moment),
    doubted: v.exactOptional(v.literal(true)),
    trouble: v.exactOptional(v.object({ code, detail: v.string(), at: moment })),
    away: v.exactOptional(v.literal(true)),
    told: v.exactOptional(v.literal(true)),
  }),
]);
const fields = {
  notBefore: moment,
  dueAt: moment,
  unfinished: v.literal(true),
  confirmedPosition: v.string(),
  confirmedCount: count,
  confirmedChanges: count,
  configHash: v.string(),
  nextExpiry: moment,
  lastError: v.object({
    code,
    detail: v.string(),
    at: moment,
    since: moment,
    zoneId: v.exactOptional(v.string()),
    position: v.exactOptional(v.string()),
  }),
  grants: count,
  waiting: count,
  gateways: count,
} as const;

/**
 * The state as it is stored: where write and moment are all that is remembered of a zone, as these two numbers. The item is
 * written twice for each change, and paid by its size.
 */
export function storedState({ zones, ...others }: ZoneState): Readonly<Record<string, Value>> {
  const stored = Object.entries(zones).map(([zoneId, memory]): [string, Value] => {
    const { write, rightAt, ...more } = memory;
    const isUsual = write !== undefined && rightAt !== undefined && Object.keys(more).length === 0;
    return [zoneId, isUsual ? [write, rightAt] : memory];
  });
  return { ...others, zones: Object.fromEntries(stored) };
}

/**
 * Reads the state of an ACL. Whatever another version, or a person, has stored: what can be understood counts, and the
 * rest is as if it had never been there, so that the next rebuild finds it out anew.
 * @returns with the names of what could not be understood
 */
export function readState(item: Item | undefined): {
  readonly state: ZoneState;
  readonly unreadable: readonly string[];
} {
  const unreadable: string[] = [];
  const state: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(fields)) {
    const value = item?.[name];
    if (value === undefined) continue;
    const parsed = v.safeParse(schema, value);
    if (parsed.success) state[name] = parsed.output;
    else unreadable.push(name);
  }
  const zones: Record<string, ZoneMemory> = {};
  const stored = item?.zones ?? {};
  if (typeof stored !== 'object' || Array.isArray(stored)) unreadable.push('zones');
  else {
    for (const [zoneId, memory] of Object.entries(stored)) {
      const parsed = v.safeParse(memorySchema, memory);
      if (parsed.success) zones[zoneId] = parsed.output;
      else unreadable.push(`zones.${zoneId}`);
    }
  }
  return { state: { ...state, zones }, unreadable };
}

/** @returns undefined where nobody holds it. @param now milliseconds since the epoch */
export function readLease(item: Item | undefined, now: number): Lease | undefined {
  const { leaseOwner, leaseUntil, leaseConfig } = item ?? ({} as Partial<Item>);
  if (typeof leaseOwner !== 'string' || typeof leaseUntil !== 'number') return undefined;
  // Further ahead than a lease can be: a clock was wrong, or it is none of ours.
  if (leaseUntil < now || leaseUntil > now + LONGEST_LEASE_MS) return undefined;
  return { owner: leaseOwner, until: leaseUntil, ...(typeof leaseConfig === 'string' && { configHash: leaseConfig }) };
}

/** The moment before which pacing wants no call; 0: none. @param now milliseconds since the epoch */
export function pacedUntil({ notBefore = 0 }: ZoneState, now: number): number {
  return notBefore > now + LONGEST_PAUSE_MS ? 0 : notBefore;
}

/**
 * When all zones were last seen to be right: the moment of the one that was seen so longest ago.
 * @returns undefined where one of them never was
 */
export function verifiedAt({ zones }: ZoneState, zoneIds: readonly string[]): number | undefined {
  const moments = zoneIds.map((zoneId) => zones[zoneId]?.rightAt ?? 0);
  const oldest = Math.min(...moments);
  return oldest > 0 ? oldest : undefined;
}

/** No pause is longer: what Okta asks for at most, and what two clocks may differ by. Milliseconds. */
export const LONGEST_PAUSE_MS = 130_000;
/** A function's time at most, and what two clocks may differ by. */
const LONGEST_LEASE_MS = 120_000;
