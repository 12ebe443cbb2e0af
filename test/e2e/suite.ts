import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { post, signedHeaders } from '../../cli/webhook-client.ts';
import { apiToken, type LocalCredentials, serviceApp } from '../../local/okta-credentials.ts';
import type { RunningSystem } from '../../local/running-system.ts';
import { aFolder, canRun, removeFolders, runScript } from '../agent/script.ts';
import { typed } from '../cli/typed.ts';
import { listed } from './listed.ts';
import {
  AclUnderTest,
  complaints,
  FOUND,
  operatorOf,
  PATIENCE,
  SENTINEL,
  seedZones,
  UNTOUCHED,
  until,
} from './world.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';
/** The script's exit status where an event is stored and not confirmed in time. */
const PENDING = 6;

/**
 * The main job, from signed POST to Okta zone. Run on the stand-ins and on the emulator, so that neither drifts.
 * @param deploysAgain whether a deploy is tried beside the first
 */
export function endToEnd(start: () => Promise<RunningSystem>, deploysAgain = true): void {
  let system: RunningSystem;
  const anAcl = () => AclUnderTest.make(system);

  beforeAll(async () => {
    system = await start();
    await seedZones(system);
    // The functions of the main job have started once this is applied, before many events want them at once.
    const first = await anAcl();
    expect((await first.grant(ALICE, {}, { wait: PATIENCE })).status).toBe(200);
  });
  let anyFailed = false;
  afterEach(({ task }) => {
    anyFailed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    if (anyFailed) console.log(`What the functions said meanwhile:\n${await complaints(system)}`);
    await system?.close();
    await removeFolders();
  });

  describe.concurrent('events', () => {
    it('a grant puts its IP into the zone, and answers with its expiry', async () => {
      const acl = await anAcl();
      const answer = await acl.grant(ALICE, { durationSeconds: 3600 });
      expect(answer.status).toBe(202);
      expect(JSON.parse(answer.body)).toMatchObject({ status: 'accepted', expiresAt: expect.stringMatching(/Z$/) });
      await acl.showsOnly(ALICE);
    });

    it('changes nothing of the zone but its gateways', async () => {
      const acl = await anAcl();
      const before = await acl.okta.zone(acl.zoneId);
      await acl.grant(ALICE);
      await acl.showsOnly(ALICE);
      const { name, status, usage, proxies } = await acl.okta.zone(acl.zoneId);
      expect({ name, status, usage, proxies }).toEqual({
        ...{ name: before.name, status: before.status, usage: before.usage, proxies: before.proxies },
      });
    });

    it('a grant made again with a longer expiry outlives the first', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE, { grantId: 'g', durationSeconds: 3 });
      await acl.grant(ALICE, { grantId: 'g', durationSeconds: 3600 });
      await sleep(5_000);
      await acl.grant(BOB);
      await acl.showsOnly(ALICE, BOB);
    });

    it('a revoke takes the IP out; the last one leaves the sentinel', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE);
      await acl.showsOnly(ALICE);
      expect((await acl.revoke(ALICE)).status).toBe(202);
      await acl.showsOnly(SENTINEL);
    });

    it('a shared IP stays until the last grant on it ends', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE, { grantId: 'one' });
      await acl.grant(ALICE, { grantId: 'two' });
      await acl.grant(BOB);
      await acl.showsOnly(ALICE, BOB);
      await acl.revoke(ALICE, { grantId: 'one' });
      await acl.revoke(BOB);
      await acl.showsOnly(ALICE);
      await acl.revoke(ALICE, { grantId: 'two' });
      await acl.showsOnly(SENTINEL);
    });

    it('a revoke without a grant id ends every grant on the IP', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE, { grantId: 'one' });
      await acl.grant(ALICE, { grantId: 'two' });
      await acl.showsOnly(ALICE);
      await acl.revoke(ALICE);
      await acl.showsOnly(SENTINEL);
    });

    it('a flush ends every grant of the ACL', async () => {
      const acl = await anAcl();
      await Promise.all([acl.grant(ALICE), acl.grant(BOB), acl.grant(BOB, { grantId: 'x' })]);
      await acl.showsOnly(ALICE, BOB);
      await acl.flush();
      await acl.showsOnly(SENTINEL);
    });

    it('a grant ends by itself within seconds of its expiry', async () => {
      const acl = await anAcl();
      // Long enough to be seen in the zone first; where a busy machine takes longer, a new one.
      await until(
        'a grant that is applied before it ends',
        () => acl.grant(ALICE, { durationSeconds: 30 }, { wait: PATIENCE }),
        ({ body }) => JSON.parse(body).heldBy === 1,
      );
      await acl.showsOnly(SENTINEL);
    });

    it('the later event wins, whatever order they arrive in', async () => {
      const acl = await anAcl();
      const now = Date.now();
      await acl.revoke(ALICE, {}, { at: now - 1_000 });
      await acl.grant(ALICE, {}, { at: now - 5_000 });
      await acl.flush({ at: now - 4_000 });
      await acl.grant(BOB, {}, { at: now - 3_000 });
      await acl.grant('203.0.113.3', {}, { at: now - 4_500 });
      await acl.showsOnly(BOB);
    });

    it('the same webhook id again is applied once', async () => {
      const acl = await anAcl();
      const id = `twice-${acl.acl}`;
      await acl.grant(ALICE, {}, { id });
      await acl.revoke(ALICE);
      expect((await acl.grant(ALICE, {}, { id })).status).toBe(202);
      await acl.grant(BOB);
      await acl.showsOnly(BOB);
    });

    it('until its first event a zone is read, and not written', async () => {
      const acl = await anAcl();
      expect((await acl.grant('10.0.0.1')).status).toBe(422);
      expect(await acl.gateways()).toEqual([FOUND]);
      expect(await acl.puts()).toBe(0);
    });
  });

  describe.concurrent('an ACL whose list is read', () => listed(() => system));

  describe.concurrent('two zones of five gateways each', () => {
    it('are merged, overflow, leave the last to come waiting, and let them in as room appears', async () => {
      const [first, second] = AclUnderTest.ofTwoZones(system);
      const began = Date.now() - 60_000;
      const ip = (byte: number) => `203.0.113.${byte}`;
      /** They come in this order, one a millisecond. */
      const come = (...bytes: readonly number[]) =>
        Promise.all(bytes.map((byte) => first.grant(ip(byte), {}, { at: began + byte, wait: PATIENCE })));

      // What an earlier try may have left.
      await first.flush({ at: began, wait: PATIENCE });
      await come(10, 12, 14, 16, 18);
      await first.showsOnly(...[10, 12, 14, 16, 18].map(ip));
      await second.showsOnly(SENTINEL);
      await come(19);
      const merged = [ip(10), ip(12), ip(14), ip(16), `${ip(18)}/31`];
      await first.showsOnly(...merged);
      await come(30, 32, 34, 36, 38);
      await first.showsOnly(...merged);
      await second.showsOnly(...[30, 32, 34, 36, 38].map(ip));

      const [full] = await come(50);
      expect([full?.status, JSON.parse(full?.body ?? '{}').code]).toEqual([502, 'ZONE005']);
      expect(await first.reports('ZONE005')).toMatchObject({ waiting: 1, first: [ip(50)] });
      await first.revoke(ip(32));
      await second.showsOnly(...[30, 34, 36, 38, 50].map(ip));
      await first.showsOnly(...merged);
      await first.revoke(ip(19));
      await first.showsOnly(...[10, 12, 14, 16, 18].map(ip));
    });
  });

  describe.concurrent('an Okta that is not as it should be', () => {
    it('what an admin changed is put right with the next event, and said as ZONE007', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE);
      await acl.showsOnly(ALICE);
      await acl.okta.editZone(acl.zoneId, {
        removeGateways: [{ type: 'CIDR', value: `${ALICE}/32` }],
        addGateways: [{ type: 'CIDR', value: '198.51.100.9/32' }],
      });
      await acl.grant(BOB);
      await acl.showsOnly(ALICE, BOB);
      await acl.reports('ZONE007');
    });

    it.each([
      ['401', 'OKTA001', { status: 401 }, undefined],
      ['403', 'OKTA002', { status: 403 }, undefined],
      ['404', 'ZONE001', { status: 404 }, undefined],
      ['400 to a write', 'ZONE002', { status: 400 }, 'PUT'],
      ['403 of a proxy', 'ZONE003', { status: 403, body: 'html' }, undefined],
      ['500', 'ZONE003', { status: 500 }, undefined],
    ] as const)(
      'a %s is reported with its code, and the zone is right once Okta is',
      async (_, code, fault, method) => {
        const acl = await anAcl();
        // A service app asks for another token, and calls once more.
        const count = code === 'OKTA001' && system.credentials.name === 'service app' ? 2 : 1;
        await acl.okta.addFault({ count, zoneId: acl.zoneId, fault, ...(method !== undefined && { method }) });
        await acl.grant(ALICE);
        await acl.reports(code);
        await acl.grant(BOB);
        await acl.showsOnly(ALICE, BOB);
      },
    );

    it('a connection dropped after the update was applied does not look like a foreign change', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 1, zoneId: acl.zoneId, method: 'PUT', fault: { drop: 'after' } });
      await acl.grant(ALICE);
      await acl.reports('ZONE003');
      await acl.grant(BOB);
      await acl.showsOnly(ALICE, BOB);
      const foreign = (await system.logs()).filter((line) => line.code === 'ZONE007' && line.acl === acl.acl);
      expect(foreign).toEqual([]);
    });
  });

  describe.concurrent('whoever asks for the outcome of an event', () => {
    it('says applied when, and only when, the zone shows it', async () => {
      const acl = await anAcl();
      const answer = await acl.grant(ALICE, {}, { wait: PATIENCE });
      expect(await acl.gateways()).toEqual([`${ALICE}/32`]);
      expect(answer.status).toBe(200);
      expect(answer.headers['preference-applied']).toMatch(/^wait=\d+$/);
      expect(JSON.parse(answer.body)).toEqual({ status: 'applied', heldBy: 1 });
    });

    it('says applied for a revoke on a shared IP, which stays for the other', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE, { grantId: 'one' });
      await acl.grant(ALICE, { grantId: 'two' }, { wait: PATIENCE });
      const first = await acl.revoke(ALICE, { grantId: 'one' }, { wait: PATIENCE });
      expect(JSON.parse(first.body)).toEqual({ status: 'applied', ended: 1, heldBy: 1 });
      expect(await acl.gateways()).toEqual([`${ALICE}/32`]);
      const second = await acl.revoke(ALICE, { grantId: 'two' }, { wait: PATIENCE });
      expect(JSON.parse(second.body)).toEqual({ status: 'applied', ended: 1, heldBy: 0 });
      expect(await acl.gateways()).toEqual([SENTINEL]);
    });

    it('says which later event an event was overtaken by', async () => {
      const acl = await anAcl();
      const now = Date.now();
      await acl.flush({ at: now - 1_000, wait: PATIENCE });
      const answer = await acl.grant(ALICE, {}, { at: now - 2_000, wait: PATIENCE });
      expect(JSON.parse(answer.body)).toMatchObject({ status: 'applied', overtakenBy: 'a later flush' });
    });

    it('says of a grant that a later one overtook that it is in all the same', async () => {
      const acl = await anAcl();
      const now = Date.now();
      await acl.grant(ALICE, {}, { at: now - 1_000, wait: PATIENCE });
      const answer = await acl.grant(ALICE, {}, { at: now - 2_000, wait: PATIENCE });
      expect(JSON.parse(answer.body)).toMatchObject({
        ...{ status: 'applied', heldBy: 1, overtakenBy: 'a later event on the same grant' },
      });
      expect(await acl.gateways()).toEqual([`${ALICE}/32`]);
    });

    it('says 502 with the code when Okta refuses', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 1, zoneId: acl.zoneId, fault: { status: 403 } });
      const answer = await acl.grant(ALICE, {}, { wait: PATIENCE });
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'OKTA002', status: 502 });
    });

    it('says pending when the time is up before anything is known', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 1, zoneId: acl.zoneId, fault: { delayMs: 7_000 } });
      const accepted = await acl.grant(ALICE);
      const answer = await until(
        'an outcome',
        () => acl.outcome(accepted, 1),
        // The emulator may be too busy to say.
        ({ status }) => status < 500,
      );
      expect([answer.status, JSON.parse(answer.body).status]).toEqual([202, 'pending']);
      await acl.showsOnly(ALICE);
    });

    it('is told that the id was another event’s, or that no such event is known', async () => {
      const acl = await anAcl();
      const id = `e2e_${randomUUID()}`;
      expect((await acl.grant(ALICE, {}, { id, wait: PATIENCE })).status).toBe(200);
      expect(await acl.flush({ id, wait: PATIENCE })).toMatchObject({
        status: 409,
        body: expect.stringContaining('HOOK003'),
      });
      const accepted = await acl.grant(BOB);
      const [address = ''] = (accepted.headers.location ?? '').split('?');
      const unknown = { ...accepted, headers: { location: address.replace(/[^/]+$/, 'never-posted') } };
      const body = JSON.stringify({ id: 'never-posted' });
      expect(await acl.outcome({ ...unknown, body })).toMatchObject({
        status: 404,
        body: expect.stringContaining('HOOK009'),
      });
    });
  });

  describe.runIf(canRun).concurrent('Knocknoc’s script', () => {
    /** Again where a busy machine takes longer than the script waits, as somebody would who logs in again. */
    const script = async (...args: readonly string[]) => {
      const TMPDIR = await aFolder();
      const environment = {
        ...system.knoc,
        ...{ KNOCKNOC_OKTA_WAIT: '20', TMPDIR },
      };
      return until(
        `the script knows more than pending: ${args.join(' ')}`,
        () => runScript(args, environment),
        ({ code }) => code !== PENDING,
      );
    };

    it('exits with 0 when, and only when, the zone shows what was asked for', async () => {
      const acl = await anAcl();
      expect(await script('add', acl.acl, ALICE)).toMatchObject({ code: 0, stderr: '' });
      expect(await acl.gateways()).toEqual([`${ALICE}/32`]);
      expect((await script('add', acl.acl, BOB)).code).toBe(0);
      expect((await script('del', acl.acl, ALICE)).code).toBe(0);
      expect(await acl.gateways()).toEqual([`${BOB}/32`]);
      expect((await script('flush', acl.acl)).code).toBe(0);
      expect(await acl.gateways()).toEqual([SENTINEL]);
    });

    it('says what Okta refused, and what the webhook did', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 9, zoneId: acl.zoneId, fault: { status: 403 } });
      expect(await script('add', acl.acl, ALICE)).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('OKTA002'),
      });
      expect(await script('add', 'nobody-knows', ALICE)).toMatchObject({
        ...{ code: 3, stderr: expect.stringContaining('HOOK004') },
      });
      // What is known to be wrong with the zones is a part of the check.
      expect((await script('--check', (await anAcl()).acl)).code).toBe(0);
    });
  });

  describe.concurrent('requests that are refused', () => {
    it('an unknown ACL is HOOK004, and known to the metric', async () => {
      const acl = await anAcl();
      const answer = await acl.send('access.granted', { acl: 'nobody-knows', ip: ALICE });
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'HOOK004', status: 404, title: 'unknown ACL' });
      await until(
        'a count of HOOK004',
        () => system.logs(),
        (lines) => lines.some(isCountOf('HOOK004')),
      );
    });

    it('a bad, a missing and an old signature are 401 with their codes', async () => {
      const acl = await anAcl();
      const body = JSON.stringify({
        type: 'access.flushed',
        timestamp: new Date().toISOString(),
        data: { acl: acl.acl },
      });
      const seconds = Math.floor(Date.now() / 1000);
      const json = { ...system.webhookHeaders, 'content-type': 'application/json' };
      const good = signedHeaders(system.webhookSecret, 'a', seconds, body);
      const other = signedHeaders(Buffer.alloc(33, 7).toString('base64'), 'b', seconds, body);
      const old = signedHeaders(system.webhookSecret, 'c', seconds - 310, body);
      const codes = await Promise.all(
        [{ ...json, ...other }, json, { ...json, ...old }, { ...json, ...good, 'webhook-id': 'd' }].map(
          async (headers) => {
            const answer = await post(system.webhookUrl, headers, body);
            return [answer.status, JSON.parse(answer.body).code];
          },
        ),
      );
      expect(codes).toEqual([
        [401, 'HOOK001'],
        [401, 'HOOK001'],
        [401, 'HOOK002'],
        [401, 'HOOK001'],
      ]);
    });
  });

  describe('what concerns all ACLs', () => {
    let inUse: LocalCredentials;
    beforeAll(async () => {
      inUse = system.credentials;
      // Of the tests before; here every zone is read.
      await system.simulator.clearFaults();
    });

    it('a call that hangs is given up, reported and tried again', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 1, zoneId: acl.zoneId, method: 'GET', fault: { hang: true } });
      await acl.grant(ALICE);
      await acl.reports('ZONE003');
      await acl.showsOnly(ALICE);
    });

    it('after a 429 no call goes out before the reset, then the zone is updated', async () => {
      const acl = await anAcl();
      await acl.okta.addFault({ count: 1, zoneId: acl.zoneId, fault: { rateLimit: { resetInSeconds: 6 } } });
      await acl.grant(ALICE);
      await acl.reports('OKTA005');
      const refused = (await acl.okta.requests()).filter(({ status }) => status === 429).at(-1);
      await acl.showsOnly(ALICE);
      const calls = (await acl.okta.requests()).filter(({ n }) => n > (refused?.n ?? 0));
      expect(calls.length).toBeGreaterThan(0);
      expect(calls[0]?.at).toBeGreaterThanOrEqual((refused?.at ?? 0) + 5_000);
    });

    it('credentials of the other kind take over without a deploy, before those in use are revoked', async () => {
      const acl = await anAcl();
      const { credentials, simulator } = system;
      inUse = credentials.name === 'API token' ? serviceApp('0oa1otherSERVICEapp0') : apiToken('another-token');
      await inUse.allow(simulator);
      const operator = await operatorOf(system);
      const stored = await typed('set-credentials', async () => operator, { input: inUse.text });
      expect(stored).toMatchObject({ code: 0, out: expect.stringContaining('is stored') });
      await credentials.revoke(simulator);
      // A secret that was read a moment ago is read again after ten seconds.
      await until(
        'the others are taken up',
        () => acl.grant(ALICE, {}, { wait: PATIENCE }),
        ({ status }) => status === 200,
      );
      expect(await acl.gateways()).toEqual([`${ALICE}/32`]);
      await credentials.allow(simulator);
    });

    it('revoked credentials are OKTA001; once they are back, the next event heals the zone', async () => {
      const acl = await anAcl();
      await inUse.revoke(system.simulator);
      await acl.grant(ALICE);
      await acl.reports('OKTA001');
      await inUse.allow(system.simulator);
      await acl.grant(BOB);
      await acl.showsOnly(ALICE, BOB);
    });

    it.runIf(deploysAgain)('a deploy leaves every zone as it was', async () => {
      const acl = await anAcl();
      await acl.grant(ALICE);
      await acl.showsOnly(ALICE);
      // Another test's zone may heal meanwhile; this one, and one that no event ever named, must not change.
      const shown = async () => {
        const zones = await system.simulator.zones();
        return zones
          .filter(({ id }) => id === acl.zoneId || id === UNTOUCHED)
          .map(({ id, gateways }) => [id, gateways]);
      };
      const before = await shown();
      await system.redeploy({ verifyMinutes: 7 });
      await acl.grant(ALICE, { grantId: 'after the deploy' });
      await sleep(2_000);
      expect(await shown()).toEqual(before);
      expect(before).toContainEqual([acl.zoneId, [{ type: 'CIDR', value: `${ALICE}/32` }]]);
      expect(before).toContainEqual([UNTOUCHED, [{ type: 'CIDR', value: FOUND }]]);
    });

    it('never had two writes to one zone under way at once', async () => {
      expect((await system.simulator.requests()).filter(({ overlapping }) => overlapping)).toEqual([]);
    });
  });
}

function isCountOf(code: string): (line: Readonly<Record<string, unknown>>) => boolean {
  return (line) => line.Code === code && line.Errors === 1 && JSON.stringify(line._aws).includes('"KnocknocOkta"');
}
