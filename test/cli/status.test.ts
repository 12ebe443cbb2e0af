import { describe, expect, it } from 'vitest';
import type { AclStatus } from '../../cli/acl-status.ts';
import type { Target } from '../../cli/target.ts';
import { TABLE } from '../../lib/names.ts';
import { until } from '../e2e/world.ts';
import { ACL, ALICE, BOB, CliWorld, TOKEN, ZONE } from './cli-world.ts';
import { typed } from './typed.ts';

describe.concurrent('status', () => {
  it('says of an ACL without events that its zones are not written', async () => {
    const world = await CliWorld.start();
    const { code, out } = await world.run('status');
    expect(code).toBe(0);
    expect(out).toContain(`${ACL}  no event yet`);
    expect(out).toContain('no grants');
  });

  it('shows each grant with person, IP, expiry, and that the zone has it', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE, '--user alice@example.com --grant-id session-42');
    const { out } = await world.run('status');
    expect(out).toContain(`${ACL}  the zone is right  seen right`);
    expect(out).toContain(`zone ${ZONE}  1 of 150 gateways`);
    expect(out).toMatch(/alice@example\.com +203\.0\.113\.7 +session-42 +\d{4}-\d\d-\d\d .+Z \(in .+\) +yes$/m);
  });

  it('tells programs the same as JSON', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE, '--user alice@example.com');
    const { acls, code } = await world.json('status');
    expect(code).toBe(0);
    // On a slow machine the pause after the update is over.
    const [{ restsUntil = 'Z', ...status }] = acls as readonly [{ restsUntil?: string }];
    expect(restsUntil).toMatch(/Z$/);
    expect(status).toEqual({
      acl: ACL,
      standing: 'right',
      fedBy: 'events',
      grants: [{ user: 'alice@example.com', ip: ALICE, expiresAt: expect.stringMatching(/Z$/), inZone: 'yes' }],
      zones: [{ zoneId: ZONE, gateways: [`${ALICE}/32`], limit: 150, toAdd: [], toRemove: [] }],
      verifiedAt: expect.stringMatching(/Z$/),
    });
  });

  it('says how events come in, also where nobody can say', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const { out } = await world.run('status');
    expect(out).toMatch(/^events {2}last accepted \d+ s ago; last applied \d+ s ago; none refused in the last 1 h$/m);
    const { events } = await world.json('status');
    const moment = expect.stringMatching(/Z$/);
    expect(events).toEqual({
      ...{ since: moment, acceptedAt: moment, appliedAt: moment, accepted: 1, waiting: 0, refused: [] },
    });
    const target = await world.target();
    const flow = () => Promise.reject(Object.assign(new Error('logs:FilterLogEvents'), { name: 'AccessDenied' }));
    const there = async () => ({ ...target, facts: { ...target.facts, flow } });
    const blind = await typed('status', there);
    expect(blind.code).toBe(0);
    expect(blind.out).toContain('events  not known: AWS does not allow it: logs:FilterLogEvents');
    expect(blind.out).toContain(ALICE);
  });

  it('names stored rows that are left out, and goes on', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    const row = {
      acl: ACL,
      item: 'GRANT#0.0.0.0/0#',
      ip: '0.0.0.0/0',
      [TABLE.expiryAttribute]: Date.now() + 3_600_000,
    };
    await world.system.functions.table.write([{ put: row }]);
    const { out, code } = await world.run('status');
    expect(code).toBe(0);
    expect(out).toContain(ALICE);
    expect(out).toMatch(/its IP is not acceptable.*#store002.*GRANT#0\.0\.0\.0\/0#/);
    const { acls } = await world.json('status');
    expect(acls).toMatchObject([{ unusable: [{ item: row.item, detail: expect.stringContaining('IP') }] }]);
  });

  it('shows who is not in yet, the last error with its meaning, and what to do', async () => {
    const world = await CliWorld.start();
    await world.grant(ALICE);
    await world.system.simulator.revokeToken(TOKEN);
    const refused = await world.run(`grant --acl ${ACL} --ip ${BOB} --for 1h --wait`);
    expect(refused.code).toBe(2);
    const { out, code } = await world.run('status');
    expect(code).toBe(0);
    expect(out).toContain('the zone cannot be updated');
    expect(out).toContain(`to do: +${BOB}/32`);
    expect(out).toMatch(/OKTA001 Okta authentication failed, \d+ s ago: /);
    expect(out).toContain('People who log in get no access');
    expect(out).toMatch(/→ .*`npm run zone -- set-credentials`\. \(docs\/errors\.md#okta001\)/);
    expect(out).toMatch(new RegExp(`${BOB}.* no$`, 'm'));
    expect(out).toMatch(new RegExp(`${ALICE}.* yes$`, 'm'));
  });

  it('shows a zone that can’t be used by its code, says what to do once, and who is not in because of it', async () => {
    const other = 'nzo1abcdefGHIJKLM0h8';
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, other] } }, gatewayLimit: 1 });
    await world.system.simulator.seedZone(other, { gateways: ['192.0.2.0/32'] });
    await world.grant(ALICE);
    await world.grant(BOB);
    await world.system.simulator.editZone(ZONE, { status: 'INACTIVE' });
    await world.run('verify');
    const { out } = await world.run('status');
    expect(out).toContain(`${ACL}  not every zone can be used`);
    expect(out).toMatch(new RegExp(`zone ${ZONE} {2}ZONE004 zone not usable, \\d+ s ago: .*INACTIVE`));
    expect(out).toContain(`zone ${other}  1 of 1 gateways`);
    expect(out.match(/docs\/errors\.md#zone004/g)).toHaveLength(1);
    const { acls } = await world.json('status');
    const [status] = acls as AclStatus[];
    const trouble = { code: 'ZONE004', name: 'zone not usable', detail: expect.stringContaining('INACTIVE') };
    expect(status?.zones).toMatchObject([{ zoneId: ZONE, trouble, toAdd: [], toRemove: [] }, { zoneId: other }]);
    expect(status?.zones[1]).not.toHaveProperty('trouble');
    expect(status).toMatchObject({ standing: 'failing', lastError: trouble });
    // The one place that is left is for whoever came first.
    expect(status?.grants.map(({ ip, inZone }) => [ip, inZone]).sort()).toEqual([
      [BOB, 'waiting'],
      [ALICE, 'yes'],
    ]);
  });

  it('says what has each its own code, where zones have different trouble', async () => {
    const other = 'nzo1abcdefGHIJKLM0h8';
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, other] } } }, { gateways: ['9.9.9.9/32'] });
    await world.run(`grant --ip ${ALICE} --for 1h --wait`);
    const { out } = await world.run('status');
    expect(out).toContain('the zone cannot be updated');
    expect(out).toMatch(new RegExp(`zone ${ZONE} {2}ZONE008 `));
    expect(out).toMatch(new RegExp(`zone ${other} {2}ZONE001 `));
    for (const code of ['zone008', 'zone001']) expect(out).toContain(`(docs/errors.md#${code})`);
    expect(out).toMatch(new RegExp(`${ALICE}.* no$`, 'm'));
  });

  it('says of a zone that it is not written yet, and what will be', async () => {
    const world = await CliWorld.start();
    world.system.functions.stream.losesEverything = true;
    await world.run(`grant --ip ${ALICE} --for 1h`);
    const isStored = async () => (await world.run('status')).out;
    const out = await until('the grant is stored', isStored, (text) => text.includes(ALICE));
    expect(out).toContain(`${ACL}  a rebuild is due or under way  never seen right`);
    expect(out).toContain(`zone ${ZONE}  not written yet, to do: +${ALICE}/32`);
    const { acls } = await world.json('status');
    expect(acls).toMatchObject([{ standing: 'rebuilding', zones: [{ gateways: null, toAdd: [`${ALICE}/32`] }] }]);
  });

  it('tells those who wait for room from those who are not in', async () => {
    const world = await CliWorld.start({ gatewayLimit: 1 });
    await world.grant(ALICE);
    expect((await world.run(`grant --acl ${ACL} --ip ${BOB} --wait`)).code).toBe(2);
    const { out } = await world.run('status');
    expect(out).toContain('the zone is full');
    expect(out).toMatch(new RegExp(`${BOB}.* waits for room$`, 'm'));
  });

  it('shows of whoever has no grant any more that a zone may still have them', async () => {
    const world = await CliWorld.start();
    await world.grant(BOB, '--user bob@example.com');
    expect((await world.run(`status --ip ${ALICE}`)).out).not.toContain('to do');
    await world.system.simulator.revokeToken(TOKEN);
    await world.run(`revoke --ip ${BOB} --wait`);
    for (const choice of [`--ip ${BOB}`, '--user bob@example.com']) {
      const { out } = await world.run(`status ${choice}`);
      expect(out).toContain('the zone cannot be updated');
      expect(out).toContain(`-${BOB}/32`);
    }
  });

  it('shows only the ACLs that are named', async () => {
    const world = await CliWorld.start({
      acls: { a: { zoneIds: ['nzoA'] }, b: { zoneIds: ['nzoB'] }, c: { zoneIds: ['nzoC'] } },
    });
    const { acls } = await world.json('status --acl a --acl c');
    expect(acls).toMatchObject([{ acl: 'a' }, { acl: 'c' }]);
  });

  it('refuses an ACL that is not configured, and names those that are', async () => {
    const world = await CliWorld.start();
    const { code, notes } = await world.run('status --acl okta-prd');
    expect(code).toBe(64);
    expect(notes).toContain('no ACL okta-prd');
    expect(notes).toContain(`Its ACLs: ${ACL}.`);
  });

  it('looks again and again until it is stopped, one line of JSON each time', async () => {
    const world = await CliWorld.start();
    const stop = new AbortController();
    let looks = 0;
    const clock = {
      now: () => Date.now(),
      sleep: async (ms: number) => {
        expect(ms).toBe(2_000);
        looks += 1;
        if (looks === 3) stop.abort();
      },
    };
    const { code, out } = await world.run('status --watch --json', {}, { clock, stop: stop.signal });
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => JSON.parse(line).acls[0].acl)).toEqual([ACL, ACL, ACL]);
  });

  it('watches on a screen of its own, and gives the old one back also where it fails', async () => {
    const world = await CliWorld.start();
    const watched = async (target: Promise<Target>, screens: string[]) => {
      const stop = new AbortController();
      const clock = { now: () => Date.now(), sleep: async () => stop.abort() };
      await typed('status --watch', () => target, { screens }, { clock, stop: stop.signal });
      return screens;
    };
    expect(await watched(world.target(), [])).toEqual(['opened', 'left']);
    const target = await world.target();
    const table = { ...target.table, get: () => Promise.reject(new Error('no table')) };
    expect(await watched(Promise.resolve({ ...target, table }), [])).toEqual(['opened', 'left']);
    const screens: string[] = [];
    await world.run('status', { screens });
    expect(screens).toEqual([]);
  });

  it('looks no more when nobody reads what it shows', async () => {
    const world = await CliWorld.start();
    const readers = [true, false];
    const isRead = async () => readers.shift() ?? true;
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const { code, out } = await world.run('status --watch --json', { isRead }, { clock });
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(2);
  });

  it('is not widened, turned round or steered by what one person is called', async () => {
    const world = await CliWorld.start();
    await world.grant(BOB, '--user bob@example.com');
    await world.grant(ALICE, `--user ${'x'.repeat(340)}`);
    await world.grant('203.0.113.8', '--user mallory\u202e\u200bmoc --grant-id a\u2066b');
    const { out } = await world.run('status');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(150);
    expect(out).toContain('mallory��moc');
    expect(out).toMatch(/x{40,}…/);
    expect(out).not.toMatch(/[\u200b\u202e\u2066]/);
    const { acls } = await world.json('status');
    expect(JSON.stringify(acls)).toContain('x'.repeat(340));
  });

  it('goes on watching when a look fails', async () => {
    const world = await CliWorld.start();
    const stop = new AbortController();
    const { table } = world.system.functions;
    let pauses = 0;
    const clock = {
      now: () => Date.now(),
      sleep: async () => {
        pauses += 1;
        table.unreachable = pauses === 1;
        if (pauses === 3) stop.abort();
      },
    };
    const { code, out, notes } = await world.run('status --watch --json', {}, { clock, stop: stop.signal });
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(2);
    expect(notes).toContain('the table does not answer');
  });

  it('colours only where they are wanted', async () => {
    const world = await CliWorld.start();
    expect((await world.run('status')).out).not.toContain('\u001b[');
    expect((await world.run('status', { colours: true })).out).toContain('\u001b[1m');
    const mistake = (terminal: object) => world.run('status --acl nope', terminal);
    expect((await mistake({ colours: true })).notes).not.toContain('\u001b[');
    expect((await mistake({ coloursInNotes: true })).notes).toContain('\u001b[31m');
  });
});
