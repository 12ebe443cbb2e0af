import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuedEvent } from '../../../lib/grants/queue-message.ts';
import { wakeKey } from '../../../lib/grants/wake-item.ts';
import { MOST_WAITING } from '../../../lib/names.ts';
import { awaitOutcome } from '../../../lib/outcome/await-outcome.ts';
import type { Fault, ZoneEdit } from '../../../local/okta-simulator/simulator.ts';
import { ACL, bookOf, configOf, flushed, granted, NOW, positionAt, revoked } from '../../helpers/events.ts';
import { TOKEN, ZoneWorld } from '../../helpers/zone-world.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.9'];
/** What a grant is told that nobody has ended. */
const IN = { status: 'applied', heldBy: 1 };
let world: ZoneWorld;
beforeEach(() => {
  world = new ZoneWorld();
});
const fail = (fault: Fault, method = 'PUT') => world.okta.addFault({ count: 1, method, fault });
const edit = (change: ZoneEdit) => world.okta.editZone('nzo1', change);
/** Waits from now on. @returns what is answered, and after how many milliseconds */
async function wait(event: QueuedEvent, seconds = 20, deps = world.deps) {
  const began = world.clock.now();
  const { answer } = await world.clock.finish(awaitOutcome(event, began + seconds * 1000, deps));
  return { outcome: answer, tookMs: world.clock.now() - began };
}
const outcomeOf = async (event: QueuedEvent, seconds = 0) => (await wait(event, seconds)).outcome;

describe('the outcome of an event', () => {
  it.each([
    ['a grant', granted(ALICE, 1), IN],
    ['a revoke', revoked(ALICE, 1), { status: 'applied', ended: 0, heldBy: 0 }],
    ['a flush', flushed(1), { status: 'applied', ended: 0 }],
  ])('is that it is applied once Okta has confirmed it: %s', async (_, event, outcome) => {
    await world.apply(event);
    await world.rebuild();
    expect(await wait(event)).toEqual({ outcome, tookMs: 0 });
  });

  it('is open while it is not applied, or not confirmed, until the time is up and not longer', async () => {
    const [before, grant] = [granted(BOB, 0), granted(ALICE, 1)];
    await world.apply(before);
    await world.rebuild();
    expect(await wait(grant, 3)).toEqual({ outcome: { status: 'unknown' }, tookMs: 3_000 });
    await world.apply(grant);
    expect(await wait(grant, 9)).toEqual({ outcome: { status: 'pending' }, tookMs: 9_000 });
  });

  it('is looked at once also where there is no time at all', async () => {
    const grant = granted(ALICE, 1);
    expect(await wait(grant, 0)).toEqual({ outcome: { status: 'unknown' }, tookMs: 0 });
    await world.apply(grant);
    await world.rebuild();
    expect(await wait(grant, 0)).toEqual({ outcome: IN, tookMs: 0 });
  });

  it('is seen within two seconds of its coming', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    world.clock.after(9_000, () => void world.rebuild());
    const { outcome, tookMs } = await wait(grant);
    expect(outcome).toEqual(IN);
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
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    await wait(grant, 11, { ...world.deps, clock });
    expect(pauses.slice(0, -1)).toEqual([300, 450, 675, 1_012.5, 1_518.75, 2_000, 2_000, 2_000]);
    expect(pauses.at(-1)).toBeLessThan(2_000);
  });

  it('is looked at for the last time when the time is just up', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    world.clock.after(290, () => void world.rebuild());
    expect(await wait(grant, 0.3)).toEqual({ outcome: IN, tookMs: 300 });
  });

  it('is that of the event first seen, for an id that came before', async () => {
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    await world.rebuild();
    await world.apply(grant);
    expect(await outcomeOf(grant)).toEqual(IN);
  });

  it('is not waited for where the event does not get into the table: that takes longer than anybody waits', async () => {
    const { tookMs } = await wait(granted(ALICE, 1), 20);
    expect(tookMs).toBeGreaterThanOrEqual(5_000);
    expect(tookMs).toBeLessThanOrEqual(7_000);
  });

  it('is told at once, whatever it is, where no function has a reservation', async () => {
    const deps = { ...world.deps, config: configOf({ reservedConcurrency: false }) };
    const grant = granted(ALICE, 1);
    expect(await wait(grant, 20, deps)).toEqual({ outcome: { status: 'unknown' }, tookMs: 0 });
    await world.apply(grant);
    expect(await wait(grant, 20, deps)).toEqual({ outcome: { status: 'pending' }, tookMs: 0 });
    // It asks to wait, and so is not told of what passes before its time is up.
    fail({ status: 503 });
    await world.rebuild();
    expect(await wait(grant, 20, deps)).toEqual({ outcome: { status: 'pending' }, tookMs: 0 });
    await world.timersGoOff();
    expect(await wait(grant, 20, deps)).toEqual({ outcome: IN, tookMs: 0 });
  });
});

