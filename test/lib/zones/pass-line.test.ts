import { describe, expect, it } from 'vitest';
import { eventOrder } from '../../../lib/grants/event-order.ts';
import { OktaFailure } from '../../../lib/okta/okta-failure.ts';
import { queuePosition } from '../../../lib/queue-position.ts';
import { passLine } from '../../../lib/zones/pass-line.ts';
import type { UpdatedZones } from '../../../lib/zones/update-zones.ts';
import { ACL, configOf, NOW } from '../../helpers/events.ts';

const config = configOf({ gatewayLimit: 10 });
const result = (more: Partial<UpdatedZones> = {}): UpdatedZones => ({
  ...{ zones: {}, waiting: [], quota: undefined, failures: [] },
  ...more,
});
/** A grant by an event of so many seconds before now, and at this position. */
const grant = (secondsAgo: number, n: number) => {
  const order = eventOrder(BigInt(NOW - secondsAgo * 1_000) * 1_000_000n, queuePosition(String(n)));
  return { acl: ACL, ip: `203.0.113.${n}`, expiresAt: NOW + 60_000, order, since: order };
};
const line = (grants: Parameters<typeof passLine>[1], before?: string, of = result()) =>
  passLine(of, grants, before, config, NOW);

describe('the line of a pass', () => {
  it('counts grants, those who wait, entries and the room for them', () => {
    const zones = {
      nzo1: { written: ['203.0.113.1/32', '203.0.113.2/32'] },
      nzo2: { written: ['203.0.113.3/32'] },
      nzo3: {},
    };
    expect(line([], undefined, result({ zones, waiting: ['203.0.113.9'] }))).toEqual({
      ...{ grants: 0, gateways: 3, capacity: 30, waiting: 1, failures: 0 },
    });
  });

  it('says how long the oldest of the events took that are new in the zone', () => {
    const grants = [grant(2, 3), grant(8, 4), grant(60, 1), grant(5, 5)];
    expect(line(grants, queuePosition('1'))).toMatchObject({ grants: 4, eventToZoneMs: 8_000 });
    expect(line(grants, queuePosition('4'))).toMatchObject({ eventToZoneMs: 5_000 });
    expect(line(grants)).toMatchObject({ eventToZoneMs: 60_000 });
  });

  it('says nothing of it where no event is new', () => {
    expect(line([grant(8, 4)], queuePosition('4'))).not.toHaveProperty('eventToZoneMs');
  });

  it('says nothing of it where a zone failed: the events are not there yet', () => {
    const failures = [new OktaFailure('ZONE001', 'no such zone')];
    expect(line([grant(8, 4)], undefined, result({ failures }))).toEqual({
      ...{ grants: 1, gateways: 0, capacity: 0, waiting: 0, failures: 1 },
    });
  });

  it('takes an event from a clock that is ahead for one of this moment', () => {
    expect(line([grant(-30, 4)])).toMatchObject({ eventToZoneMs: 0 });
  });
});
