import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../lib/ports.ts';
import { ACL, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';

const [A, B, C] = ['203.0.113.7', '203.0.113.8', '198.51.100.23'];
const ips = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i + 1}`);

/** A system whose list is read every 15 seconds, after its first tick. */
async function listed(list: readonly string[] = [], allowlist = {}, acl = {}, more = {}): Promise<VirtualSystem> {
  const acls = { [ACL]: { zoneIds: [ZONE], allowlist, ...acl } };
  const system = new VirtualSystem({ acls, ...more });
  system.knocknoc.publish(ACL, list);
  await system.functions.tick();
  await system.clock.advance(5_000);
  return system;
}
const inside = (system: VirtualSystem) =>
  system
    .gateways()
    .filter((each) => each !== '192.0.2.0/32')
    .map((each) => each.replace('/32', ''));
const seconds = (system: VirtualSystem, count: number) => system.clock.advance(count * 1_000);
const answer = (status: number, body = '', headers = {}): HttpResponse => ({ status, headers, body });
const count = (system: VirtualSystem, code: string) => system.codes().filter((one) => one === code).length;
const tableCalls = (system: VirtualSystem) => system.functions.table;

describe('a list', () => {
  it('lets in who is on it, and puts out who is not any more, with nobody posting anything', async () => {
    const system = await listed([A, B]);
    expect(inside(system)).toEqual([A, B]);
    system.knocknoc.publish(ACL, [B, C]);
    await seconds(system, 20);
    expect(inside(system)).toEqual([C, B].toSorted());
    expect(system.codes()).toEqual([]);
  });

  it('is read every so many seconds, once, however many ticks there are', async () => {
    const system = await listed([A]);
    await seconds(system, 595);
    expect(system.knocknoc.reads).toBeGreaterThanOrEqual(40);
    expect(system.knocknoc.reads).toBeLessThanOrEqual(42);
  });

  it('is read on for two minutes without a tick, and again after the next', async () => {
    const system = await listed([A]);
    system.functions.scheduleIsDead = true;
    await seconds(system, 110);
    const before = system.knocknoc.reads;
    expect(before).toBeGreaterThanOrEqual(8);
    await seconds(system, 300);
    expect(system.knocknoc.reads).toBeLessThanOrEqual(before + 1);
    system.functions.scheduleIsDead = false;
    system.knocknoc.publish(ACL, [B]);
    await seconds(system, 85);
    expect(inside(system)).toEqual([B]);
  });

  it('costs nothing but a look while nothing changes', async () => {
    const system = await listed([A]);
    const writes = system.puts();
    const grants = JSON.stringify(
      tableCalls(system)
        .items()
        .filter(({ item }) => item.startsWith('GRANT#')),
    );
    await seconds(system, 120);
    expect(system.puts()).toBe(writes);
    expect(
      JSON.stringify(
        tableCalls(system)
          .items()
          .filter(({ item }) => item.startsWith('GRANT#')),
      ),
    ).toBe(grants);
  });

  it('gives grants of its own name without a user, for the usual time, and renews them in the second half', async () => {
    const system = await listed([A], {}, { defaultGrantMinutes: 10 });
    const grant = () => system.functions.table.items().find(({ item }) => item === `GRANT#${A}#allowlist`);
    const began = Number(grant()?.expiresAt) - 600_000;
    expect(grant()).toMatchObject({ grantId: 'allowlist', ip: A });
    expect(grant()).not.toHaveProperty('user');
    await seconds(system, 280);
    expect(Number(grant()?.expiresAt)).toBe(began + 600_000);
    await seconds(system, 40);
    expect(Number(grant()?.expiresAt)).toBeGreaterThanOrEqual(began + 900_000);
    await seconds(system, 3_600);
    expect(inside(system)).toEqual([A]);
  });

  it('adds nothing to who has a grant that lasts', async () => {
    const system = await listed();
    await system.grant(A);
    system.knocknoc.publish(ACL, [A]);
    await seconds(system, 60);
    const rows = system.functions.table.items().filter(({ item }) => item.startsWith('GRANT#'));
    expect(rows.map(({ item }) => item)).toEqual([`GRANT#${A}#`]);
  });

  it('leads to at most 200 events a read, removals first', async () => {
    const all = Array.from({ length: 450 }, (_, i) => `11.0.${i >> 8}.${i & 255}`);
    const system = await listed(all, { pollSeconds: 30 }, {}, { gatewayLimit: 600 });
    const live = () => system.functions.table.items().filter(({ item }) => item.startsWith('GRANT#')).length;
    expect(live()).toBe(200);
    await seconds(system, 30);
    expect(live()).toBe(400);
    await seconds(system, 30);
    expect(live()).toBe(450);
    system.knocknoc.publish(ACL, ['11.1.0.0', ...all.slice(225)]);
    await seconds(system, 30);
    expect(live()).toBe(250);
    expect(system.functions.table.items().some(({ item }) => item.includes('11.1.0.0'))).toBe(false);
    await seconds(system, 30);
    expect(live()).toBe(226);
  });
});

