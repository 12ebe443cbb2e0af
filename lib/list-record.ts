import { MOST_AHEAD_MS } from './clock-skew.ts';
import { LIST_PARTITION, LIST_RECORD } from './names.ts';
import type { Item, Key, Table, Value } from './ports.ts';

/** What is kept of the names of a large removal, in bytes: an item holds 400 KB. These are 10,000 grants and more. */
const MOST_BYTES = 300_000;
/** What a name takes beside its text. */
const NAME_BYTES = 3;

/** What is remembered of an ACL's allowlist between two reads, and shown to operators. All moments in milliseconds since the epoch. */
export interface ListRecord {
  /** Since when it is asked for. */
  readonly since?: number;
  /** When the last read began that was a list; to the minute. */
  readonly readAt?: number;
  /** How many hosts it had, and how many entries were left out. */
  readonly entries?: number;
  readonly skipped?: number;
  /** Why the last read failed; absent once one works again. `since`: when that began. */
  readonly failure?: { readonly code: string; readonly detail: string; readonly at: number; readonly since: number };
  /** A large removal that waits: see `holdBack`. */
  readonly held?: { readonly names: readonly string[]; readonly at: number };
}

type Change = { readonly [Name in keyof ListRecord]?: ListRecord[Name] | null };

/** The record of each ACL's list. What cannot be read counts as not there. */
export class ListRecords {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @param now milliseconds since the epoch. @param stale a state of a moment ago will do */
  async get(acl: string, now: number, { stale = false } = {}): Promise<ListRecord> {
    return readRecord(await this.#table.get(recordKey(acl), { stale }), now);
  }

  /** Changes what is named; null forgets. */
  async set(acl: string, change: Change): Promise<void> {
    const entries = Object.entries(change).filter(([, value]) => value !== undefined);
    const set = Object.fromEntries(
      entries.flatMap(([name, value]) => (value === null ? [] : [[name, asValue(value)]])),
    );
    const remove = entries.flatMap(([name, value]) => (value === null ? [name] : []));
    await this.#table.write([{ update: recordKey(acl), set, ...(remove.length > 0 && { remove }) }]);
  }

  /** The list is asked for from now on, if it was not before. */
  async begin(acl: string, now: number): Promise<void> {
    await this.#table.write([{ update: recordKey(acl), setOnce: { since: now } }]);
  }
}

/** Names beyond what is kept wait for one read more. */
export function keptNames(names: Iterable<string>): string[] {
  let bytes = 0;
  return [...names].sort().filter((name) => {
    bytes += Buffer.byteLength(name) + NAME_BYTES;
    return bytes <= MOST_BYTES;
  });
}

/** Seconds since an ACL's list was last read, or has been asked for in vain; undefined where it never was asked for. */
export function listAge({ since, readAt }: ListRecord, now: number): number | undefined {
  const from = readAt ?? since;
  return from === undefined ? undefined : Math.max(0, Math.round((now - from) / 1000));
}

function recordKey(acl: string): Key {
  return { acl: `${LIST_PARTITION}${acl}`, item: LIST_RECORD };
}

function asValue(value: NonNullable<ListRecord[keyof ListRecord]>): Value {
  return typeof value === 'number' ? value : { ...value };
}

function readRecord(item: Item | undefined, now: number): ListRecord {
  const { since, readAt, entries, skipped, failure, held }: Partial<Item> = item ?? {};
  const isMoment = (value: unknown): value is number => typeof value === 'number' && value <= now + MOST_AHEAD_MS;
  const known = { ...(isMoment(since) && { since }), ...(isMoment(readAt) && { readAt }) };
  const counts = { ...(typeof entries === 'number' && { entries }), ...(typeof skipped === 'number' && { skipped }) };
  const failed = asMap(failure);
  const waits = asMap(held);
  return {
    ...known,
    ...counts,
    ...(typeof failed.code === 'string' &&
      typeof failed.detail === 'string' &&
      isMoment(failed.at) &&
      isMoment(failed.since) && {
        failure: { code: failed.code, detail: failed.detail, at: failed.at, since: failed.since },
      }),
    ...(Array.isArray(waits.names) &&
      isMoment(waits.at) && {
        held: { names: waits.names.filter((name) => typeof name === 'string'), at: waits.at },
      }),
  };
}

function asMap(value: Value | undefined): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
}
