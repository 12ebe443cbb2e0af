import { beforeEach, describe, expect, it } from 'vitest';
import { AUDIT } from '../../../lib/names.ts';
import { queuePosition } from '../../../lib/queue-position.ts';
import { ACL, configOf, granted, NOW } from '../../helpers/events.ts';
import { SyncWorld } from '../../helpers/sync-world.ts';

/** What a pass over the zones leaves behind: for the log, and for the next one. */
const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'] as const;
const TWO_ZONES = configOf({ gatewayLimit: 1, acls: { [ACL]: { zoneIds: ['nzo1', 'nzo2'] } } });
let world: SyncWorld;
beforeEach(async () => {
  world = new SyncWorld();
  await world.apply(granted(ALICE, 0, { webhookId: 'msg_1' }));
});
const linesWith = (message: string) => world.lines.filter((line) => line.message === message);
const again = async (...deps: Parameters<SyncWorld['sync']>) => {
  world.lines.length = 0;
  await world.clock.advance(5_000);
  await world.sync(...deps);
};

describe('the log', () => {
  it('has a line for each call to Okta', async () => {
    await world.sync();
    expect(linesWith('Okta called')).toMatchObject([
      { acl: ACL, zoneId: 'nzo1', method: 'GET', oktaStatus: 200 },
      { acl: ACL, zoneId: 'nzo1', method: 'PUT', oktaStatus: 200 },
    ]);
  });

  it('has the number of grants before anything of Okta’s can fail, and how the zones are after each pass', async () => {
    world.okta.addFault({ count: 1, fault: { status: 401 } });
    await world.sync();
    expect(linesWith('grants counted')).toMatchObject([{ acl: ACL, grants: 1 }]);
    expect(linesWith('zones compared')).toEqual([]);
    await again();
    expect(linesWith('zones compared')).toMatchObject([{ acl: ACL, grants: 1, gateways: 1, waiting: 0 }]);
  });

  it('has neither for an ACL that has seen no event', async () => {
    world = new SyncWorld();
    await world.sync();
    expect([...linesWith('grants counted'), ...linesWith('zones compared')]).toEqual([]);
  });

  it('says which events are now in the zones, and nothing of events in a pass without any', async () => {
    await world.sync();
    const audit = { position: queuePosition('1'), webhookIds: ' msg_1 ' };
    const confirmed = { action: AUDIT.zoneConfirmed, acl: ACL, ...audit, grants: 1, waiting: 0 };
    expect(linesWith('zones confirmed')).toMatchObject([confirmed]);
    expect(linesWith('zone updated')).toMatchObject([{ ...audit, cause: 'events' }]);
    world.okta.editZone('nzo1', { gateways: null });
    await again();
    expect(linesWith('zones confirmed')).toEqual([]);
    const [repair] = linesWith('zone updated');
    expect(repair).toMatchObject({ cause: 'repair', position: queuePosition('1') });
    expect(repair).not.toHaveProperty('webhookIds');
  });

  it('names every cause of an update', async () => {
    await world.sync();
    const acls = { [ACL]: { zoneIds: ['nzo1'], alwaysAllow: ['198.51.100.0/24'] } };
    await again(ACL, { config: configOf({ acls }) });
    expect(linesWith('zone updated')).toMatchObject([{ cause: 'configuration' }]);
    await world.apply(granted(BOB, 5));
    await world.clock.advance(3_600_000);
    await again();
    expect(linesWith('zone updated')).toMatchObject([{ cause: 'events, expiry, configuration' }]);
  });

  it('calls it an expiry from the very moment on', async () => {
    await world.apply(granted(BOB, 5, { expiresAt: NOW + 60_000 }));
    await world.sync();
    await world.clock.advance(60_000 - (world.clock.now() - NOW));
    world.lines.length = 0;
    await world.sync();
    expect(linesWith('zone updated')).toMatchObject([{ cause: 'expiry', removed: [`${BOB}/32`] }]);
  });
});

describe('the next pass', () => {
  it('is woken at the time from which Okta takes calls again', async () => {
    world.okta.addFault({ count: 1, fault: { rateLimit: { resetInSeconds: 30 } } });
    await world.sync();
    const { wakeAt = 0 } = await world.state();
    expect(wakeAt - NOW).toBeGreaterThanOrEqual(30_000);
    expect(world.wakeUps()).toEqual([wakeAt - NOW]);
    expect(JSON.parse(world.timers[0]?.body ?? '')).toMatchObject({ kind: 'rebuild', acl: ACL });
  });

  it('knows what became of one zone where another one was refused', async () => {
    world = new SyncWorld({ config: TWO_ZONES });
    await world.apply(granted(ALICE, 0), granted('203.0.113.9', 1));
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo1', fault: { status: 400 } });
    await world.sync();
    expect((await world.state()).zones).toEqual({
      nzo1: { written: ['192.0.2.0/32'], intended: [`${ALICE}/32`] },
      nzo2: { written: ['203.0.113.9/32'] },
    });
    expect(await world.state()).toMatchObject({ gateways: 1 });
  });

  it('takes an expired grant for still inside where any of the failures is a list that was refused', async () => {
    world = new SyncWorld({ config: TWO_ZONES });
    await world.apply(granted(ALICE, 0), granted('203.0.113.9', 1));
    await world.sync();
    const { nextExpiry } = await world.state();
    await world.clock.advance(3_600_000);
    world.okta.addFault({ count: 1, method: 'PUT', zoneId: 'nzo1', fault: { status: 400 } });
    world.okta.addFault({ count: 1, method: 'GET', zoneId: 'nzo2', fault: { status: 404 } });
    await again();
    expect(world.codes().toSorted()).toEqual(['ZONE001', 'ZONE002']);
    expect((await world.state()).nextExpiry).toBe(nextExpiry);
  });

  it('is in doubt for as long as Okta may carry out a write whose run died: its timeout, and a minute', async () => {
    world.okta.addFault({ count: 1, method: 'PUT', fault: { hang: true } });
    const timers = { send: () => Promise.reject(new Error('the queue does not answer')) };
    await expect(world.sync(ACL, { timers })).rejects.toThrow('the queue does not answer');
    await world.clock.advance(35_000);
    await world.sync();
    expect((await world.state()).doubtUntil).toBe(NOW + 8_000 + 60_000);
  });
});
