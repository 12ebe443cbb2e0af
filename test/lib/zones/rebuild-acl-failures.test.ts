import { beforeEach, describe, expect, it } from 'vitest';
import { queuePosition } from '../../../lib/queue-position.ts';
import { syncAcl } from '../../../lib/zones/rebuild-acl.ts';
import type { Fault } from '../../../local/okta-simulator/simulator.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { RUN_MS, SyncWorld, TOKEN } from '../../helpers/sync-world.ts';

const ALICE = '203.0.113.1';
let world: SyncWorld;
beforeEach(async () => {
  world = new SyncWorld();
  await world.apply(granted(ALICE, 0));
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
  it.each(faults)('is no rejection, but is said, remembered and left to do: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.sync();
    expect(world.codes()).toEqual([code]);
    expect(await world.state()).toMatchObject({
      ...{ needsSync: true, failures: 1, failedPosition: queuePosition('1') },
      lastError: { code, at: world.clock.now(), detail: expect.any(String) },
    });
    const state = await world.state();
    expect(state).not.toHaveProperty('confirmedPosition');
    expect(state).not.toHaveProperty('leaseUntil');
  });

  it.each(faults)('is over with the next run, which forgets it: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.sync();
    await world.clock.advance(61_000);
    await world.sync();
    expect(world.codes()).toEqual([code]);
    expect(world.gateways()).toEqual([`${ALICE}/32`]);
    const state = await world.state();
    expect(state).toMatchObject({ needsSync: false, failures: 0, confirmedPosition: queuePosition('1') });
    expect(state).not.toHaveProperty('lastError');
  });

  it.each(faults)('leaves the log line with the ACL and the zone, and no token: %s', async (_, code, fault) => {
    fail(fault, method);
    await world.sync();
    expect(world.lines.filter((line) => line.code === code)).toMatchObject([{ acl: ACL, zoneId: 'nzo1' }]);
    expect(world.lines.filter((line) => line.Code === code && line.Errors === 1)).toHaveLength(1);
    expect(JSON.stringify(world.lines)).not.toContain(TOKEN);
  });
});

describe('when a failure is tried again', () => {
  it.each(FAULTS.filter(([, code]) => code === 'ZONE003'))('in seconds, by a message: %s', async (_, __, fault) => {
    fail(fault, 'PUT');
    await world.sync();
    const { wakeAt = 0 } = await world.state();
    expect(wakeAt - world.clock.now()).toBe(2_000);
    expect(world.wakeUps()).toEqual([wakeAt - NOW]);
  });

  it('and looked for once more a minute later, when it can no longer come late', async () => {
    fail({ status: 503 }, 'PUT');
    await world.sync();
    expect(await world.state()).toMatchObject({ doubtUntil: world.clock.now() + 60_000 });
  });

  it('and looked for once more as well where the run died before it could remember that', async () => {
    fail({ hang: true }, 'PUT');
    const timers = { send: () => Promise.reject(new Error('the queue does not answer')) };
    await expect(world.sync(ACL, { timers })).rejects.toThrow('the queue does not answer');
    expect(await world.state()).not.toHaveProperty('doubtUntil');
    await world.clock.advance(35_000);
    await world.sync();
    const { verifiedAt = 0, doubtUntil = 0 } = await world.state();
    expect(verifiedAt).toBeGreaterThan(0);
    expect(doubtUntil).toBeGreaterThan(verifiedAt);
  });

  it('ever more seldom while it lasts, up to a minute', async () => {
    fail({ status: 503 }, undefined, 8);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      await world.sync();
      const { wakeAt = 0 } = await world.state();
      pauses.push((wakeAt - world.clock.now()) / 1000);
      await world.clock.advance(wakeAt - world.clock.now());
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
    // Each by a message of its own: those before it have come.
    expect(world.timers.map(({ delaySeconds }) => delaySeconds)).toEqual(pauses);
  });

  it('by a message of its own, where the one that is left from a failure that is over comes later', async () => {
    fail({ status: 503 }, 'GET', 5);
    for (let i = 0; i < 6; i += 1) await world.sync();
    expect((await world.state()).failures).toBe(0);
    fail({ status: 503 }, 'GET');
    await world.sync();
    expect(world.wakeUps().at(-1)).toBe(world.clock.now() - NOW + 2_000);
    expect(world.wakeUps().at(-2)).toBeGreaterThan(world.clock.now() - NOW + 2_000);
  });

  it('from the start again once it was over', async () => {
    fail({ status: 503 }, 'GET', 3);
    for (let i = 0; i < 4; i += 1) {
      await world.sync();
      await world.clock.advance(10_000);
    }
    fail({ status: 503 }, 'GET');
    await world.sync();
    expect(((await world.state()).wakeAt ?? 0) - world.clock.now()).toBe(2_000);
  });

  it.each([401, 403, 404])('by the minute tick alone where a person must mend it: %i', async (status) => {
    fail({ status }, 'GET');
    await world.sync();
    expect(world.timers).toEqual([]);
    expect(await world.state()).toMatchObject({ needsSync: true });
  });

  it.each([404, 401])('but not before a second has passed, whatever asks for it: %i', async (status) => {
    fail({ status });
    await world.sync();
    await world.sync();
    const [first, second] = world.okta.requests();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(1_000);
  });
});

describe('after a 429', () => {
  beforeEach(async () => {
    const acls = { [ACL]: { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };
    world = new SyncWorld({ config: configOf({ acls }) });
    await world.apply(granted(ALICE, 0), granted('203.0.113.2', 0, { acl: 'other' }));
  });

  it('no ACL calls before the reset that Okta gave; each is woken at it', async () => {
    fail({ rateLimit: { resetInSeconds: 40 } });
    await world.sync();
    await world.sync('other');
    await world.sync();
    expect(world.calls()).toBe(1);
    expect(world.wakeUps()).toEqual([40_000, 40_000]);
    expect((await world.state('other')).needsSync).toBe(true);
    await world.clock.advance(NOW + 39_999 - world.clock.now());
    await world.sync('other');
    const [, second] = world.okta.requests();
    expect(second?.at).toBe(NOW + 40_000);
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
  });

  it('a rebuild that is under way for another ACL makes no further call', async () => {
    world.latencyMs = 1_000;
    const other = syncAcl('other', world.deps, NOW + RUN_MS);
    await world.clock.advance(0);
    world.latencyMs = 500;
    world.okta.addFault({ count: 1, zoneId: 'nzo1', fault: { rateLimit: { resetInSeconds: 40 } } });
    await world.sync();
    await world.clock.finish(other);
    expect(world.okta.requests().map(({ method, at }) => [method, at])).toEqual(Array(2).fill(['GET', NOW]));
    expect(world.gateways('nzo2')).toEqual(['192.0.2.0/32']);
    await world.clock.advance(41_000);
    await world.sync('other');
    expect(world.gateways('nzo2')).toEqual(['203.0.113.2/32']);
  });

  it('a message for a sooner moment is enough, and one for a later moment is not', async () => {
    fail({ status: 503 }, 'GET', 3);
    for (const pause of [2_000, 4_000, 1_000]) {
      await world.sync();
      await world.clock.advance(pause);
    }
    fail({ rateLimit: { resetInSeconds: 40 } });
    await world.sync();
    expect(world.wakeUps()).toEqual([2_000, 6_000, 14_000]);
    await world.clock.advance(8_000);
    await world.sync();
    expect(world.wakeUps()).toEqual([2_000, 6_000, 14_000, 47_000]);
  });
});
