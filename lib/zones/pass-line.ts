import type { Config } from '../config.ts';
import { positionOf, timeOf } from '../grants/event-order.ts';
import type { Grant } from '../grants/grant-items.ts';
import type { Fields } from '../ports.ts';
import type { UpdatedZones } from './update-zones.ts';

/**
 * What a pass over an ACL's zones leaves in the log, for the dashboard.
 * @param confirmedBefore position up to which events were in the zones before the pass
 * @param now milliseconds since the epoch
 */
export function passLine(
  result: UpdatedZones,
  grants: readonly Grant[],
  confirmedBefore: string | undefined,
  config: Config,
  now: number,
): Fields {
  const lists = Object.values(result.zones).map(({ written = [] }) => written.length);
  const line = {
    grants: grants.length,
    gateways: lists.reduce((sum, length) => sum + length, 0),
    capacity: lists.length * config.gatewayLimit,
    waiting: result.waiting.length,
    failures: result.failures.length,
  };
  if (result.failures.length > 0) return line;
  // Of grants alone: a revoke leaves nothing whose age could be asked for, and goes the same way.
  const first = grants.filter(({ order }) => positionOf(order) > (confirmedBefore ?? '')).map(({ order }) => order);
  const [oldest] = first.sort();
  return oldest === undefined ? line : { ...line, eventToZoneMs: Math.max(0, now - timeOf(oldest)) };
}
