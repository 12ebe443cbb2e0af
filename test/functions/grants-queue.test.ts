import { beforeEach, describe, expect, it } from 'vitest';
import { grantsIn, ipsIn } from '../helpers/events.ts';
import { ACL, SECOND_ZONE, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
let system: VirtualSystem;
beforeEach(() => {
  system = new VirtualSystem();
});
const seconds = (n: number) => system.clock.advance(n * 1000);
const live = (acl = ACL) => ipsIn(system.functions.table, acl);

describe('events while the table is out of reach', () => {
  it('are kept in order, reported as STORE001 each time, and applied when it is back', async () => {
    system.functions.table.unreachable = true;
    await system.grant(ALICE);
    await system.grant(BOB);
    await system.revoke(ALICE);
    await seconds(200);
    expect(system.functions.events.length).toBe(3);
    const codes = system.codes();
    expect(codes.length).toBeGreaterThan(1);
    expect(new Set(codes)).toEqual(new Set(['STORE001']));
    system.functions.table.unreachable = false;
    await seconds(200);
    expect(await live()).toEqual([BOB]);
    expect(system.gateways()).toEqual([`${BOB}/32`]);
  });

  it('go to the dead letters only after ten tries, in more than ten minutes, and are not lost', async () => {
    system.functions.table.unreachable = true;
    await system.grant(ALICE);
    await seconds(13 * 60);
    expect(system.functions.events.deadLetters.letters).toEqual([]);
    await seconds(10 * 60);
    expect(system.functions.events.deadLetters.letters).toMatchObject([{ body: expect.stringContaining(ALICE) }]);
    expect(system.functions.events.length).toBe(0);
  });

  it('and that come back from the dead letters later are applied as if they had come in time', async () => {
    system.functions.table.unreachable = true;
    await system.grant(ALICE, { durationSeconds: 86_400 });
    await seconds(24 * 60);
    system.functions.table.unreachable = false;
    await system.grant(BOB, { durationSeconds: 86_400 });
    await system.grant(ALICE, { durationSeconds: 3_600 });
    await seconds(5);
    const [letter] = system.functions.events.deadLetters.letters;
    await system.functions.events.send({ body: letter?.body ?? '', deduplicationId: 'redriven' });
    await seconds(5);
    expect(await live()).toEqual([ALICE, BOB]);
    // The later grant, which is shorter, still holds.
    const [alice] = await grantsIn(system.functions.table);
    expect(alice?.expiresAt).toBeLessThanOrEqual(system.clock.now() + 3_600_000);
  });
});

describe('a message that is no event', () => {
  it('holds up nothing: what lies behind it is applied at once', async () => {
    await system.functions.events.send({ body: '{"version":1,"type":"access.granted"}', deduplicationId: 'poison' });
    await system.grant(ALICE);
    await seconds(3);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
    expect(system.codes()).toEqual(['STORE002']);
    expect(system.functions.events.deadLetters.letters).toHaveLength(1);
  });
});

describe('the revoke of one grant', () => {
  it('leaves nothing of it, and the others on its IP', async () => {
    for (const grantId of ['one', 'two']) await system.grant(ALICE, { grantId });
    await system.revoke(ALICE, { grantId: 'one' });
    await seconds(2);
    const grants = await grantsIn(system.functions.table);
    expect(grants.map(({ grantId }) => grantId)).toEqual(['two']);
    await system.revoke(ALICE, { grantId: 'two' });
    await seconds(5);
    expect(await live()).toEqual([]);
  });
});

describe('an id that comes again', () => {
  it('within minutes is not even queued again, and later is applied no second time', async () => {
    const at = new Date(system.clock.now()).toISOString();
    const body = (type: string) => JSON.stringify({ type, timestamp: at, data: { acl: ACL, ip: ALICE } });
    await system.post({ body: body('access.granted'), id: 'same' });
    expect((await system.post({ body: body('access.granted'), id: 'same' })).status).toBe(202);
    await system.revoke(ALICE);
    await seconds(600);
    expect((await system.post({ body: body('access.granted'), id: 'same' })).status).toBe(202);
    await seconds(5);
    expect(await live()).toEqual([]);
    expect(system.lines.filter(({ message }) => message === 'event duplicate')).toHaveLength(1);
  });

  it('with another body is not applied, byte for byte: within minutes, and later', async () => {
    const body = JSON.stringify({
      ...{ type: 'access.granted', timestamp: new Date(system.clock.now()).toISOString() },
      data: { acl: ACL, ip: ALICE },
    });
    await system.post({ body, id: 'same' });
    await system.post({ body: `${body} `, id: 'same' });
    await system.post({ body: body.replace(ALICE, BOB), id: 'same' });
    await seconds(600);
    await system.post({ body: body.replace(ALICE, BOB), id: 'same' });
    await system.post({ body, id: 'same' });
    await seconds(5);
    expect(await live()).toEqual([ALICE]);
    const lines = system.lines.filter(({ action }) => action === 'event-duplicate');
    expect(lines.map(({ otherBody = false }) => otherBody)).toEqual([true, true, true, false]);
  });

  it('with another ACL is another event', async () => {
    system = new VirtualSystem({ acls: { [ACL]: { zoneIds: [ZONE] }, other: { zoneIds: [SECOND_ZONE] } } });
    for (const acl of [ACL, 'other']) {
      const timestamp = new Date(system.clock.now()).toISOString();
      const body = JSON.stringify({ type: 'access.granted', timestamp, data: { acl, ip: ALICE } });
      expect((await system.post({ body, id: 'same' })).status).toBe(202);
    }
    await seconds(5);
    expect([await live(), await live('other')]).toEqual([[ALICE], [ALICE]]);
  });

  it('with another type is not applied either', async () => {
    const at = new Date(system.clock.now()).toISOString();
    await system.grant(ALICE, {});
    const event = { type: 'access.flushed', timestamp: at, data: { acl: ACL } };
    await system.post({ body: JSON.stringify(event), id: 'id-1' });
    await seconds(600);
    await system.post({
      body: JSON.stringify({ ...event, timestamp: new Date(system.clock.now()).toISOString() }),
      id: 'id-1',
    });
    await seconds(5);
    expect(await live()).toEqual([ALICE]);
  });
});

describe('the timer queue out of reach', () => {
  it('keeps a short grant from being stored without its timer', async () => {
    const { timers } = system.functions;
    const send = timers.send.bind(timers);
    timers.send = async () => {
      throw new Error('the timer queue does not answer');
    };
    await system.grant(ALICE, { durationSeconds: 110 });
    await seconds(5);
    expect([await live(), system.codes()]).toEqual([[], ['STORE001']]);
    timers.send = send;
    await seconds(90);
    expect(await live()).toEqual([ALICE]);
    await seconds(25);
    expect(await live()).toEqual([]);
  });
});

describe('what a grant costs the timer queue', () => {
  it('is a message only where the minute tick may come too late', async () => {
    const sent: number[] = [];
    const { timers } = system.functions;
    timers.send = async (messages) => void sent.push(...messages.map(({ delaySeconds }) => delaySeconds));
    for (const durationSeconds of [1, 125, 126, 3_600]) {
      await system.grant(ALICE, { durationSeconds, grantId: `g${durationSeconds}` });
    }
    expect(sent).toEqual([1, 125]);
  });
});
