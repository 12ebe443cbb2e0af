import { beforeEach, describe, expect, it } from 'vitest';
import { ZoneStates } from '../../lib/zones/zone-states.ts';
import { grantsIn } from '../helpers/events.ts';
import { ACL, SENTINEL, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let system: VirtualSystem;
const seconds = (n: number) => system.clock.advance(n * 1000);
beforeEach(() => {
  system = new VirtualSystem();
});

describe('the end of a grant', () => {
  it.each([3, 60, 119, 121, 130, 600, 3_600])('comes within 5 s of its expiry: %i s', async (duration) => {
    await system.grant(BOB, { durationSeconds: 86_400 });
    await system.grant(ALICE, { durationSeconds: duration });
    await seconds(duration - 1);
    expect(system.gateways()).toContain(`${ALICE}/32`);
    await seconds(6);
    expect(system.gateways()).toEqual([`${BOB}/32`]);
  });

  it('comes with the tick, within 125 s, where every timer is lost', async () => {
    system.functions.timers.losesEverything = true;
    await system.grant(ALICE, { durationSeconds: 90 });
    await seconds(90 + 125);
    expect(system.gateways()).toEqual([SENTINEL]);
  });

  it('of one grant on an IP leaves the IP to the other', async () => {
    await system.grant(ALICE, { grantId: 'short', durationSeconds: 10 });
    await system.grant(ALICE, { grantId: 'long', durationSeconds: 600 });
    await seconds(60);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('does not come for a grant that was made longer meanwhile', async () => {
    await system.grant(ALICE, { durationSeconds: 10 });
    await system.grant(ALICE, { durationSeconds: 600 });
    await seconds(120);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('is at the very moment of its expiry, not after it', async () => {
    await system.grant(ALICE, { durationSeconds: 2 });
    await seconds(1.5);
    system.functions.timers.losesEverything = true;
    const [grant] = await grantsIn(system.functions.table);
    await system.clock.advance(Number(grant?.expiresAt) - system.clock.now());
    await system.functions.tick();
    expect(await grantsIn(system.functions.table)).toEqual([]);
  });

  it('is made good by the TTL’s delete where schedule and timers are dead', async () => {
    system.functions.timers.losesEverything = true;
    await system.grant(ALICE, { durationSeconds: 60 });
    await seconds(30);
    system.functions.scheduleIsDead = true;
    await seconds(3_600);
    expect(system.gateways()).toEqual([SENTINEL]);
  });
});

describe('the tick', () => {
  it('asks for nothing of a zone that was verified just now', async () => {
    await system.grant(ALICE);
    await seconds(2);
    const before = system.okta.requests(0).length;
    await seconds(120);
    expect(system.okta.requests(0).length).toBe(before);
  });

  it('applies a changed configuration to a zone in use', async () => {
    await system.grant(ALICE);
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE], alwaysAllow: ['198.51.100.0/24'] } } });
    await seconds(70);
    expect(system.gateways()).toEqual(['198.51.100.0/24', `${ALICE}/32`]);
  });

  it('makes good a change whose stream record was lost', async () => {
    await system.grant(ALICE);
    await seconds(2);
    system.functions.stream.losesEverything = true;
    await system.grant(BOB);
    await seconds(5);
    system.functions.stream.losesEverything = false;
    await seconds(65);
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });

  it('takes up a rebuild that died half-way', async () => {
    await system.grant(ALICE);
    await seconds(2);
    const now = system.clock.now();
    await new ZoneStates(system.functions.table).take(ACL, 'dead', now, now + 30_000);
    await system.grant(BOB);
    await seconds(40);
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
  });

  it('reports STORE001 where the table fails, and is right again afterwards', async () => {
    await system.grant(ALICE, { durationSeconds: 100 });
    system.functions.table.unreachable = true;
    await seconds(130);
    expect(new Set(system.codes())).toEqual(new Set(['STORE001']));
    system.functions.table.unreachable = false;
    await seconds(125);
    expect(system.gateways()).toEqual([SENTINEL]);
  });

  it('that fails for the last time lies in the dead-letter queue with its reason', async () => {
    await system.grant(ALICE, { durationSeconds: 100 });
    system.functions.table.unreachable = true;
    await seconds(1_200);
    expect(system.functions.timers.deadLetters.length).toBeGreaterThan(0);
    expect(new Set(system.functions.timers.deadLetters.map(({ reason }) => reason))).toEqual(
      new Set(['STORE001 Error']),
    );
  });

  it('leaves what is no timer to the dead letters', async () => {
    await system.functions.timers.send([{ body: 'hello', delaySeconds: 0 }]);
    await seconds(3_600);
    expect(system.functions.timers.deadLetters).toEqual([{ body: 'hello', reason: 'not a timer of this system' }]);
  });
});
