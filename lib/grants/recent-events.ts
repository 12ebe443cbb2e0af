import { QUEUE_POSITION } from '../queue-position.ts';

/** Position and webhook id of an event that was applied. */
export type RecentEvent = readonly [position: string, webhookId: string];

/** The item that they lie in is written with every event; within a kilobyte that costs no more than without them. */
const MOST_CHARACTERS = 700;

/** @returns the events with one more, and without the oldest that have no room any more */
export function withEvent(events: readonly RecentEvent[], event: RecentEvent): RecentEvent[] {
  const kept: RecentEvent[] = [];
  let room = MOST_CHARACTERS - length(event);
  for (const earlier of events.filter(([, webhookId]) => webhookId !== event[1]).toReversed()) {
    room -= length(earlier);
    if (room < 0) break;
    kept.push(earlier);
  }
  return [...kept.reverse(), event];
}

/** Reads them from the table; what another version has written there, and this one can't read, is left out. */
export function recentEvents(value: unknown): RecentEvent[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [position, webhookId]: unknown[] = entry;
    const good = typeof position === 'string' && QUEUE_POSITION.test(position) && typeof webhookId === 'string';
    return good ? [[position, webhookId] as const] : [];
  });
}

/** @returns the webhook ids of the events after a position; of all where there is none */
export function idsAfter(events: readonly RecentEvent[], after = ''): string[] {
  return events.flatMap(([position, webhookId]) => (position > after ? [webhookId] : []));
}

function length([position, webhookId]: RecentEvent): number {
  return position.length + webhookId.length;
}