describe('a list beside a script', () => {
  it('ends a grant whose revoke was lost, once it was stored 30 s ago', async () => {
    const system = await listed([B]);
    await system.grant(A, { grantId: 'session-1', user: 'alice' });
    await seconds(system, 25);
    expect(inside(system)).toEqual([A, B]);
    await seconds(system, 25);
    expect(inside(system)).toEqual([B]);
  });

  it('ends the anonymous grant alone: one on the same IP that is new stays', async () => {
    const system = await listed();
    await system.grant(A);
    await seconds(system, 10);
    await system.grant(A, { grantId: 'new' });
    await seconds(system, 31);
    const names = system.functions.table.items().flatMap(({ item }) => (item.startsWith('GRANT#') ? [item] : []));
    expect(names).toEqual([`GRANT#${A}#new`]);
    expect(inside(system)).toEqual([A]);
  });

  it('ends nothing that others gave without endsGrants', async () => {
    const system = await listed([], { endsGrants: false });
    await system.grant(A);
    await seconds(system, 120);
    expect(inside(system)).toEqual([A]);
  });

  it.each([
    ['revoke of the IP', 'access.revoked', { ip: A }],
    ['revoke of its grant by name', 'access.revoked', { ip: A, grantId: 's' }],
    ['flush', 'access.flushed', {}],
  ])('lags behind a %s by up to 30 s, and then wins', async (_, type, data) => {
    const system = await listed();
    await system.grant(A, { grantId: 's' });
    system.knocknoc.publish(ACL, [A]);
    await seconds(system, 16);
    await system.send(type, data);
    await seconds(system, 28);
    expect(inside(system)).toEqual([]);
    await seconds(system, 22);
    expect(inside(system)).toEqual([A]);
  });

  it('lets who was off it for one read in again with the next that has them: it was the list that put them out', async () => {
    const system = await listed([A, B]);
    system.knocknoc.publish(ACL, [B]);
    await seconds(system, 15);
    expect(inside(system)).toEqual([B]);
    system.knocknoc.publish(ACL, [A, B]);
    await seconds(system, 15);
    expect(inside(system)).toEqual([A, B]);
  });
});

describe('a removal of more than half of ten grants or more', () => {
  it('waits for the next read, which carries it out for those whom it lacks too', async () => {
    const system = await listed(ips(12));
    system.knocknoc.publish(ACL, []);
    await seconds(system, 14);
    expect(inside(system)).toHaveLength(12);
    expect(system.codes()).toEqual(['LIST005']);
    system.knocknoc.publish(ACL, ips(3));
    await seconds(system, 16);
    expect(inside(system)).toEqual(ips(3));
    expect(system.codes()).toEqual(['LIST005']);
  });

  it('is forgotten where the next read has them again', async () => {
    const system = await listed(ips(12));
    system.knocknoc.publish(ACL, []);
    await seconds(system, 14);
    system.knocknoc.publish(ACL, ips(12));
    await seconds(system, 60);
    system.knocknoc.publish(ACL, []);
    await seconds(system, 14);
    expect(inside(system)).toHaveLength(12);
    expect(count(system, 'LIST005')).toBe(2);
  });

  it('waits for a read, and not for new code', async () => {
    const system = await listed(ips(12));
    system.knocknoc.publish(ACL, []);
    await seconds(system, 12);
    const acls = { [ACL]: { zoneIds: [ZONE], allowlist: {} } };
    system.redeploy({ acls });
    await seconds(system, 16);
    expect(inside(system)).toEqual([]);
  });

  it('of nine goes at once', async () => {
    const system = await listed(ips(9));
    system.knocknoc.publish(ACL, []);
    await seconds(system, 15);
    expect(inside(system)).toEqual([]);
    expect(system.codes()).toEqual([]);
  });
});

