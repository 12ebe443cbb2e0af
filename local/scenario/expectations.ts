import { ITEM } from '../../lib/names.ts';
import type { Fields, Item } from '../../lib/ports.ts';
import type { RequestRecord, ZoneView } from '../okta-simulator/types.ts';
import type { Expectation } from './expect-schema.ts';
import { hasNamedFields, isRecord } from './named-fields.ts';
import type { Amount } from './values.ts';
import { shortened, unmetByZone, unmetNowhere, unmetSomewhere } from './zone-expectations.ts';

/** What an expectation can look at. Moments in milliseconds from the start. */
export interface Seen {
  readonly now: number;
  readonly zone: (id: string) => ZoneView | undefined;
  readonly zones: () => readonly ZoneView[];
  /** Log lines of the functions, in order. */
  readonly lines: readonly { readonly at: number; readonly line: Fields }[];
  /** Calls to Okta, in order. */
  readonly calls: () => readonly (Pick<RequestRecord, 'method' | 'zoneId'> & { readonly at: number })[];
  readonly answers: ReadonlyMap<string, Answer | 'none yet'>;
  /** Items of the table that are grants and live. */
  readonly grants: (acl: string) => readonly Item[];
}

export interface Answer {
  readonly status: number;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
  /** Where the outcome of what was posted is asked for. */
  readonly location?: string;
}

/** One thing that is not as expected. */
export interface Unmet {
  /** Which key of the expectation, with what is below it: `codes.ZONE004`. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

/** Everything that is not as expected now; nothing where all holds. */
export function unmet(expectation: Expectation, seen: Seen): Unmet[] {
  const { zone, somewhere = [], nowhere = [], answer, log, table } = expectation;
  return [
    ...(zone === undefined ? [] : unmetByZone(expectation, seen.zone(zone))),
    ...unmetSomewhere(somewhere, seen),
    ...unmetNowhere(nowhere, seen),
    ...unmetCodes(expectation, seen),
    ...unmetCalls(expectation, seen),
    ...(answer === undefined ? [] : unmetAnswer(answer, expectation, seen)),
    ...(log === undefined ? [] : unmetLog(log, expectation, seen)),
    ...(table === undefined ? [] : unmetGrants(table, seen)),
  ];
}

function unmetCodes({ codes = {}, noOtherCodes, since = 0 }: Expectation, { lines }: Seen): Unmet[] {
  const said = (from: number) =>
    lines.flatMap(({ at, line }) =>
      at >= from && line.level === 'ERROR' && typeof line.code === 'string' ? [line.code] : [],
    );
  const miscounted = Object.entries(codes).flatMap(([code, wanted]) => {
    if (wanted === undefined) return [];
    const times = said(wanted.since ?? since).filter((each) => each === code).length;
    return unmetAmount(`codes.${code}`, wanted, times);
  });
  if (noOtherCodes === undefined) return miscounted;
  const allowed = new Set([...noOtherCodes, ...Object.keys(codes)]);
  const others = said(since).filter((code) => !allowed.has(code));
  if (others.length === 0) return miscounted;
  const counts = [...new Set(others)].map((code) => `${code} ${others.filter((each) => each === code).length} times`);
  const expected = noOtherCodes.length === 0 ? 'no other code' : `no code but ${noOtherCodes.join(', ')}`;
  return [...miscounted, { key: 'noOtherCodes', expected, found: counts.join(', ') }];
}

function unmetCalls({ calls, since = 0 }: Expectation, seen: Seen): Unmet[] {
  if (calls === undefined) return [];
  const { method, zone, since: from = since, ...wanted } = calls;
  const made = seen
    .calls()
    .filter(
      (call) => call.at >= from && (method ?? call.method) === call.method && (zone ?? call.zoneId) === call.zoneId,
    );
  return unmetAmount('calls', wanted, made.length);
}

function unmetAnswer(name: string, { status, body }: Expectation, { answers }: Seen): Unmet[] {
  const answer = answers.get(name);
  if (answer === undefined)
    return [{ key: 'answer', expected: `an answer to ${name}`, found: 'nothing of that name was asked' }];
  if (answer === 'none yet') return [{ key: 'answer', expected: `an answer to ${name}`, found: 'none yet' }];
  return [
    ...(typeof status === 'number' && answer.status !== status
      ? [{ key: 'status', expected: String(status), found: `${answer.status} ${JSON.stringify(answer.body)}` }]
      : []),
    ...(body !== undefined && !hasNamedFields(answer.body, body)
      ? [{ key: 'body', expected: JSON.stringify(body), found: `${answer.status} ${JSON.stringify(answer.body)}` }]
      : []),
  ];
}

function unmetLog(named: Fields, { count: wanted = { atLeast: 1 }, since = 0 }: Expectation, { lines }: Seen): Unmet[] {
  const from = wanted.since ?? since;
  const times = lines.filter(({ at, line }) => at >= from && hasNamedFields(line, named)).length;
  return unmetAmount('log', wanted, times).map((each) => ({
    ...each,
    expected: `${each.expected} lines with ${JSON.stringify(named)}`,
  }));
}

function unmetGrants({ acl, items }: NonNullable<Expectation['table']>, seen: Seen): Unmet[] {
  const grants = seen.grants(acl);
  const names = grants.map(({ item }) => item.slice(ITEM.grant.length).replace(/#$/, ''));
  const found = names.length === 0 ? 'no live grant' : shortened(names);
  if (typeof items === 'number') {
    return unmetAmount('table.items', { atLeast: items, atMost: items }, grants.length).map((each) => ({
      ...each,
      found,
    }));
  }
  // Each grant answers to one description: the first that it fits and that no other has taken.
  const left = new Set(grants);
  const missing = items.filter((description) => {
    const fitting = [...left].find((grant) => fits(grant, description));
    return fitting === undefined || !left.delete(fitting);
  });
  if (missing.length === 0 && left.size === 0) return [];
  const expected =
    items.length === 0
      ? 'no live grant'
      : shortened(items.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))));
  return [{ key: 'table.items', expected, found }];
}

/** By an IP (any grant of it), an IP with `#` and a grant id, or fields of the item. */
function fits(grant: Item, description: unknown): boolean {
  if (isRecord(description)) return hasNamedFields(grant, description);
  const [ip, grantId] = String(description).split(/#(.*)/s);
  return grant.ip === ip && (grantId === undefined || (grant.grantId ?? '') === grantId);
}

function unmetAmount(key: string, { atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Amount, found: number): Unmet[] {
  if (found >= atLeast && found <= atMost) return [];
  const most = Number.isFinite(atMost) ? `at most ${atMost}` : '';
  const expected =
    atLeast === atMost ? String(atLeast) : [atLeast > 0 ? `at least ${atLeast}` : '', most].filter(Boolean).join(', ');
  return [{ key, expected, found: String(found) }];
}
