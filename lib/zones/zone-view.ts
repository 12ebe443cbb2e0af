import { sameList } from '../addresses/list-difference.ts';
import { CALL_TIMEOUT_MS } from '../okta/call-timeout.ts';
import type { StoredZone, ZoneRecord } from './zone-items.ts';
import type { ZoneMemory } from './zone-state.ts';

/** Okta may carry out a write this long after it was given up on. No source says how long; a proxy gives up in a minute. */
export const DOUBT_MS = 60_000;

/** What a rebuild knows of one zone. Lists are canonical and sorted. */
export interface ZoneView {
  readonly zoneId: string;
  readonly stored: StoredZone;
  readonly memory: ZoneMemory;
  /** The list that the zone has, as far as is known; undefined: nothing is known. */
  readonly has: readonly string[] | undefined;
  /** The lists that it can have by what this system did; none where nothing is known. */
  readonly expected: readonly (readonly string[])[];
  /** Okta must show it before it counts as right. */
  readonly unsure: boolean;
  /** Okta has shown a list that nobody announced: it is written even where that list is the right one. */
  readonly doubted: boolean;
  /** When this rebuild was shown the zone, or has written it. */
  readonly seenAt?: number;
  /** Somebody else may be changing the zone until then, such as a rebuild of the ACL that had it: this rebuild leaves it. */
  readonly heldUntil?: number;
}

/**
 * What is known of a zone before Okta is asked.
 * @param acl the ACL that it belongs to by the configuration
 * @param now milliseconds since the epoch
 */
export function viewOf(zoneId: string, stored: StoredZone, memory: ZoneMemory, acl: string, now: number): ZoneView {
  const doubted = memory.doubted === true;
  const nothing = { zoneId, stored, memory, has: undefined, expected: [], unsure: true, doubted };
  if (stored === 'none') return nothing;
  const isOwn = stored !== 'unreadable' && stored.owner === acl;
  const confirmed = isOwn ? confirmedList(stored, memory) : undefined;
  if (confirmed) return { ...nothing, has: confirmed, expected: [confirmed], unsure: false };
  // Of another ACL's write, the moment of this system's last word on it is not known.
  const doubtUntil = Math.max(memory.doubtUntil ?? 0, (isOwn ? stored.at : now) + CALL_TIMEOUT_MS + DOUBT_MS);
  const inDoubt = { ...nothing, memory: { ...memory, doubtUntil } };
  if (stored === 'unreadable') return inDoubt;
  // Either list may be there: whoever is in both has a place.
  const left = new Set(stored.after);
  const has = stored.before.filter((entry) => left.has(entry));
  return { ...inDoubt, has, expected: [stored.before, stored.after] };
}

/** The list that Okta has confirmed; undefined where nobody knows what became of the last write. */
export function confirmedList(stored: ZoneRecord, memory: ZoneMemory): readonly string[] | undefined {
  return memory.write === stored.write || sameList(stored.before, stored.after) ? stored.after : undefined;
}

/** Whether a plan may count on the zone. */
export function isUsable(view: ZoneView): view is ZoneView & { readonly has: readonly string[] } {
  return view.has !== undefined && view.memory.trouble === undefined && view.heldUntil === undefined;
}

/** What a zone had before it showed a list that nobody announced, which may be an old answer. */
export function knownBefore({ doubted, expected }: ZoneView): readonly string[] {
  return doubted ? (expected[0] ?? []) : [];
}

/** Okta has shown the zone's list. @param now milliseconds since the epoch */
export function shown(view: ZoneView, list: readonly string[], now: number): ZoneView {
  const { trouble, away, told, ...memory } = view.memory;
  const { stored, expected } = view;
  const isForeign = isContradiction(view, list);
  const isConfirmed = typeof stored === 'object' && sameList(list, stored.after) && !isForeign;
  return {
    ...view,
    memory: {
      ...memory,
      ...(isConfirmed && { write: stored.write }),
      // What contradicts a confirmed write may be an old answer, or an old write that came late.
      ...(isForeign && { doubtUntil: Math.max(memory.doubtUntil ?? 0, now + DOUBT_MS), doubted: true as const }),
    },
    has: list,
    expected: isForeign ? [...expected, list] : expected,
    unsure: false,
    doubted: view.doubted || isForeign,
    seenAt: now,
  };
}

/** Whether Okta shows a list that this system did not make. Of a zone that it knows nothing of, none is. */
export function isContradiction(view: ZoneView, list: readonly string[]): boolean {
  return view.expected.length > 0 && !view.expected.some((one) => sameList(one, list));
}

/** Okta has confirmed a write. @param now milliseconds since the epoch */
export function written(view: ZoneView, record: ZoneRecord, now: number): ZoneView {
  const { doubted, away, told, ...before } = view.memory;
  const memory = { ...before, write: record.write };
  const lists = { has: record.after, expected: [record.after] };
  return { ...view, stored: record, memory, ...lists, unsure: false, doubted: false, seenAt: now };
}

/** Whether what is stored says which list the zone has, and that it is this ACL's. */
export function isRecorded({ stored, memory, has = [] }: ZoneView, acl: string): boolean {
  if (typeof stored !== 'object' || stored.owner !== acl) return false;
  const list = confirmedList(stored, memory);
  return list !== undefined && sameList(list, has);
}
