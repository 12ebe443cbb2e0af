import { eventOrder } from '../../lib/grants/event-order.ts';
import { parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { ITEM, TABLE } from '../../lib/names.ts';
import type { Item } from '../../lib/ports.ts';

/** Begins the webhook id of every message that is no good. */
const MARK = 'garbage';
const LIFETIME_MS = 3_600_000;

/** What is nobody's address, in the place of one. */
const ADDRESSES = ['0.0.0.0/0', 'not an ip', '10.0.0.1', '224.0.0.5', '', '203.0.113.0/24', '::', '1.2.3.04'] as const;

/** A row among the grants that is none. @param now milliseconds since the epoch */
export function garbageRow(acl: string, n: number, now: number): Item {
  const ip = ADDRESSES[n % ADDRESSES.length] ?? '';
  const order = eventOrder(BigInt(now) * 1_000_000n, String(n));
  const row = { acl, item: `${ITEM.grant}${ip}#${n}`, grantId: String(n), [TABLE.expiryAttribute]: now + LIFETIME_MS };
  // Without an address, with a number for one, without an order.
  const shapes: readonly Item[] = [
    { ...row, ip, order, since: order, ttl: Math.ceil((now + LIFETIME_MS) / 1000) },
    { ...row, order, since: order },
    { ...row, ip: n, order, since: order },
    { ...row, ip },
  ];
  return shapes[Math.floor(n / ADDRESSES.length) % 8] ?? (shapes[0] as Item);
}

/** A message on the events queue that is no event, or one that nobody may have. */
export function garbageMessage(acl: string, n: number, now: number): string {
  const ip = ADDRESSES[n % ADDRESSES.length] ?? '';
  const good = {
    ...{ version: 1, type: 'access.granted', webhookId: `${MARK}-${n}`, acl, ip, expiresAt: now + LIFETIME_MS },
    timestamp: String(BigInt(now) * 1_000_000n),
  };
  const bodies: readonly string[] = [
    JSON.stringify(good),
    JSON.stringify({ ...good, version: 7 }),
    JSON.stringify({ ...good, expiresAt: 'tomorrow' }),
    JSON.stringify({ ...good, timestamp: 'now' }),
    JSON.stringify({ ...good, type: 'access.exploded' }),
    '{"version":1,"type":"access.granted"}',
    'no JSON at all',
    '[]',
  ];
  return bodies[Math.floor(n / ADDRESSES.length) % 16] ?? (bodies[0] as string);
}

/** Whether a dead letter is one of these. */
export function isGarbage(body: string): boolean {
  const event = parseQueuedEvent(body);
  return !event || event.webhookId.startsWith(MARK);
}
