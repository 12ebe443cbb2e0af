import type { QueuedEvent } from '../../lib/grants/queue-message.ts';
import type { Table } from '../../lib/ports.ts';
import { ACL, bookOf, NOW } from './events.ts';

/**
 * What the contract says is live in the end, told in the simplest way: by time, then by position in
 * the queue (the order given). Each grant as `ip#id`, with its expiry.
 * @param now milliseconds since the epoch
 */
export function liveAfter(events: readonly QueuedEvent[], now = NOW): Record<string, number> {
  const inOrder = events.map((event, index) => ({ event, index }));
  inOrder.sort((a, b) => Number(a.event.timestamp - b.event.timestamp) || a.index - b.index);
  const live = new Map<string, number>();
  for (const { event } of inOrder) {
    const name = `${event.ip}#${event.grantId ?? ''}`;
    if (event.type === 'access.granted') live.set(name, event.expiresAt ?? 0);
    else if (event.type === 'access.flushed') live.clear();
    else if (event.grantId !== undefined) live.delete(name);
    else for (const other of [...live.keys()]) if (other.startsWith(`${event.ip}#`)) live.delete(other);
  }
  return Object.fromEntries([...live].filter(([, expiresAt]) => expiresAt > now));
}

/** The same, as it stands in a table. */
export async function liveIn(table: Table): Promise<Record<string, number>> {
  const grants = await bookOf(table).live(ACL, NOW);
  return Object.fromEntries(grants.map(({ ip, grantId, expiresAt }) => [`${ip}#${grantId ?? ''}`, expiresAt]));
}