describe('a read that fails', () => {
  it.each([
    ['LIST001', 'an error of the server', () => answer(503)],
    ['LIST001', 'a redirect', () => answer(302, '', { location: 'https://elsewhere.example/' })],
    ['LIST001', 'no list at this URL', () => answer(404)],
    ['LIST001', 'too many requests', () => answer(429, '', { 'retry-after': '1' })],
    ['LIST002', 'a key that is unknown', () => answer(401)],
    ['LIST002', 'a key that may not', () => answer(403)],
    ['LIST003', 'a page', () => answer(200, '<html>\n203.0.113.9\n</html>')],
    ['LIST003', 'JSON', () => answer(200, '["203.0.113.9"]')],
    [
      'LIST001',
      'no answer',
      () => {
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
      },
    ],
  ] as const)('is %s where it is %s, and changes nothing', async (code, _, reply) => {
    const system = await listed([A, B]);
    const asked: string[] = [];
    system.onList = async ({ url }) => {
      asked.push(new URL(url).host);
      return reply();
    };
    await seconds(system, 15);
    expect(system.codes()).toEqual([code]);
    await seconds(system, 300);
    expect(inside(system)).toEqual([A, B]);
    expect(new Set(asked)).toEqual(new Set(['knocknoc.example']));
    expect(JSON.stringify(system.lines)).not.toMatch(/virtual-list-key|local-list-token/);
    system.onList = undefined;
    system.knocknoc.publish(ACL, [B]);
    await seconds(system, 20);
    expect(inside(system)).toEqual([B]);
  });

  it('is LIST003 where the list is larger than 4 MiB, and not where it is as large', async () => {
    const system = await listed([A]);
    const lines = (count: number) => `${B}\n`.padEnd(count, '#');
    system.knocknoc.publish(ACL, lines(4 * 1024 * 1024 + 1));
    await seconds(system, 15);
    expect([system.codes(), inside(system)]).toEqual([['LIST003'], [A]]);
    system.knocknoc.publish(ACL, lines(4 * 1024 * 1024));
    await seconds(system, 15);
    expect([system.codes(), inside(system)]).toEqual([['LIST003'], [B]]);
  });

  it('puts nobody out before their grant is over, however long it fails', async () => {
    const system = await listed([A], {}, { defaultGrantMinutes: 20 });
    await seconds(system, 500);
    system.knocknoc.answerWith(ACL, 503);
    await seconds(system, 590);
    expect(inside(system)).toEqual([A]);
    await seconds(system, 700);
    expect(inside(system)).toEqual([]);
  });

  it('is LIST004 where nothing is stored, and works within seconds once it is', async () => {
    const system = await listed([A]);
    const { text } = system.allowlistSecret;
    system.allowlistSecret.text = '{}';
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } });
    await seconds(system, 15);
    expect(system.codes()).toEqual(['LIST004']);
    system.allowlistSecret.text = text;
    system.knocknoc.publish(ACL, [B]);
    await seconds(system, 20);
    expect(inside(system)).toEqual([B]);
  });

  it('of one ACL holds up no other', async () => {
    const acls = {
      [ACL]: { zoneIds: [ZONE], allowlist: {} },
      lab: { zoneIds: ['nzo1lab'], allowlist: { pollSeconds: 15 } },
    };
    const system = new VirtualSystem({ acls });
    system.okta.seedZone('nzo1lab', { gateways: ['192.0.2.0/32'] });
    system.knocknoc.publish('lab', [C]);
    system.knocknoc.answerWith(ACL, 500);
    await system.functions.tick();
    await seconds(system, 5);
    expect(system.gateways('nzo1lab')).toEqual([`${C}/32`]);
    expect(new Set(system.codes())).toEqual(new Set(['LIST001']));
  });

  it('with an old key is tried again with the one that is stored now', async () => {
    const system = await listed([A]);
    const { text = '' } = system.allowlistSecret;
    let key = 'virtual-list-key';
    system.onList = async ({ headers }) => {
      const sent = Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString();
      return sent === `apikey:${key}` ? answer(200, `${B}\n`) : answer(401);
    };
    key = 'the-next-list-key';
    system.allowlistSecret.text = text.replace('virtual-list-key', key);
    await seconds(system, 15);
    expect(inside(system)).toEqual([B]);
    expect(system.codes()).toEqual([]);
  });
});

describe('"not modified"', () => {
  it('is the list that was there before, for five minutes', async () => {
    const system = await listed();
    const asked: (string | undefined)[] = [];
    system.onList = async ({ headers }) => {
      asked.push(headers['if-none-match']);
      return headers['if-none-match'] === '"1"' ? answer(304) : answer(200, `${A}\n`, { etag: '"1"' });
    };
    await seconds(system, 590);
    expect(inside(system)).toEqual([A]);
    expect(asked.filter((each) => each === undefined).length).toBe(1);
    expect(asked.filter((each) => each === '"1"').length).toBeGreaterThan(30);
  });

  it('is not asked for by a date, unless the list was older than that second', async () => {
    const system = await listed();
    const asked: (string | undefined)[] = [];
    const dated = (seconds: number) => {
      const [date, changed] = [0, seconds].map((ago) => new Date(system.clock.now() - 1_000 * ago).toUTCString());
      return answer(200, `${A}\n`, { date, 'last-modified': changed });
    };
    let age = 0;
    system.onList = async ({ headers }) => {
      asked.push(headers['if-modified-since']);
      return dated(age);
    };
    await seconds(system, 40);
    age = 60;
    await seconds(system, 30);
    expect(asked.map((each) => each !== undefined)).toEqual([false, false, false, false, true]);
  });

  it('is no answer to who has no list (LIST001)', async () => {
    const system = await listed([A]);
    system.onList = async () => answer(304);
    system.redeploy({ acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } });
    await seconds(system, 15);
    expect(system.codes()).toEqual(['LIST001']);
  });
});

describe('what is left out of a list', () => {
  it('is counted and logged, once for the same', async () => {
    const system = await listed([A, '203.0.113.0/24', '10.0.0.1', 'alice']);
    await seconds(system, 60);
    const said = system.lines.filter(({ message }) => message === 'entries of the list are left out');
    expect(said).toMatchObject([{ acl: ACL, skipped: 3 }]);
    expect(inside(system)).toEqual([A]);
  });
});
