import { beforeAll, describe, expect, it } from 'vitest';
import { ACL, ALICE, BOB, CliWorld, ZONE } from './cli-world.ts';

const LISTED = { acls: { [ACL]: { zoneIds: [ZONE], allowlist: { pollSeconds: 5 } } } };
let world: CliWorld;
let url = '';
let key = '';
beforeAll(async () => {
  world = await CliWorld.start(LISTED);
  const { knocknoc } = world.system;
  url = knocknoc.simulator.urlOf(knocknoc.url, ACL);
  key = knocknoc.simulator.key;
});
const stored = () => JSON.parse(world.system.allowlistSecret.text ?? '{}');
const type = (...lines: string[]) => ({ canAsk: true, answers: lines });

describe('set-allowlist', () => {
  it('reads the list once, says what it has, and stores URL and key beside those of other ACLs', async () => {
    world.system.allowlistSecret.text = JSON.stringify({ lab: { url: 'https://x.example/y', key: 'k' } });
    world.system.knocknoc.simulator.publish(ACL, [ALICE, '10.0.0.1', '203.0.113.0/24']);
    const { code, out, notes } = await world.run(`set-allowlist --acl ${ACL}`, type(url, key));
    expect([code, out]).toEqual([1, expect.stringContaining('the list has 1 entry')]);
    expect(out).toContain('1 left out: ');
    expect(stored()).toEqual({
      lab: { url: 'https://x.example/y', key: 'k' },
      [ACL]: { url, username: 'apikey', key },
    });
    expect(`${out}${notes}`).not.toContain(key);
    expect(`${out}${notes}`).not.toContain(url);
  });

  it('takes both from standard input, and exits with 0 where nothing is left out', async () => {
    world.system.knocknoc.simulator.publish(ACL, [ALICE]);
    const { code } = await world.run('set-allowlist', { input: `${url}\r\n${key}\r\n` });
    expect(code).toBe(0);
  });

  it.each([
    ['a key that Knocknoc refuses', () => `${url}\nwrong-key-of-the-list`, 'LIST002'],
    ['an address without a list', () => `${url.replace('/api/', '/nothing/')}\n${key}`, 'LIST001'],
    ['a server that is not there', () => `http://127.0.0.1:9/list\n${key}`, 'LIST001'],
  ])('stores nothing of %s', async (_, input, code) => {
    const before = world.system.allowlistSecret.text;
    const { code: exit, notes } = await world.run('set-allowlist', { input: input() });
    expect([exit, notes]).toEqual([2, expect.stringContaining(code)]);
    expect(world.system.allowlistSecret.text).toBe(before);
  });

  it('stores what could not be tried only when told to', async () => {
    const far = `http://127.0.0.1:9/list-far-away`;
    const { code } = await world.run('set-allowlist --unchecked', { input: `${far}\n${key}` });
    expect([code, stored()[ACL].url]).toEqual([1, far]);
    await world.run('set-allowlist', { input: `${url}\n${key}` });
  });

  it.each([
    ['nothing', ''],
    ['one line', 'https://knocknoc.example/list'],
    ['a URL without TLS', 'http://knocknoc.example/list\nkey'],
    ['three lines', 'https://knocknoc.example/list\nkey\nmore'],
  ])('is a mistake of the command line with %s', async (_, input) => {
    expect((await world.run('set-allowlist', { input })).code).toBe(64);
  });

  it('says what to do where no list is configured', async () => {
    const plain = await CliWorld.start();
    const { code, notes } = await plain.run('set-allowlist', { input: `${url}\n${key}` });
    expect([code, notes]).toEqual([2, expect.stringContaining('Add "allowlist": {}')]);
  });

  it('leaves a secret alone that holds something else', async () => {
    const before = world.system.allowlistSecret.text;
    world.system.allowlistSecret.text = 'no json';
    const { code, out, notes } = await world.run('set-allowlist', { input: `${url}\n${key}` });
    expect([code, world.system.allowlistSecret.text]).toEqual([2, 'no json']);
    expect(`${out}${notes}`).not.toContain('"no json"');
    world.system.allowlistSecret.text = before;
  });
});

describe('status, doctor and revoke', () => {
  it('know the list, and by whom the ACL is fed', async () => {
    world.system.knocknoc.simulator.publish(ACL, [ALICE]);
    await world.system.functions.tick();
    await expect
      .poll(async () => (await world.json('status')).acls, { timeout: 20_000 })
      .toMatchObject([{ acl: ACL, fedBy: 'list', list: { entries: 1, readAt: expect.any(String) } }]);
    const { out } = await world.run('status');
    expect(out).toContain("fed by Knocknoc's list alone: read ");
    const { findings } = await world.json('doctor');
    expect(findings).toContainEqual(
      expect.objectContaining({
        link: `allowlist (${ACL})`,
        level: 'ok',
        detail: expect.stringContaining('1 entry'),
      }),
    );
    await world.grant(BOB);
    expect((await world.json('status')).acls).toMatchObject([{ fedBy: 'events and list' }]);
    const revoked = await world.run(`revoke --ip ${BOB}`);
    expect(revoked.notes).toContain("follows Knocknoc's list");
  });

  it('say what is wrong with it', async () => {
    const before = world.system.allowlistSecret.text;
    world.system.allowlistSecret.text = '{}';
    const { findings } = await world.json('doctor');
    expect(findings).toContainEqual(expect.objectContaining({ code: 'LIST004', level: 'failure' }));
    world.system.allowlistSecret.text = before;
  });

  it('of an ACL without a list say nothing of one', async () => {
    const plain = await CliWorld.start();
    expect((await plain.json('status')).acls).toMatchObject([{ fedBy: 'events' }]);
    expect((await plain.run('status')).out).not.toContain('fed by');
  });
});
