import { QUEUE_POSITION } from '../queue-position.ts';

/**
 * Position and webhook id of an event that was applied, and the IP that it concerns: empty where it concerns all, and absent
 * where nobody knows.
 */
export type RecentEvent =
  | readonly [position: string, webhookId: string]
  | readonly [position: string, webhookId: string, ip: string];

/** The last events of an ACL. */
export interface RecentEvents {
  readonly recent: readonly RecentEvent[];
  /** Of what was changed by events after this position, nothing is missing. Absent: something may be. */
  readonly from?: string | undefined;
}

/** The item that they lie in is written with every event; within a kilobyte that costs no more than without them. */
const MOST_CHARACTERS = 700;

/** @returns the events with one more, and without the oldest that have no room any more */
export function withEvent({ recent, from }: RecentEvents, event: RecentEvent): RecentEvents {
  const [position, webhookId, ip] = event;
  const kept: RecentEvent[] = [];
  // Where everything counts from this event on, it is complete itself.
  let complete = from;
  let room = MOST_CHARACTERS - length(event);
  for (const earlier of recent.filter((one) => one[1] !== webhookId || one[2] !== ip).toReversed()) {
    room -= length(earlier);
    if (room < 0) {
      if (complete !== undefined && complete < earlier[0]) complete = earlier[0];
      break;
    }
    kept.push(earlier);
  }
  return { recent: [...kept.reverse(), event], from: complete ?? position };
}

/** @returns the IPs that events after a position concern; undefined where that may be any IP */
export function ipsAfter({ recent, from }: RecentEvents, after: string): string[] | undefined {
  if (from === undefined || after < from) return undefined;
  const ips = new Set(recent.flatMap(([position, , ip = '']) => (position > after ? [ip] : [])));
  return ips.has('') ? undefined : [...ips];
}

/** Reads them from the table; what another version has written there, and this one can't read, is left out. */
export function recentEvents(value: unknown): RecentEvent[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [position, webhookId, ip]: unknown[] = entry;
    const good = typeof position === 'string' && QUEUE_POSITION.test(position) && typeof webhookId === 'string';
    if (!good) return [];
    return [typeof ip === 'string' ? ([position, webhookId, ip] as const) : ([position, webhookId] as const)];
  });
}

/** @returns the webhook ids of the events after a position; of all where there is none */
export function idsAfter(events: readonly RecentEvent[], after = ''): string[] {
  return events.flatMap(([position, webhookId]) => (position > after ? [webhookId] : []));
}

function length([position, webhookId, ip = '']: RecentEvent): number {
  return position.length + webhookId.length + ip.length;
}