describe('where many wait', () => {
  const crowd = (count: number, acl = 'okta-prod') =>
    Array.from({ length: count }, (_, i) => granted(`198.51.100.${i}`, 1, { acl }));
  const isWaitedFor = async (event: QueuedEvent) => (await wait(event, 3)).tookMs > 0;
  const two = { 'okta-prod': { zoneIds: ['nzo1'] }, other: { zoneIds: ['nzo2'] } };

  it('those wait who come while no more than thirty-eight events are not confirmed, of all ACLs together', async () => {
    world = new ZoneWorld({ config: configOf({ acls: two }) });
    const [grant, next] = [granted(ALICE, 1), granted(BOB, 1)];
    await world.apply(...crowd(10, 'other'), ...crowd(MOST_WAITING - 11), grant);
    expect(await isWaitedFor(grant)).toBe(true);
    await world.apply(next);
    expect(await isWaitedFor(next)).toBe(false);
    expect(await outcomeOf(next)).toEqual({ status: 'pending' });
    await world.rebuild();
    expect(await outcomeOf(next)).toEqual(IN);
    const later = granted(ALICE, 2);
    await world.apply(later);
    expect(await isWaitedFor(later)).toBe(true);
  });

  it('those do not count who are told at once that a person must mend something', async () => {
    world = new ZoneWorld({ config: configOf({ acls: two }) });
    world.okta.removeZone('nzo2');
    await world.apply(...crowd(MOST_WAITING + 10, 'other'));
    await world.rebuild('other');
    const grant = granted(ALICE, 1);
    await world.apply(grant);
    expect(await isWaitedFor(grant)).toBe(true);
  });
});

describe('an event under an id that another event had', () => {
  const [one, other] = ['a', 'b'].map((letter) => letter.repeat(43)) as [string, string];
  const first = granted(ALICE, 1, { bodyHash: one });
  const second = { ...flushed(2), webhookId: first.webhookId, bodyHash: other };

  it('is told so, and the other what became of it; without a body the id is asked about', async () => {
    await world.apply(first, second);
    await world.rebuild();
    expect(await outcomeOf(second)).toEqual({ status: 'other event' });
    const { bodyHash: _, ...unnamed } = first;
    for (const event of [first, unnamed]) expect(await outcomeOf(event)).toEqual(IN);
  });
});

