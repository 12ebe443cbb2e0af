import { beforeEach, describe, expect, it } from 'vitest';
import { ACL, SECOND_ZONE, SENTINEL, TOKEN, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const [ALICE, BOB] = ['203.0.113.1', '203.0.113.2'];
const OWN = '198.51.100.77/32';
let system: VirtualSystem;
const minutes = (n: number) => system.clock.advance(n * 60_000);
beforeEach(() => {
  system = new VirtualSystem({}, { gateways: [{ type: 'CIDR', value: OWN }] });
});

describe('failures of Okta', () => {
  it.each([
    ['401', { status: 401 }, 'OKTA001'],
    ['403', { status: 403 }, 'OKTA002'],
    ['404', { status: 404 }, 'ZONE001'],
    ['400', { status: 400 }, 'ZONE002'],
    ['500 with HTML', { status: 500, body: 'html' as const }, 'ZONE003'],
    ['503 with nothing', { status: 503, body: 'empty' as const }, 'ZONE003'],
    ['a hang', { hang: true as const }, 'ZONE003'],
    ['a dropped connection', { drop: 'before' as const }, 'ZONE003'],
    ['half an answer', { truncate: true as const }, 'ZONE003'],
  ])('%s: said with its code, never fatal, and healed by the minute tick', async (_, fault, code) => {
    system.okta.addFault({ count: 1, method: 'PUT', fault });
    await system.grant(ALICE);
    await minutes(2.2);
    expect(system.codes()).toEqual([code]);
    expect(system.lines.filter((line) => line.Code === code)).toHaveLength(1);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('a passing failure is tried again in seconds, without any tick', async () => {
    system.okta.addFault({ count: 1, fault: { status: 500 } });
    await system.grant(ALICE);
    await system.clock.advance(5_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('a lasting failure is said every minute, so that its alarm stays on', async () => {
    system.okta.revokeToken(TOKEN);
    await system.grant(ALICE);
    await minutes(10);
    expect(system.codes().length).toBeGreaterThanOrEqual(9);
    expect(system.codes().length).toBeLessThanOrEqual(13);
    expect(new Set(system.codes())).toEqual(new Set(['OKTA001']));
  });

  it('Okta’s own reasons for a 400 are in the log', async () => {
    system.okta.addFault({ count: 1, method: 'PUT', fault: { status: 400 } });
    await system.grant(ALICE);
    await system.clock.advance(2_000);
    const line = system.lines.find(({ code }) => code === 'ZONE002');
    expect(line).toMatchObject({ acl: ACL, zoneId: ZONE, oktaStatus: 400, oktaErrorCode: expect.any(String) });
  });

  it('after a 429 no ACL calls before the reset, by Okta’s clock', async () => {
    const other = 'other';
    system.okta.seedZone(SECOND_ZONE, { name: 'Other', gateways: [{ type: 'CIDR', value: SENTINEL }] });
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE] }, [other]: { zoneIds: [SECOND_ZONE] } } });
    system.okta.addFault({ count: 1, fault: { rateLimit: { resetInSeconds: 40 } } });
    await system.grant(ALICE);
    await system.clock.advance(1_000);
    const refusedAt = system.clock.now();
    await system.send('access.granted', { acl: other, ip: BOB });
    await system.clock.advance(38_000);
    expect(system.okta.requests(0)).toHaveLength(1);
    await system.clock.advance(10_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
    expect(system.gateways(SECOND_ZONE)).toEqual([`${BOB}/32`]);
    expect(system.okta.requests(0)[1]?.at).toBeGreaterThanOrEqual(refusedAt + 38_000);
    expect(system.codes()).toEqual(['OKTA005']);
  });

  it('slows down as the quota shrinks, before Okta refuses', async () => {
    system.okta.setRateLimit({ limit: 30 });
    for (let i = 1; i <= 120; i += 1) {
      await system.grant(`203.0.113.${i}`);
      await system.clock.advance(1_000);
    }
    await minutes(2);
    expect(system.codes()).toEqual([]);
    expect(system.gateways()).toHaveLength(120);
  });

  it('a Okta that accepts an update but shows another list is not believed', async () => {
    system.okta.addFault({ count: 1, method: 'PUT', fault: { edit: { gateways: [{ type: 'CIDR', value: OWN }] } } });
    await system.grant(ALICE);
    await minutes(7);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });
});

describe('one zone of two that is not there, which nobody looks at again for half a minute', () => {
  beforeEach(async () => {
    system = new VirtualSystem({ acls: { [ACL]: { zoneIds: [ZONE, SECOND_ZONE] } }, gatewayLimit: 1 });
    system.okta.seedZone(SECOND_ZONE, { gateways: [{ type: 'CIDR', value: SENTINEL }] });
    await system.grant(ALICE);
    await system.grant(BOB);
    await minutes(1 - 25 / 60);
    expect(system.gateways(SECOND_ZONE)).toEqual([`${BOB}/32`]);
  });

  it('is right soon after a tick that came too early, however late the next one is', async () => {
    system.okta.addFault({ count: 1, zoneId: SECOND_ZONE, fault: { status: 404 } });
    await system.revoke(BOB);
    await minutes(1);
    expect(system.codes()).toEqual(['ZONE001']);
    expect(system.gateways(SECOND_ZONE)).toEqual([SENTINEL]);
  });

  it('is so too where the tick has ended a grant, and woken the rebuild by that', async () => {
    system.functions.timers.losesEverything = true;
    await system.grant(ALICE, { grantId: 'short', durationSeconds: 20 });
    system.okta.addFault({ count: 1, zoneId: SECOND_ZONE, fault: { status: 404 } });
    await system.revoke(BOB);
    await system.clock.advance(22_000);
    system.functions.timers.losesEverything = false;
    await minutes(38 / 60);
    expect(system.gateways(SECOND_ZONE)).toEqual([SENTINEL]);
  });

  it('is read soon after such a tick where an update of it may come late', async () => {
    system.okta.addFault({ count: 1, method: 'PUT', zoneId: SECOND_ZONE, fault: { hang: true } });
    await system.revoke(BOB);
    await minutes(25 / 60);
    const before = system.okta.requests(0).length;
    await minutes(35 / 60);
    const after = system.okta.requests(0).slice(before);
    expect(after.map(({ method, zoneId }) => [method, zoneId])).toContainEqual(['GET', SECOND_ZONE]);
  });

  it('costs one call a minute where it stays away', async () => {
    system.okta.removeZone(SECOND_ZONE);
    await system.revoke(BOB);
    await minutes(20);
    const calls = system.okta.requests(0).filter(({ zoneId }) => zoneId === SECOND_ZONE).length;
    await minutes(20);
    const more = system.okta.requests(0).filter(({ zoneId }) => zoneId === SECOND_ZONE).length - calls;
    expect(more).toBeGreaterThanOrEqual(19);
    expect(more).toBeLessThanOrEqual(21);
  });
});

describe('the token', () => {
  it.each([
    [
      'was never set',
      (s: VirtualSystem) => {
        s.oktaCredentials.text = undefined;
      },
    ],
    [
      'is empty',
      (s: VirtualSystem) => {
        s.oktaCredentials.text = ' \n';
      },
    ],
    [
      'can’t be read',
      (s: VirtualSystem) => {
        s.oktaCredentials.unreadable = true;
      },
    ],
  ])('that %s is ZONE006, and calls nobody', async (_, breakIt) => {
    breakIt(system);
    await system.grant(ALICE);
    await minutes(3);
    expect(system.okta.requests(0)).toEqual([]);
    expect(new Set(system.codes())).toEqual(new Set(['ZONE006']));
    Object.assign(system.oktaCredentials, { text: `${TOKEN}\n`, unreadable: false });
    await minutes(2);
    expect(system.gateways()).toEqual([`${ALICE}/32`]);
  });

  it('that was rotated is fetched again in the same run: nobody notices', async () => {
    await system.grant(ALICE);
    await minutes(1);
    system.okta.setToken('fresh', 'ORG_ADMIN');
    system.okta.revokeToken(TOKEN);
    system.oktaCredentials.text = 'fresh';
    await system.grant(BOB);
    await system.clock.advance(2_000);
    expect(system.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    expect(system.codes()).toEqual([]);
  });

  it('appears in no log line', async () => {
    system.okta.revokeToken(TOKEN);
    await system.grant(ALICE);
    await minutes(2);
    expect(JSON.stringify(system.lines)).not.toContain(TOKEN);
  });
});

describe('zones that can’t be used', () => {
  it.each([
    ['inactive', { status: 'INACTIVE' as const }],
    ['a blocklist', { usage: 'BLOCKLIST' as const }],
    ['a system zone', { system: true }],
    ['dynamic', { type: 'DYNAMIC' as const }],
  ])('%s: ZONE004, and not a single write', async (_, seed) => {
    system = new VirtualSystem({}, seed);
    await system.grant(ALICE);
    await minutes(2);
    expect(new Set(system.codes())).toEqual(new Set(['ZONE004']));
    expect(system.puts()).toBe(0);
  });
});
