import { parseConfig } from '../../config/load.ts';
import type { Config } from '../../lib/config.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { type EndedGrant, endedGrant } from '../../lib/grants/grant-items.ts';
import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import type { SeenEvent } from '../../lib/grants/seen-event.ts';
import type { Table, Telemetry } from '../../lib/ports.ts';
import { queuePosition } from '../../lib/queue-position.ts';

/** A moment that all tests call now. Milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 10, 24, 18, 0, 0);

export const ACL = 'okta-prod';

/** A checked configuration: the smallest, with these keys in place of its own. */
export function configOf(settings: Readonly<Record<string, unknown>> = {}): Config {
  return parseConfig({ okta: { domain: 'acme.okta.com' }, acls: { [ACL]: { zoneIds: ['nzo1'] } }, ...settings });
}

/** Other ids than those of posted events: a test can have both. */
let ids = 0;

/** The position of the queue's nth message. */
export function positionAt(n: number): string {
  return queuePosition(String(n));
}

/** A book that must find no row unusable. */
export function bookOf(table: Table): GrantBook {
  const error: Telemetry['error'] = (code, detail, fields) => {
    throw new Error(`${code}: ${detail} ${JSON.stringify(fields)}`);
  };
  return new GrantBook(table, { allowPrivate: false, allowIpv6: false }, { error });
}

/** All grants of an ACL that are stored, whether they are over or not, by their IPs. */
export async function grantsIn(table: Table, acl = ACL): Promise<EndedGrant[]> {
  const rows = await bookOf(table).between(acl, 0, Number.MAX_SAFE_INTEGER);
  return rows.map(endedGrant).toSorted((a, b) => (String(a.ip) < String(b.ip) ? -1 : 1));
}

/** The IPs of these, one for each grant. */
export async function ipsIn(table: Table, acl = ACL): Promise<unknown[]> {
  return (await grantsIn(table, acl)).map(({ ip }) => ip);
}

/** What is remembered of an event that was applied. */
export async function seenOf(book: GrantBook, event: QueuedEvent): Promise<SeenEvent | undefined> {
  const known = await book.memory.get(event.acl, event.webhookId, NOW);
  return known && 'seen' in known ? known.seen : undefined;
}

/** A grant on the queue; `at` is its own time, in seconds after NOW. */
export function granted(ip: string, at: number, more: Partial<QueuedEvent> = {}): QueuedEvent {
  return { ...base('access.granted', at), ip, expiresAt: NOW + 3_600_000, ...more };
}

export function revoked(ip: string, at: number, more: Partial<QueuedEvent> = {}): QueuedEvent {
  return { ...base('access.revoked', at), ip, ...more };
}

export function flushed(at: number, more: Partial<QueuedEvent> = {}): QueuedEvent {
  return { ...base('access.flushed', at), ...more };
}

function base(type: QueuedEvent['type'], at: number) {
  ids += 1;
  return { type, acl: ACL, webhookId: `queued-${ids}`, timestamp: BigInt(NOW + at * 1000) * 1_000_000n };
}
