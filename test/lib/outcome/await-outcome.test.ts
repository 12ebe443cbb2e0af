import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { awaitOutcome } from '../../../lib/outcome/await-outcome.ts';
import type { Fault, ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
import { configOf, flushed, granted, revoked } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.9'];
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld();
});
const fail = (fault: Fault, method = 'PUT') => world.okta.addFault({ count: 1, method, fault });
const edit = (change: ZoneEdit) => world.okta.editZone('nzo1', change);
/** Waits from now on. @returns what is answered, and after how many milliseconds */
async function wait(event: QueuedEvent, seconds = 20, deps = world.deps) {
  const began = world.clock.now();
  const outcome = await world.clock.finish(awaitOutcome(event, began + seconds * 1000, deps));
  return { outcome, tookMs: world.clock.now() - began };
}
const outcomeOf = async (event: QueuedEvent, seconds = 0) => (await wait(event, seconds)).outcome;

describe('the outcome of an event', () => {
  it.each([
    ['a grant', granted(ALICE, 1)],
    ['a revoke', revoked(ALICE, 1)],
    ['a flush', flushed(1)],
  ])('is that it is applied once Okta has confirmed it: %s', async (_, event) => {
    await world.apply(event);
    await world.rebuild();
    expect(await wait(event)).toEqual({ outcome: { status: 'applied' }, tookMs: 0 });
  });

  it('is open while it is not applied, or not confirmed, until the time is up and not longer', async () => {
    const [before, grant] = [granted(BOB, 0), granted(ALICE, 1)];
    await world.apply(before);
    await world.rebuild();
    expect(await outcomeOf(grant, 5)).toEqual({ status: 'pending' });
    await world.apply(grant);
    const { outcome, tookMs } = await wait(grant, 5);
    expect(outcome).toEqual({ status: 'pending' });
    expect(tookMs).toBeLessThanOrEqual(5_000);
    expect(tookMs).toBeGreaterThan(2_000);
  });

  it('is looked at once also where there is no time at all', async () => {
    const grant = granted(ALICE, 1);
    expect(await wait(grant, 0)).toEqual({ outcome: { status: 'pending' }, tookMs: 0 });
    await world.apply(grant);
    await world.rebuild();
    expect(await wait(grant, 0)).toEqual({ outcome: { status: 'applied' }, tookMs: 0 });
  });

  it('is seen within two seconds of its coming', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    world.clock.after(9_000, () => void world.rebuild());
    const { outcome, tookMs } = await wait(grant);
    expect(outcome).toEqual({ status: 'applied' });
    expect(tookMs).toBeGreaterThanOrEqual(9_000);
    expect(tookMs).toBeLessThanOrEqual(11_000);
  });

  it('is looked for soon at first, then ever more rarely, and every two seconds in the end', async () => {
    const pauses: number[] = [];
    const clock = {
      now: () => world.clock.now(),
      sleep: (ms: number) => {
        pauses.push(ms);
        return world.clock.sleep(ms);
      },
    };
    await wait(granted(ALICE, 1), 11, { ...world.deps, clock });
    expect(pauses).toEqual([300, 450, 675, 1_012.5, 1_518.75, 2_000, 2_000, 2_000]);
  });

  it('is looked at for the last time when the time is just up', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    world.clock.after(290, () => void world.rebuild());
    expect(await wait(grant, 0.3)).toEqual({ outcome: { status: 'applied' }, tookMs: 300 });
  });

  it('is that of the event first seen, for an id that came before', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    await world.rebuild();
    await world.apply(grant);
    expect(await outcomeOf(grant)).toEqual({ status: 'applied' });
  });
});

