import { beforeEach, describe, expect, it } from 'vitest';
import { rebuildAcl } from '../../../lib/zones/rebuild-acl.ts';
import type { Fault } from '../../../local/okta-simulator/simulator.ts';
import { ACL, configOf, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { RUN_MS, TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const ALICE = '203.0.113.1';
const grant = granted(ALICE, 0);
let world: ZoneWorld;
beforeEach(async () => {
  world = new ZoneWorld();
  await world.apply(grant);
});
const fail = (fault: Fault, method?: string, count = 1) =>
  world.okta.addFault({ count, fault, ...(method !== undefined && { method }) });

const FAULTS: readonly (readonly [string, string, Fault])[] = [
  ['401', 'OKTA001', { status: 401 }],
  ['403', 'OKTA002', { status: 403 }],
  ['404', 'ZONE001', { status: 404 }],
  ['429', 'OKTA005', { rateLimit: { resetInSeconds: 20 } }],
  ['429 for too many calls at once', 'OKTA005', { concurrency: true }],
  ['500', 'ZONE003', { status: 500 }],
  ['502 with a page of HTML', 'ZONE003', { status: 502, body: 'html' }],
  ['503 with nothing', 'ZONE003', { status: 503, body: 'empty' }],
  ['200 with nothing', 'ZONE003', { status: 200, body: 'empty' }],
  ['200 with a page of HTML', 'ZONE003', { status: 200, body: 'html' }],
  ['half an answer', 'ZONE003', { truncate: true }],
  ['no answer', 'ZONE003', { hang: true }],
  ['a dropped connection', 'ZONE003', { drop: 'before' }],
  ['a connection that drops after the write took place', 'ZONE003', { drop: 'after' }],
  ['an error after the write took place', 'ZONE003', { status: 500, apply: true }],
];

const OF_THE_LIST = ['400', 'ZONE002', { status: 400 }] as const;
const PAGES = [400, 401, 403, 404].map(
  (status) => [`${status} of a proxy`, 'ZONE003', { status, body: 'html' }] as const,
);

describe.each([
  ['GET', [...FAULTS, ...PAGES]],
  ['PUT', [...FAULTS, ...PAGES, OF_THE_LIST]],
] as const)('a failure of the %s', (method, faults) => {
  it.each(faults)('is no rejection, but is said, and left to do: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.rebuild();
    expect(world.codes()).toEqual([code]);
    expect(await world.outcome(grant)).toMatchObject({ status: 'failed', code });
    expect(await world.deps.states.lease(ACL, world.clock.now())).toBeUndefined();
  });

  it.each(faults)('is over with the next minute, in which nothing is said any more: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.rebuild();
    expect(await world.minute()).toBe(true);
    expect(world.codes()).toEqual([code]);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    expect(world.confirmed()).toEqual([positionAt(1)]);
  });

  it.each(faults)('leaves the log line with the ACL and the zone, and no token: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.rebuild();
    expect(world.lines.filter((line) => line.code === code)).toMatchObject([{ acl: ACL, zoneId: 'nzo1' }]);
    expect(world.lines.filter((line) => line.Code === code && line.Errors === 1)).toHaveLength(1);
    expect(JSON.stringify(world.lines)).not.toContain(TOKEN);
  });
});

describe('when a failure is tried again', () => {
  it.each(FAULTS.filter(([, code]) => code === 'ZONE003'))('in seconds, by a timer: %s', async (_, __, fault) => {
    fail(fault, 'PUT');
    await world.rebuild();
    expect(world.nextTimer()).toBe(2_000);
    expect(world.timers).toHaveLength(1);
  });

  it('and read once more a minute later, when it can no longer come late', async () => {
    fail({ status: 503 }, 'PUT');
    await world.rebuild();
    await world.clock.advance(2_000);
    await world.rebuild();
    const reads: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      world.okta.clearRequests();
      await world.minute();
      reads.push(world.calls('GET'));
    }
    expect(reads).toEqual([1, 1, 0, 0]);
  });

  it('and read once more as well where the run died before it could remember that', async () => {
    fail({ hang: true }, 'PUT');
    const timers = { send: () => Promise.reject(new Error('the queue does not answer')) };
    await expect(world.rebuild(ACL, { timers })).rejects.toThrow('the queue does not answer');
    await world.clock.advance(35_000);
    await world.rebuild();
    world.okta.clearRequests();
    expect(await world.minute()).toBe(true);
    expect(world.calls('GET')).toBe(1);
  });

  it('ever more seldom while it lasts, up to a minute', async () => {
    fail({ status: 503 }, undefined, 8);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      await world.rebuild();
      const pause = world.nextTimer() ?? 0;
      pauses.push(pause / 1000);
      await world.clock.advance(pause);
    }
    expect(pauses).toEqual([2, 2, 4, 8, 16, 32, 60, 60]);
    // Each by a timer of its own: those before it have come.
    expect(world.timers.map(({ delaySeconds }) => delaySeconds)).toEqual(pauses);
  });

  it('from the start again once it was over', async () => {
    fail({ status: 503 }, 'GET', 3);
    for (let i = 0; i < 4; i += 1) {
      await world.rebuild();
      await world.clock.advance(10_000);
    }
    expect(world.confirmed()).toEqual([positionAt(1)]);
    fail({ status: 503 }, 'GET');
    await world.apply(revoked(ALICE, 1));
    await world.rebuild();
    expect(world.nextTimer()).toBe(2_000);
  });

  it.each([401, 403, 404])('by the minute tick alone where a person must mend it: %i', async (status) => {
    fail({ status }, 'GET', 2);
    await world.rebuild();
    expect(world.timers).toEqual([]);
    for (let i = 0; i < 2; i += 1) expect(await world.minute()).toBe(true);
    expect(world.calls('PUT')).toBe(1);
  });

  it.each([403, 401])('but not before a second has passed, whatever asks for it: %i', async (status) => {
    fail({ status });
    await world.rebuild();
    await world.rebuild();
    const [first, second] = world.okta.requests();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(750);
  });
});

