import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sendEvent } from '../../cli/webhook-client.ts';
import { Agent } from '../../local/knocknoc-simulator/agent.ts';
import { BREAKS } from '../../local/page/run-actions.ts';
import { runPage } from '../../local/page/run-page.ts';
import { ACL, ALICE, BOB, CliWorld, SENTINEL, ZONE } from '../cli/cli-world.ts';
import { PATIENT } from '../helpers/patient.ts';

const NASTY = `"><script>alert('1')</script>&amp;`;

let world: CliWorld;
let base: string;
/** What the script was asked for. */
const told: string[] = [];

/** In place of the script, which is a process: posts what it would post. */
async function post([verb, acl, ip]: readonly string[]) {
  told.push(`${verb} ${ip}`);
  const event = { type: verb === 'add' ? 'access.granted' : 'access.revoked', timestamp: new Date().toISOString() };
  const id = `page_${randomUUID()}`;
  const { status } = await sendEvent(world.system, { ...event, data: { acl, ip } }, { id, now: Date.now() });
  return { code: status === 202 ? 0 : 3, said: `the webhook says ${status}` };
}

beforeAll(async () => {
  world = await CliWorld.start();
  const { knocknoc, simulator: okta, credentials } = world.system;
  base = knocknoc.url;
  const early = await fetch(base);
  expect([early.status, await early.text()]).toEqual([503, expect.stringContaining('not started yet')]);
  const now = () => Date.now();
  const [target, agent] = [await world.target(), new Agent(post, now)];
  const { table } = world.system;
  knocknoc.show(runPage({ ...{ knocknoc: knocknoc.simulator, agent, target, okta, credentials, table, now } }));
});
beforeEach(async () => {
  const { simulator } = world.system.knocknoc;
  for (const { acl, user } of simulator.people().slice()) simulator.logOut({ acl, user });
  told.length = 0;
});