describe('a zone that could not be updated', () => {
  it.each<[string, () => unknown]>([
    ['OKTA001', () => world.okta.revokeToken(TOKEN)],
    ['OKTA002', () => fail({ status: 403 })],
    ['ZONE001', () => world.okta.removeZone('nzo1')],
    ['ZONE002', () => fail({ status: 400 })],
    ['ZONE004', () => edit({ status: 'INACTIVE' })],
    ['ZONE006', () => Object.assign(world.token, { text: undefined })],
    ['ZONE008', () => edit({ gateways: ['198.18.0.1'] })],
  ])('is said at once where a person must mend it: %s', async (code, breakIt) => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    breakIt();
    await world.rebuild();
    const failed = { status: 'failed', code, detail: expect.any(String) };
    expect(await wait(grant)).toEqual({ outcome: failed, tookMs: 0 });
  });

  it.each([
    ['ZONE003', { status: 503 }],
    ['OKTA005', { rateLimit: { resetInSeconds: 3 } }],
  ] as const)('is waited out where it passes, and said when the time is up: %s', async (code, fault) => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    fail(fault);
    await world.rebuild();
    const { outcome, tookMs } = await wait(grant, 5);
    expect(outcome).toMatchObject({ status: 'failed', code });
    expect(tookMs).toBeGreaterThan(2_000);
    world.clock.after(4_000, () => void world.rebuild());
    expect(await outcomeOf(grant, 20)).toEqual({ status: 'applied' });
  });

  it('before the event was read says nothing of the event', async () => {
    const [before, grant] = [granted(BOB, 0), granted(ALICE, 1)];
    await world.apply(before);
    fail({ status: 403 });
    await world.rebuild();
    await world.apply(grant);
    expect(await outcomeOf(grant, 3)).toEqual({ status: 'pending' });
    expect(await outcomeOf(before, 3)).toMatchObject({ status: 'failed' });
  });

  it('after the event was in is no failure of the event', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    await world.rebuild();
    world.okta.revokeToken(TOKEN);
    await world.clock.advance(300_000);
    await world.rebuild();
    expect(world.codes()).toEqual(['OKTA001']);
    expect(await outcomeOf(grant)).toEqual({ status: 'applied' });
  });

  it('is none where another zone of the ACL took the event’s IP in', async () => {
    world = new ZoneWorld({ config: configOf({ acls: { 'okta-prod': { zoneIds: ['nzo1', 'nzo2'] } } }) });
    world.okta.removeZone('nzo1');
    const [grant, revoke] = [granted(ALICE, 1), revoked(BOB, 2)];
    await world.apply(grant, revoke);
    await world.rebuild();
    expect(world.gateways('nzo2')).toEqual([`${ALICE}/32`]);
    expect(world.codes()).toEqual(['ZONE001']);
    for (const event of [grant, revoke]) expect(await outcomeOf(event)).toEqual({ status: 'applied' });
  });

  it('because it is full is ZONE005 for who waits, and for nobody else', async () => {
    world = new ZoneWorld({ config: configOf({ gatewayLimit: 1 }) });
    const [inside, outside, gone] = [granted(BOB, 0), granted(ALICE, 1), revoked('203.0.113.3', 2)];
    await world.apply(inside, outside, gone);
    await world.rebuild();
    expect(await outcomeOf(outside)).toMatchObject({ status: 'failed', code: 'ZONE005' });
    for (const event of [inside, gone]) expect(await outcomeOf(event)).toEqual({ status: 'applied' });
  });

  it('because it is full is nothing to those who share an entry', async () => {
    world = new ZoneWorld({ config: configOf({ gatewayLimit: 1 }) });
    const [first, neighbour] = [granted('203.0.113.2', 0), granted('203.0.113.3', 1)];
    await world.apply(first, neighbour);
    await world.rebuild();
    expect(world.gateways()).toEqual(['203.0.113.2/31']);
    for (const event of [first, neighbour]) expect(await outcomeOf(event)).toEqual({ status: 'applied' });
  });
});

describe('an event that a later one overtook', () => {
  it('is applied, with the word that it changed nothing, once the later one is confirmed', async () => {
    const [late, earlier] = [revoked(ALICE, 5), granted(ALICE, 1)];
    await world.apply(late);
    await world.rebuild();
    await world.apply(earlier);
    expect(await outcomeOf(earlier, 1)).toEqual({ status: 'pending' });
    await world.rebuild();
    expect(await outcomeOf(earlier)).toMatchObject({ status: 'applied', overtakenBy: expect.any(String) });
  });

  it('after it was applied is told so as well: a grant that is gone is not called in', async () => {
    const [grant, revoke] = [granted(ALICE, 1), revoked(ALICE, 2)];
    await world.apply(grant, revoke);
    await world.rebuild();
    expect(await outcomeOf(grant)).toMatchObject({
      status: 'applied',
      overtakenBy: expect.stringContaining('expiry'),
    });
  });

  it('is told by what, where it is the end of a grant that was made anew', async () => {
    const [later, earlier] = [granted(ALICE, 5, { grantId: 'g' }), revoked(ALICE, 1, { grantId: 'g' })];
    await world.apply(later, earlier);
    await world.rebuild();
    expect(await outcomeOf(earlier)).toEqual({ status: 'applied', overtakenBy: 'a later event on the same grant' });
  });

  it('counts as in where a later grant keeps the person in', async () => {
    const [later, earlier] = [granted(ALICE, 5), granted(ALICE, 1)];
    await world.apply(later, earlier);
    await world.rebuild();
    expect(await outcomeOf(earlier)).toEqual({ status: 'applied', overtakenBy: 'a later grant' });
  });
});