describe('an event that was set aside', () => {
  const grant = granted(ALICE, 1, { bodyHash: 'a'.repeat(43) });

  it.each(['STORE001', 'STORE002'] as const)('is told so at once, with %s', async (code) => {
    await world.deps.grants.setAside(grant, code, world.clock.now());
    const failed = { status: 'failed', code, detail: expect.any(String), heals: false };
    expect(await wait(grant)).toEqual({ outcome: failed, tookMs: 0 });
  });

  it('is told what became of it where it was put back', async () => {
    await world.deps.grants.setAside(grant, 'STORE001', world.clock.now());
    await world.apply(grant);
    expect(await outcomeOf(grant)).toEqual({ status: 'pending' });
    await world.rebuild();
    expect(await outcomeOf(grant)).toEqual(IN);
  });

  it('left its id free: another event under it is not known yet', async () => {
    await world.deps.grants.setAside(grant, 'STORE001', world.clock.now());
    expect(await outcomeOf({ ...grant, bodyHash: 'b'.repeat(43) })).toEqual({ status: 'unknown' });
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
    const failed = { status: 'failed', code, detail: expect.any(String), heals: false };
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
    expect(tookMs).toBe(5_000);
    world.clock.after(4_000, () => void world.rebuild());
    expect(await outcomeOf(grant, 20)).toEqual(IN);
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
    expect(await outcomeOf(grant)).toEqual(IN);
  });

  it('is none where another zone of the ACL took the event’s IP in', async () => {
    world = new ZoneWorld({ config: configOf({ acls: { 'okta-prod': { zoneIds: ['nzo1', 'nzo2'] } } }) });
    world.okta.removeZone('nzo1');
    const [grant, revoke] = [granted(ALICE, 1), revoked(BOB, 2)];
    await world.apply(grant, revoke);
    await world.rebuild();
    expect(world.gateways('nzo2')).toEqual([`${ALICE}/32`]);
    expect(world.codes()).toEqual(['ZONE001']);
    for (const event of [grant, revoke]) expect(await outcomeOf(event)).toMatchObject({ status: 'applied' });
  });

  it('because it is full is ZONE005 for who waits, and for nobody else', async () => {
    world = new ZoneWorld({ config: configOf({ gatewayLimit: 1 }) });
    const [inside, outside, gone] = [granted(BOB, 0), granted(ALICE, 1), revoked('203.0.113.3', 2)];
    await world.apply(inside, outside, gone);
    await world.rebuild();
    expect(await outcomeOf(outside)).toMatchObject({ status: 'failed', code: 'ZONE005' });
    for (const event of [inside, gone]) expect(await outcomeOf(event)).toMatchObject({ status: 'applied' });
  });

  it('because it is full is nothing to those who share an entry', async () => {
    world = new ZoneWorld({ config: configOf({ gatewayLimit: 1 }) });
    const [first, neighbour] = [granted('203.0.113.2', 0), granted('203.0.113.3', 1)];
    await world.apply(first, neighbour);
    await world.rebuild();
    expect(world.gateways()).toEqual(['203.0.113.2/31']);
    for (const event of [first, neighbour]) expect(await outcomeOf(event)).toEqual(IN);
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
    expect(await outcomeOf(earlier)).toEqual({ status: 'applied', heldBy: 0, overtakenBy: 'a later revoke' });
  });

  it('after it was applied is told so as well: a grant that is gone is not called in', async () => {
    const [grant, revoke] = [granted(ALICE, 1), revoked(ALICE, 2)];
    await world.apply(grant, revoke);
    await world.rebuild();
    expect(await outcomeOf(grant)).toEqual({ status: 'applied', heldBy: 0, overtakenBy: 'a later revoke' });
    expect(await outcomeOf(revoke)).toEqual({ status: 'applied', ended: 1, heldBy: 0 });
  });

  it('is told by what, where it is the end of a grant that was made anew', async () => {
    const [later, earlier] = [granted(ALICE, 5, { grantId: 'g' }), revoked(ALICE, 1, { grantId: 'g' })];
    await world.apply(later, earlier);
    await world.rebuild();
    const overtakenBy = 'a later event on the same grant';
    expect(await outcomeOf(earlier)).toEqual({ status: 'applied', ended: 0, heldBy: 1, overtakenBy });
  });

  it('counts as in where a later grant keeps the person in', async () => {
    const [later, earlier] = [granted(ALICE, 5), granted(ALICE, 1)];
    await world.apply(later, earlier);
    await world.rebuild();
    const overtakenBy = 'a later event on the same grant';
    expect(await outcomeOf(earlier)).toEqual({ status: 'applied', heldBy: 1, overtakenBy });
  });

  it('is not called applied while those who hold the IP now are not in', async () => {
    const [earlier, later] = [granted(ALICE, 1), granted(ALICE, 2, { grantId: 'x' })];
    await world.apply(flushed(3), earlier, { ...later, timestamp: later.timestamp + 9_000_000_000n });
    world.okta.revokeToken(TOKEN);
    await world.rebuild();
    expect(await outcomeOf(earlier)).toMatchObject({ status: 'failed', code: 'OKTA001' });
  });
});