describe('after a 429', () => {
  beforeEach(async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };
    world = new ZoneWorld({ config: configOf({ acls }) });
    await world.apply(granted(ALICE, 0), granted('203.0.113.2', 0, { acl: 'other' }));
  });

  it('no ACL calls before the reset that Okta gave; each has a timer for it', async () => {
    fail({ rateLimit: { resetInSeconds: 40 } });
    await world.rebuild();
    await world.rebuild('other');
    await world.rebuild();
    expect(world.calls()).toBe(1);
    expect(world.wakeUps()).toEqual([40_000, 40_000]);
    await world.clock.advance(NOW + 39_999 - world.clock.now());
    await world.rebuild('other');
    const [, second] = world.okta.requests();
    expect(second?.at).toBe(NOW + 40_000);
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
  });

  it('a rebuild that is under way for another ACL makes no further call', async () => {
    world.latencyMs = 1_000;
    const other = rebuildAcl('other', world.deps, NOW + RUN_MS);
    await world.clock.advance(0);
    world.latencyMs = 500;
    world.okta.addFault({ count: 1, zoneId: 'nzo1', fault: { rateLimit: { resetInSeconds: 40 } } });
    await world.rebuild();
    await world.clock.finish(other);
    expect(world.okta.requests().map(({ method, at }) => [method, at])).toEqual(Array(2).fill(['GET', NOW]));
    expect(world.gateways('nzo2')).toEqual(['192.0.2.0/32']);
    await world.clock.advance(41_000);
    await world.rebuild('other');
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
  });

  it('one timer is enough for all who come before it', async () => {
    fail({ rateLimit: { resetInSeconds: 40 } });
    for (let i = 0; i < 4; i += 1) {
      await world.rebuild();
      await world.clock.advance(1_000);
    }
    expect(world.wakeUps()).toEqual([40_000]);
  });

  it('a timer for another reason that goes off later does not count', async () => {
    fail({ status: 503 }, 'GET', 6);
    for (let i = 0; i < 6; i += 1) {
      await world.rebuild();
      await world.clock.advance(world.nextTimer() ?? 0);
    }
    fail({ rateLimit: { resetInSeconds: 5 } });
    await world.rebuild();
    expect(world.nextTimer()).toBe(5_000);
  });
});

describe('failures of single zones', () => {
  const zoneIds = ['nzo1', 'nzo2', 'nzo3'];
  beforeEach(async () => {
    world = new ZoneWorld({ config: configOf({ acls: { [ACL]: { zoneIds } } }) });
    await world.apply(granted(ALICE, 0));
  });

  it('are said although the rebuild stops then for another reason', async () => {
    world.okta.removeZone('nzo1');
    world.okta.addFault({ count: 1, zoneId: 'nzo2', fault: { rateLimit: { resetInSeconds: 5 } } });
    await world.rebuild();
    expect(world.codes()).toEqual(['ZONE001', 'OKTA005']);
    expect(world.nextTimer()).toBe(5_000);
  });

  it('are remembered: the zone is left alone until the next minute', async () => {
    world.okta.removeZone('nzo1');
    world.okta.addFault({ count: 1, zoneId: 'nzo2', fault: { rateLimit: { resetInSeconds: 5 } } });
    await world.rebuild();
    await world.clock.advance(5_000);
    await world.rebuild();
    expect(world.calls(undefined, 'nzo1')).toBe(1);
    expect(world.gateways('nzo2')).toEqual([`${ALICE}/32`]);
    expect(world.confirmed()).toEqual([positionAt(1)]);
    await world.minute();
    expect(world.codes().filter((code) => code === 'ZONE001')).toHaveLength(2);
  });
});
