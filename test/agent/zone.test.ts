import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../lib/error-codes.ts';
import { type EmbeddedSystem, startEmbeddedSystem } from '../../local/embedded.ts';
import { apiToken } from '../../local/okta-credentials.ts';
import { AclUnderTest, CONFIGURATION, OKTA_TOKEN, SENTINEL, seedZones } from '../e2e/world.ts';
import { aFolder, canRun, type Environment, oneLine, type Run, removeFolders, runScript } from './script.ts';
import { withDate } from './toolbox.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';
/** No two of them are neighbours, so that no two become one gateway. */
const SCATTERED = ['203.0.113.10', '203.0.113.20', '203.0.113.30', '203.0.113.40'] as const;

describe.runIf(canRun)('the script and the zone', () => {
  let system: EmbeddedSystem;
  let temporary: string;
  beforeAll(async () => {
    system = await startEmbeddedSystem({
      config: { ...CONFIGURATION, gatewayLimit: 3 },
      credentials: apiToken(OKTA_TOKEN),
      progress: { step: () => {}, line: () => {} },
    });
    await seedZones(system);
    temporary = await aFolder();
  });
  afterAll(async () => {
    await system?.close();
    await removeFolders();
  });

  const anAcl = () => AclUnderTest.make(system);
  const script = (args: readonly string[], environment: Environment = {}): Promise<Run> =>
    runScript(args, {
      KNOCKNOC_OKTA_URL: system.webhookUrl,
      KNOCKNOC_OKTA_SECRET: system.webhookSecret,
      TMPDIR: temporary,
      ...environment,
    });
  const accepted = async (acl: AclUnderTest) =>
    (await system.logs()).filter((line) => line.message === 'event accepted' && line.acl === acl.acl);

  const ok = (shown: string) => ({ code: 0, stdout: oneLine(`stored; ${shown}`), stderr: '' });
  const inIt = (ip: string) => ok(`the zone shows ${ip}`);
  const outOfIt = (ip: string) => ok(`the zone does not show ${ip}`);
  const EMPTIED = ok('the zone shows nobody who was in before');

  describe.concurrent('in effect', () => {
    it('add, del and flush end with 0 when the zone shows it, and say so', async () => {
      const { acl, gateways } = await bound();
      expect(await script(['add', acl, ALICE])).toEqual(inIt(ALICE));
      expect(await gateways()).toEqual([`${ALICE}/32`]);
      expect(await script(['add', acl, `${BOB}/32`])).toEqual(inIt(`${BOB}/32`));
      expect(await gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
      expect(await script(['del', acl, ALICE])).toEqual(outOfIt(ALICE));
      expect(await gateways()).toEqual([`${BOB}/32`]);
      expect(await script(['flush', acl])).toEqual(EMPTIED);
      expect(await gateways()).toEqual([SENTINEL]);
    });

    it('the same add, del or flush again changes nothing', async () => {
      const { acl, gateways } = await bound();
      for (const shown of [ALICE, ALICE]) {
        expect(await script(['add', acl, ALICE])).toEqual(inIt(ALICE));
        expect(await gateways()).toEqual([`${shown}/32`]);
      }
      for (const command of [
        ['del', acl, ALICE],
        ['del', acl, ALICE],
        ['flush', acl],
        ['flush', acl, ''],
      ]) {
        expect(await script(command)).toEqual(command[0] === 'del' ? outOfIt(ALICE) : EMPTIED);
        expect(await gateways()).toEqual([SENTINEL]);
      }
    });

    it('on a shared IP, the first del takes it out, and a grant of its own lets it stay', async () => {
      const { acl, gateways } = await bound();
      await script(['add', acl, ALICE]);
      await script(['add', acl, ALICE]);
      expect(await script(['del', acl, ALICE])).toEqual(outOfIt(ALICE));
      expect(await gateways()).toEqual([SENTINEL]);

      const [one, two] = [{ KNOCKNOC_GRANT_ID: 'one' }, { KNOCKNOC_GRANT_ID: 'two' }];
      await script(['add', acl, BOB], one);
      await script(['add', acl, BOB], two);
      expect(await script(['del', acl, BOB], one)).toEqual(ok(`the zone still shows ${BOB}: other grants hold it (1)`));
      expect(await gateways()).toEqual([`${BOB}/32`]);
      expect(await script(['del', acl, BOB], two)).toEqual(outOfIt(BOB));
      expect(await gateways()).toEqual([SENTINEL]);
    });

    it('grant id, user and minutes arrive, whatever is in them', async () => {
      const under = await anAcl();
      const [grantId, user] = ['a "quoted" \\ id &', "Zoë O'Hara <z@example.com> $(id) %s \\n"];
      const before = Date.now();
      const environment = { KNOCKNOC_GRANT_ID: grantId, KNOCKNOC_USER: user, KNOCKNOC_GRANT_MINUTES: '090' };
      expect(await script(['add', under.acl, ALICE], environment)).toEqual(inIt(ALICE));
      const [line] = await accepted(under);
      expect(line).toMatchObject({ type: 'access.granted', ip: ALICE, grantId, user });
      expect(Number(line?.expiresAt)).toBeGreaterThanOrEqual(before + 90 * 60_000);
      expect(Number(line?.expiresAt)).toBeLessThanOrEqual(Date.now() + 90 * 60_000);
      expect(await script(['del', under.acl, ALICE], environment)).toEqual(outOfIt(ALICE));
      expect((await accepted(under))[1]).toMatchObject({ type: 'access.revoked', grantId });
      await under.showsOnly(SENTINEL);
    });

    it('with a secret that begins with whsec_', async () => {
      const { acl, gateways } = await bound();
      const run = await script(['add', acl, ALICE], { KNOCKNOC_OKTA_SECRET: `whsec_${system.webhookSecret}` });
      expect(run).toEqual(inIt(ALICE));
      expect(await gateways()).toEqual([`${ALICE}/32`]);
    });
  });

  describe.concurrent('not in effect', () => {
    it.each([
      [401, 'OKTA001'],
      [403, 'OKTA002'],
      [404, 'ZONE001'],
      [400, 'ZONE002'],
    ] as const)('4 while Okta answers %i, and the zone stays as it was', async (status, code) => {
      const { acl, gateways, under } = await bound();
      expect(await script(['add', acl, BOB])).toEqual(inIt(BOB));
      const before = await gateways();
      await under.okta.addFault({ count: 10_000, zoneId: under.zoneId, method: 'PUT', fault: { status } });
      for (const command of [
        ['add', acl, ALICE],
        ['del', acl, BOB],
        ['flush', acl],
      ]) {
        const run = await script(command);
        const again = command[0] === 'add' ? 'log in' : 'do it';
        const said = `stored; it will be in effect by itself, no need to ${again} again: ${code}: ${ERRORS[code].meaning}`;
        expect(run).toEqual({ code: 4, stdout: '', stderr: expect.stringContaining(oneLineBeginning(said)) });
        expect(await gateways()).toEqual(before);
      }
    });

    it('4 when the time is up and Okta has failed all the while', async () => {
      const { acl, gateways, under } = await bound();
      const before = await gateways();
      await under.okta.addFault({ count: 10_000, zoneId: under.zoneId, method: 'PUT', fault: { status: 500 } });
      const run = await script(['add', acl, ALICE], { KNOCKNOC_OKTA_WAIT: '8' });
      expect(run).toMatchObject({
        code: 4,
        stderr: expect.stringContaining(
          oneLineBeginning(
            `stored; it will be in effect by itself, no need to log in again: ZONE003: ${ERRORS.ZONE003.meaning}`,
          ),
        ),
      });
      expect(await gateways()).toEqual(before);
    });

    it('4 while the zone is full, and 0 as soon as somebody has left', async () => {
      const { acl, gateways } = await bound();
      const first = await Promise.all(SCATTERED.slice(0, 3).map((ip) => script(['add', acl, ip])));
      expect(first).toEqual(SCATTERED.slice(0, 3).map(inIt));
      const full = await script(['add', acl, SCATTERED[3]]);
      expect(full).toMatchObject({
        code: 4,
        stderr: expect.stringContaining(
          oneLineBeginning('stored; it will be in effect by itself, no need to log in again: ZONE005: '),
        ),
      });
      expect(await gateways()).not.toContain(`${SCATTERED[3]}/32`);
      expect(await script(['del', acl, SCATTERED[0]])).toEqual(outOfIt(SCATTERED[0]));
      expect(await gateways()).toContain(`${SCATTERED[3]}/32`);
    });

    it.each([
      ['an address that nobody has on the internet', '10.0.0.1', 'not stored: HOOK005: a private address'],
      ['what is no address', '999.1.1.1', 'not stored: HOOK005: not an IPv4'],
    ])('3 for %s', async (_, ip, said) => {
      const { acl, gateways } = await bound();
      const before = await gateways();
      const run = await script(['add', acl, ip]);
      expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining(oneLineBeginning(said)) });
      expect(run.stderr).toContain(`: ${ip}\n`);
      expect(await gateways()).toEqual(before);
    });

    it('3 for an unknown ACL, a wrong secret, and another path', async () => {
      const { acl, gateways } = await bound();
      const before = await gateways();
      const wrong = { KNOCKNOC_OKTA_SECRET: Buffer.alloc(32, 7).toString('base64') };
      expect(await script(['add', 'no-such-acl', ALICE])).toEqual({
        ...{
          code: 3,
          stdout: '',
          stderr: oneLine('not stored: HOOK004: no ACL of that name is configured here: no-such-acl'),
        },
      });
      expect(await script(['add', acl, ALICE], wrong)).toMatchObject({
        ...{ code: 3, stderr: expect.stringContaining(oneLineBeginning('not stored: HOOK001: no signature matches')) },
      });
      expect(await script(['add', acl, ALICE], { KNOCKNOC_OKTA_URL: `${system.webhookUrl}/x` })).toMatchObject({
        ...{ code: 3, stderr: expect.stringContaining('HTTP 404: this is not how the webhook answers') },
      });
      expect(await gateways()).toEqual(before);
    });

    it('6 when Okta is too slow, and it still comes into effect', async () => {
      const { acl, under } = await bound();
      await under.okta.addFault({
        ...{ count: 1, zoneId: under.zoneId, method: 'PUT', fault: { delayMs: 5_000, apply: 'end' } },
      });
      const run = await script(['add', acl, ALICE], { KNOCKNOC_OKTA_WAIT: '1' });
      expect(run).toMatchObject({
        code: 6,
        stdout: '',
        stderr: expect.stringMatching(/not confirmed it within 1 s.*\n$/),
      });
      expect(await under.gateways()).not.toContain(`${ALICE}/32`);
      await under.showsOnly(ALICE);
    });

    it('0 at once without waiting, whatever the zone does, and it comes into effect', async () => {
      const { acl, under } = await bound();
      await under.okta.editZone(under.zoneId, { status: 'INACTIVE' });
      const before = await under.gateways();
      expect(await script(['add', acl, ALICE], { KNOCKNOC_OKTA_WAIT: '0' })).toEqual(
        ok('what the zone shows was not asked'),
      );
      expect(await script(['add', acl, BOB])).toMatchObject({ code: 4, stderr: expect.stringContaining('ZONE004: ') });
      expect(await under.gateways()).toEqual(before);
      await under.okta.editZone(under.zoneId, { status: 'ACTIVE' });
      expect(await script(['add', acl, BOB])).toEqual(inIt(BOB));
      expect(await under.gateways()).toEqual([`${ALICE}/32`, `${BOB}/32`]);
    });

    it.each(['revoke', 'flush'] as const)('7 when a later %s has overtaken the grant', async (kind) => {
      const { acl, gateways, under } = await bound();
      const earlier = await tenSecondsAgo();
      await (kind === 'flush' ? under.flush({ wait: 15 }) : under.revoke(ALICE, {}, { wait: 15 }));
      const run = await script(['add', acl, ALICE], earlier);
      const stderr = oneLine(`stored, but not in effect: it was overtaken by a later ${kind}`);
      expect(run).toEqual({ code: 7, stdout: '', stderr });
      expect(await gateways()).toEqual([SENTINEL]);
    });
  });

  it('7 for a del and a flush of a machine whose clock is behind: the person is still in', async () => {
    const { acl, gateways, under } = await bound();
    const earlier = await tenSecondsAgo();
    await under.grant(ALICE, {}, { wait: 15 });
    for (const [command, shown] of [
      [['del', acl, ALICE], ALICE],
      [['flush', acl], 'some'],
    ] as const) {
      const run = await script(command, earlier);
      const said = `stored, but the zone still shows ${shown}: overtaken by later grants; is the clock of this machine right?`;
      expect(run).toEqual({ code: 7, stdout: '', stderr: oneLine(said) });
    }
    expect(await gateways()).toEqual([`${ALICE}/32`]);
  });

  it('0 when a later grant of the same has overtaken it: the IP is in', async () => {
    const { acl, gateways, under } = await bound();
    const earlier = await tenSecondsAgo();
    await under.grant(ALICE, {}, { wait: 15 });
    expect(await script(['add', acl, ALICE], earlier)).toEqual(inIt(ALICE));
    expect(await gateways()).toEqual([`${ALICE}/32`]);
  });

  async function bound() {
    const under = await anAcl();
    return { under, acl: under.acl, gateways: () => under.gateways() };
  }

  /** The script's event then is older than whatever was sent without it. */
  async function tenSecondsAgo(): Promise<Environment> {
    const now = `${Math.floor(Date.now() / 1000) - 10}000000000`;
    const path = await withDate(process.env.PATH ?? '', `[ "$*" != +%s%N ] || { echo ${now}; exit 0; }`);
    return { PATH: path, TMPDIR: await aFolder() };
  }
});

function oneLineBeginning(text: string): string {
  return oneLine(text).trimEnd();
}