describe('a grant that is over', () => {
  const short = granted(ALICE, 1, { expiresAt: NOW + 5_000 });

  it('is expired: also where it was over before it was applied, or Okta never heard of it', async () => {
    await world.clock.advance(6_000);
    await world.apply(short);
    expect(await wait(short)).toEqual({ outcome: { status: 'expired' }, tookMs: 0 });
    await world.rebuild();
    expect(await outcomeOf(short)).toEqual({ status: 'expired' });
  });

  it('is expired for whoever waits for it while its time ends', async () => {
    await world.apply(short);
    const { outcome, tookMs } = await wait(short);
    expect(outcome).toEqual({ status: 'expired' });
    expect(tookMs).toBeLessThanOrEqual(7_000);
  });

  it.each([
    ['applied where a later event ended it', revoked(ALICE, 2), { overtakenBy: 'a later revoke', heldBy: 0 }],
    [
      'applied where it was prolonged',
      granted(ALICE, 2),
      { overtakenBy: 'a later event on the same grant', heldBy: 1 },
    ],
  ])('is %s', async (_, later, more) => {
    await world.apply(short, later);
    await world.rebuild();
    await world.clock.advance(60_000);
    expect(await outcomeOf(short)).toEqual({ status: 'applied', ...more });
  });

  it('is expired where what came later came after its time', async () => {
    await world.apply(short);
    await world.rebuild();
    await world.clock.advance(60_000);
    await world.apply(revoked(ALICE, 30), granted(ALICE, 40));
    expect(await outcomeOf(short)).toEqual({ status: 'expired' });
  });
});

describe('what is said beside applied', () => {
  it('is how many others hold an IP that was revoked, and how many grants that ended', async () => {
    await world.apply(granted(ALICE, 1, { grantId: 's1' }), granted(ALICE, 1, { grantId: 's2' }));
    const [wrong, right] = [revoked(ALICE, 2, { grantId: 's3' }), revoked(ALICE, 3, { grantId: 's1' })];
    await world.apply(wrong, right);
    await world.rebuild();
    expect(await outcomeOf(wrong)).toEqual({ status: 'applied', ended: 0, heldBy: 1 });
    expect(await outcomeOf(right)).toEqual({ status: 'applied', ended: 1, heldBy: 1 });
  });

  it('is what a flush and a revoke by a slow clock did not cover', async () => {
    const [revoke, flush] = [revoked(ALICE, -290), flushed(-200)];
    await world.apply(granted(ALICE, 0), granted(BOB, 0), revoke, flush);
    await world.rebuild();
    const overtaken = { status: 'applied', ended: 0, overtakenBy: 'later grants' };
    expect(await outcomeOf(revoke)).toEqual({ ...overtaken, heldBy: 1 });
    expect(await outcomeOf(flush)).toEqual(overtaken);
  });

  it('is that the configuration lets the IP in', async () => {
    const acls = { 'okta-prod': { zoneIds: ['nzo1'], alwaysAllow: ['203.0.113.0/28'] } };
    world = new ZoneWorld({ config: configOf({ acls }) });
    const [revoke, grant, other] = [revoked(ALICE, 1), granted(ALICE, 2), revoked('203.0.113.99', 3)];
    await world.apply(revoke, grant, other);
    await world.rebuild();
    const always = { status: 'applied', heldBy: 1, alwaysAllowed: true };
    expect(await outcomeOf(revoke)).toEqual({ ...always, ended: 0 });
    expect(await outcomeOf(grant)).toEqual(always);
    expect(await outcomeOf(other)).toEqual({ status: 'applied', ended: 0, heldBy: 0 });
  });

  it('is that the same network holds an IPv6 address', async () => {
    world = new ZoneWorld({ config: configOf({ allowIpv6: true, ipv6PrefixLength: 64 }) });
    const [one, two] = ['2001:db8::1', '2001:db8::2'];
    const revoke = revoked(one, 2);
    await world.apply(granted(one, 1), granted(two, 1), granted('2001:db8:0:1::1', 1), revoke);
    await world.rebuild();
    expect(await outcomeOf(revoke)).toEqual({ status: 'applied', ended: 1, heldBy: 1 });
  });
});

describe('a queue that was replaced', () => {
  it('makes nothing applied too early, also where the memory of its positions is lost', async () => {
    const old = Array.from({ length: 5 }, (_, i) => granted(BOB, i));
    await world.apply(...old);
    await world.rebuild();
    // Nobody knows how far the queue was applied; the zones are confirmed up to the old queue's fifth message.
    await world.table.write([{ remove: wakeKey(ACL) }]);
    const grant = granted(ALICE, 9);
    const book = bookOf(world.table);
    await book.apply(grant, positionAt(1), world.clock.now());
    expect(await outcomeOf(grant)).toEqual({ status: 'pending' });
    await book.announce(world.clock.now());
    expect(await outcomeOf(grant)).toEqual({ status: 'pending' });
    await world.rebuild();
    expect(await outcomeOf(grant)).toEqual(IN);
  });
});