function press(
  path: string,
  form: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  return fetch(`${base}${path}`, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
}
const logIn = (user: string, ip: string) => press('/log-in', { acl: ACL, user, ip });
const logOut = (user: string) => press('/log-out', { acl: ACL, user });

async function parts(): Promise<Readonly<Record<string, string>>> {
  const { parts: shown } = (await (await fetch(`${base}/page.json`)).json()) as { parts: Record<string, string> };
  return shown;
}

async function shows(part: string, text: RegExp): Promise<void> {
  await vi.waitFor(async () => expect((await parts())[part]).toMatch(text), PATIENT);
}

function ipsIn(html = ''): string[] {
  return [...html.matchAll(/<li[^>]*><code>([^<]+)<\/code>/g)].map(([, ip = '']) => ip);
}

describe('the page of a local run', () => {
  it('tells the whole story of a person, from the log-in to Okta and back', async () => {
    const answer = await logIn('alice@example.com', ALICE);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/#knocknoc']);
    await shows('grants', /in the zone</);
    const { people, grants, zones, asked, access } = await parts();
    expect(people).toMatch(new RegExp(`${ALICE}</code><span>alice@example.com`));
    expect(people).toMatch(new RegExp(`add ${ACL} ${ALICE}</code><span class="good">status 0</span>`));
    expect(grants).toMatch(
      new RegExp(`${ALICE}</code><span>alice@example.com</span>\\s*<time>until \\d\\d:\\d\\d:\\d\\d<`),
    );
    expect(grants).toContain('zone is right');
    expect(zones).toContain(`<code>${ALICE}/32</code>`);
    expect(asked).toMatch(/<td>PUT<\/td>[\s\S]*<span class="good">200<\/span>/);
    expect(access).toContain('token 1: ORG_ADMIN, valid');
    expect((await logOut('alice@example.com')).status).toBe(303);
    await shows('grants', /Nobody is let in/);
    expect((await parts()).people).toContain('Nobody is logged in.');
    await shows('zones', new RegExp(`<code>${SENTINEL}</code>`));
  });

  it('says what is wrong where Okta is broken, until it is mended', async () => {
    await press('/revoke');
    expect((await parts()).access).toContain('token 1: ORG_ADMIN, revoked');
    await logIn('bob@example.com', BOB);
    await shows('grants', /OKTA001<\/span> Okta authentication failed/);
    expect((await parts()).grants).toContain('not in the zone yet');
    await press('/give-back');
    expect((await parts()).access).toContain('token 1: ORG_ADMIN, valid');
    await world.system.simulator.setApp('0oa1', { keys: [], status: 'INACTIVE' });
    expect((await parts()).access).toContain('<span class="bad">app 0oa1: ORG_ADMIN, INACTIVE');
    await logOut('bob@example.com');
  });

  it('has each way to break Okta, and one way to mend it', async () => {
    const { simulator: okta } = world.system;
    for (const [kind, how] of Object.entries(BREAKS)) {
      const answer = await press('/break', { kind });
      expect([answer.status, answer.headers.get('location')], kind).toEqual([303, '/#okta']);
      if ('fault' in how) expect(await okta.faults(), kind).toMatchObject([{ fault: how.fault }]);
      else expect(await okta.zone(ZONE), kind).toMatchObject('status' in how.edit ? how.edit : { gateways: [{}] });
    }
    expect((await okta.zone(ZONE)).gateways).toMatchObject([{ value: '198.51.100.99/32' }]);
    await press('/mend');
    expect([await okta.faults(), (await okta.zone(ZONE)).status]).toEqual([[], 'ACTIVE']);
    expect((await press('/break', { kind: 'toString' })).status).toBe(400);
  });

  it('shows IPs in numeric order', async () => {
    for (const ip of ['203.0.113.100', '2001:DB8::10', '203.0.113.9', '2001:db8::a', '198.51.100.23']) {
      await logIn(`somebody at ${ip}`, ip);
    }
    const wanted = ['198.51.100.23', '203.0.113.9', '203.0.113.100', '2001:db8::a', '2001:db8::10'];
    expect(ipsIn((await parts()).people).slice(0, wanted.length)).toEqual(wanted);
    // The last rebuild would undo the edit.
    for (const ip of wanted.slice(0, 3)) await shows('zones', new RegExp(`${ip}/32`));
    await world.system.simulator.editZone(ZONE, {
      gateways: ['203.0.113.100/32', '203.0.113.9/32', '198.51.100.0/24'],
    });
    await shows('zones', /\.100\/32/);
    const gateways = ipsIn((await parts()).zones).filter((ip) => /\.9\/|\.100\/|\.0\/24/.test(ip));
    expect(gateways).toEqual(['198.51.100.0/24', '203.0.113.9/32', '203.0.113.100/32']);
  });

  it('lets the table refuse writes, says so, and mends it', async () => {
    const { table } = world.system.functions;
    const write = () => table.write([{ put: { acl: 'of-nobody', item: 'STATE' } }]);
    expect((await press('/break-table')).headers.get('location')).toBe('/#table');
    expect((await parts()).grants).toContain('events are accepted, and not applied');
    await expect(write()).rejects.toThrow('no writes');
    await press('/mend-table');
    expect((await parts()).grants).not.toContain('not applied');
    expect(await write()).toEqual({ written: true });
    await table.write([{ remove: { acl: 'of-nobody', item: 'STATE' } }]);
  });

  it('tells the script that an IP is free when the last person there has left, or moved', async () => {
    await logIn('alice@example.com', ALICE);
    await logIn('bob@example.com', ALICE);
    await logOut('alice@example.com');
    await logIn('bob@example.com', BOB);
    await logOut('nobody@example.com');
    await logOut('bob@example.com');
    await shows('people', new RegExp(`del ${ACL} ${BOB}</code><span class="good">`));
    expect(told.filter((words) => words.includes(ALICE))).toEqual([`add ${ALICE}`, `add ${ALICE}`, `del ${ALICE}`]);
    expect(told.filter((words) => words.includes(BOB))).toEqual([`add ${BOB}`, `del ${BOB}`]);
  });

  it('keeps a person’s button that person’s, so that the focus moves to nobody else', async () => {
    for (const [user, ip] of [
      ['alice', '203.0.113.1'],
      ['bob', '203.0.113.2'],
      ['carol c', '203.0.113.3'],
    ] as const)
      await logIn(user, ip);
    const ids = async () => [...((await parts()).people ?? '').matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    const [, ...others] = await ids();
    expect(others).toEqual([expect.stringMatching(/^out-\S+-bob$/), expect.stringMatching(/^out-\S+-carol%20c$/)]);
    await logOut('alice');
    expect(await ids()).toEqual(others);
  });

  it('shows any name as it is, and logs that very person out', async () => {
    await logIn(NASTY, ALICE);
    const html = await (await fetch(base)).text();
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;');
    const [, value = ''] = /name="user" value="([^"]*)"/.exec(html) ?? [];
    await logOut(value.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))));
    expect((await parts()).people).toContain('Nobody is logged in.');
  });

  it.each([
    ['no address', { acl: ACL, user: 'alice', ip: 'office' }, 'Write an IP address'],
    ['a zone index', { acl: ACL, user: 'alice', ip: 'fe80::1%eth0' }, 'Write an IP address'],
    ['no name', { acl: ACL, user: ' ', ip: ALICE }, 'Write the name'],
    ['a name that steers', { acl: ACL, user: 'a\u0000b', ip: ALICE }, 'Write the name'],
    ['another ACL', { acl: 'toString', user: 'alice', ip: ALICE }, 'no such ACL'],
  ])('refuses a log-in with %s, and says so on the page', async (_, form, said) => {
    const answer = await press('/log-in', form);
    const html = await answer.text();
    expect([answer.status, html]).toEqual([400, expect.stringContaining(said)]);
    expect(html).toContain('Nobody is logged in.');
    expect(told).toEqual([]);
  });

  it('obeys nobody but its own pages', async () => {
    const port = new URL(base).port;
    expect((await press('/revoke', {}, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await press('/revoke', {}, { origin: 'null' })).status).toBe(403);
    const status = (path: string, host: string) =>
      new Promise((resolve, reject) => {
        httpRequest(`${base}${path}`, { headers: { host } }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await Promise.all(['/', '/page.json'].map((path) => status(path, 'evil.example')))).toEqual([403, 403]);
    expect(await status('/', `localhost:${port}`)).toBe(200);
    expect((await press('/log-in', { user: 'a'.repeat(70_000) })).status).toBe(413);
    expect((await fetch(`${base}/revoke`)).status).toBe(405);
    expect((await press('/')).status).toBe(405);
    expect((await fetch(`${base}/hasOwnProperty`)).status).toBe(404);
    expect((await parts()).access).toContain('token 1: ORG_ADMIN, valid');
  });

  it('runs its own script and style alone', async () => {
    const answer = await fetch(base);
    const html = await answer.text();
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; .*form-action 'self'.*frame-ancestors 'none'/);
    for (const element of ['script', 'style']) {
      const [, text = ''] = new RegExp(`<${element}>([\\s\\S]*)</${element}>`).exec(html) ?? [];
      expect(policy).toContain(`${element}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    expect(html).not.toMatch(/[ ](src|href|style|on[a-z]+)=/);
    const { knocknoc } = world.system;
    expect(html).not.toContain(knocknoc.simulator.key);
    expect(html).not.toContain(world.system.webhookSecret);
  });

  it('publishes the list beside it, to whoever has the key', async () => {
    await logIn('alice@example.com', ALICE);
    const { simulator } = world.system.knocknoc;
    const list = (key: string, headers = {}) =>
      fetch(simulator.urlOf(base, ACL), { headers: { authorization: `Basic ${btoa(`anything:${key}`)}`, ...headers } });
    const first = await list(simulator.key);
    expect(await first.text()).toBe(`${ALICE}\n`);
    expect((await list(simulator.key, { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304);
    expect((await list('other')).status).toBe(401);
  });
});

describe('an agent', () => {
  it('lets one run for an IP follow the other, and those of other IPs go on meanwhile', async () => {
    const began: string[] = [];
    const ends: (() => void)[] = [];
    const agent = new Agent(
      (args) => {
        began.push(args.join(' '));
        return new Promise((resolve) => ends.push(() => resolve({ code: 0, said: '' })));
      },
      () => 0,
    );
    const first = agent.tell('add', ACL, ALICE);
    void agent.tell('del', ACL, ALICE);
    void agent.tell('add', ACL, BOB);
    await new Promise((resolve) => setImmediate(resolve));
    expect(began).toEqual([`add ${ACL} ${ALICE}`, `add ${ACL} ${BOB}`]);
    ends[0]?.();
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(began.at(-1)).toBe(`del ${ACL} ${ALICE}`);
    expect(agent.runs.map(({ words, end }) => [words, end?.code])).toEqual([
      [`add ${ACL} ${BOB}`, undefined],
      [`del ${ACL} ${ALICE}`, undefined],
      [`add ${ACL} ${ALICE}`, 0],
    ]);
  });
});
