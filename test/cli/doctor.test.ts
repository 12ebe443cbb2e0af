import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { sendEvent } from '../../cli/webhook-client.ts';
import { fetchHttp } from '../../lib/adapters/fetch-http.ts';
import { TABLE } from '../../lib/names.ts';
import type { HttpClient } from '../../lib/ports.ts';
import type { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { readDocument, sectionsOf, tableRows } from '../docs/documents.ts';
import { ACL, ALICE, BOB, CliWorld, TOKEN, ZONE } from './cli-world.ts';
import { typed } from './typed.ts';

async function findings(
  world: CliWorld,
): Promise<{ readonly code: number; readonly bad: Finding[]; readonly all: Finding[] }> {
  const { code, findings: found } = await world.json('doctor');
  const all = found as Finding[];
  return { code, all, bad: all.filter(({ level }) => level === 'failure' || level === 'warning') };
}

/** Somebody is in and the schedule has ticked: nothing is left to find. */
async function healthy(config: Readonly<Record<string, unknown>> = {}): Promise<CliWorld> {
  const world = await CliWorld.start(config);
  await world.grant(ALICE);
  return world;
}

type Okta = CliWorld['system']['simulator'];

function forget(secret: MemorySecret): void {
  secret.text = undefined;
}

function lock(secret: MemorySecret): void {
  secret.unreadable = true;
}

describe.concurrent('doctor', () => {
  it('finds nothing where all is well, says so, and names every link', async () => {
    const world = await healthy();
    const { code, out } = await world.run('doctor');
    expect(out).toContain('All is well.');
    expect(code).toBe(0);
    const { all } = await findings(world);
    expect(all.map(({ link, level }) => [link, level])).toEqual([
      ['configuration', 'ok'],
      ['resources', 'ok'],
      ['events', 'ok'],
      ['webhook secret', 'ok'],
      ['webhook', 'ok'],
      ['Okta credentials', 'ok'],
      ['token accepted', 'ok'],
      ['role', 'ok'],
      [`zone ${ZONE} (${ACL})`, 'ok'],
      [`room (${ACL})`, 'ok'],
      [`list (${ACL})`, 'ok'],
      [`policies (${ACL})`, 'ok'],
      ['schedule', 'ok'],
      ['dead letters', 'ok'],
      ['alarms', 'skipped'],
    ]);
  });

  const breakages: readonly (readonly [string, (okta: Okta, world: CliWorld) => unknown, string, string])[] = [
    ['a revoked token', (okta) => okta.revokeToken(TOKEN), 'token accepted', 'OKTA001'],
    ['a token without a fitting role', (okta) => okta.setToken(TOKEN, 'NONE'), 'role', 'OKTA002'],
    ['no token', (_, { system }) => forget(system.oktaCredentialsSecret), 'Okta credentials', 'ZONE006'],
    [
      'a token that is out of reach',
      (_, { system }) => lock(system.oktaCredentialsSecret),
      'Okta credentials',
      'ZONE006',
    ],
    ['a zone that is gone', (okta) => okta.removeZone(ZONE), `zone ${ZONE} (${ACL})`, 'ZONE001'],
    ['an inactive zone', (okta) => okta.editZone(ZONE, { status: 'INACTIVE' }), `zone ${ZONE} (${ACL})`, 'ZONE004'],
    ['a blocklist', (okta) => okta.editZone(ZONE, { usage: 'BLOCKLIST' }), `zone ${ZONE} (${ACL})`, 'ZONE004'],
    ['a zone of another type', (okta) => okta.seedZone(ZONE, { type: 'DYNAMIC' }), `zone ${ZONE} (${ACL})`, 'ZONE004'],
    ['an Okta that fails', (okta) => okta.addFault({ count: 9, fault: { status: 503 } }), 'token accepted', 'ZONE003'],
    [
      'an Okta that wants no calls',
      (okta) => okta.addFault({ count: 9, fault: { rateLimit: { resetInSeconds: 30 } } }),
      'token accepted',
      'OKTA005',
    ],
    ['a webhook without a key', (_, { system }) => forget(system.webhookSecretStore), 'webhook secret', 'HOOK007'],
  ];

  it.each(breakages)('finds %s', async (_, breakIt, link, code) => {
    const world = await healthy();
    await breakIt(world.system.simulator, world);
    const { code: exit, bad } = await findings(world);
    // A rest that Okta has asked for is over by itself.
    const level = code === 'OKTA005' ? 'warning' : 'failure';
    expect(bad).toContainEqual(expect.objectContaining({ link, code, level, mend: expect.any(String) }));
    expect(exit).toBe(level === 'failure' ? 2 : 1);
    expect(bad.filter((one) => one.code === code)).toHaveLength(1);
  });

  it('shows each where the practise table says', () => {
    const practise = sectionsOf(readDocument('docs/operations.md'), 2).get('Practise: cause each error') ?? '';
    const table = new Map(tableRows(practise).map((row) => [row[0], row[3] ?? 'nowhere']));
    // A few errors of Okta are over when doctor asks: then the last rebuild tells of them.
    const told = breakages.filter(([, , , code]) => code !== 'ZONE003');
    expect(told.filter(([, , link, code]) => !link.startsWith(table.get(code) ?? ''))).toEqual([]);
  });

  it('finds stored rows that cannot be used', async () => {
    const world = await healthy();
    const row = { acl: ACL, item: 'GRANT#10.0.0.1#', ip: '10.0.0.1', [TABLE.expiryAttribute]: Date.now() + 3_600_000 };
    await world.system.functions.table.write([{ put: row }, { put: { ...row, item: 'GRANT#10.0.0.2#' } }]);
    const { bad, code } = await findings(world);
    const rows = { link: `stored rows (${ACL})`, level: 'warning', code: 'STORE002' };
    expect(bad).toEqual([expect.objectContaining(rows)]);
    expect(bad[0]?.detail).toMatch(/^GRANT#10\.0\.0\.1#: .+, and 1 more /);
    expect(code).toBe(1);
  });

  it.each<[string, string, (okta: Okta) => unknown, (okta: Okta) => unknown]>([
    ['OKTA001', 'a token', (okta) => okta.revokeToken(TOKEN), (okta) => okta.setToken(TOKEN, 'ORG_ADMIN')],
    [
      'ZONE004',
      'a zone',
      (okta) => okta.editZone(ZONE, { usage: 'BLOCKLIST' }),
      (okta) => okta.editZone(ZONE, { usage: 'POLICY' }),
    ],
  ])(
    'tells %s once after a rebuild has met it too, and once %s is mended says that, and how to go on now',
    async (code, _, breakIt, mendIt) => {
      const world = await healthy();
      await breakIt(world.system.simulator);
      await world.run('verify');
      expect((await findings(world)).bad.map((one) => one.code)).toEqual([code]);
      await mendIt(world.system.simulator);
      const mended = await findings(world);
      const verify = expect.stringContaining(`npm run zone -- verify --acl ${ACL}`);
      const detail = expect.stringContaining('that is mended now');
      expect(mended.bad).toEqual([
        expect.objectContaining({ link: `last rebuild (${ACL})`, level: 'warning', code, detail, mend: verify }),
      ]);
      await world.run('verify');
      expect((await findings(world)).bad).toEqual([]);
    },
  );

  it('says of a list that nothing but a rebuild is missing, once its cause is mended', async () => {
    const world = await healthy();
    await world.system.simulator.revokeToken(TOKEN);
    await world.run(`grant --ip ${BOB} --wait`);
    await world.system.simulator.setToken(TOKEN, 'ORG_ADMIN');
    const { bad } = await findings(world);
    expect(bad.map(({ link, level }) => [link, level])).toEqual([
      [`list (${ACL})`, 'warning'],
      [`last rebuild (${ACL})`, 'warning'],
    ]);
    for (const { mend } of bad) expect(mend).toContain(`npm run zone -- verify --acl ${ACL}`);
  });

  it('says in the text what to do, and where the rest is written', async () => {
    const world = await healthy();
    await world.system.simulator.revokeToken(TOKEN);
    const { out } = await world.run('doctor');
    expect(out).toMatch(/✘ token accepted +OKTA001 /);
    expect(out).toMatch(/→ .*`npm run zone -- set-credentials`\. \(docs\/errors\.md#okta001\)/);
    expect(out).toMatch(/\n\d+ broken, \d+ to look at, \d+ in order\./);
  });

  it('asks Okta once, not for every ACL, when it refuses everything', async () => {
    const acls = { a: { zoneIds: ['nzoA'] }, b: { zoneIds: ['nzoB'] }, c: { zoneIds: ['nzoC'] } };
    const world = await CliWorld.start({ acls });
    await world.system.simulator.revokeToken(TOKEN);
    await findings(world);
    expect(await world.system.simulator.requests()).toHaveLength(1);
  });

  it('finds that IPs wait outside, and that a zone is nearly full', async () => {
    const full = await healthy({ gatewayLimit: 1 });
    await full.run(`grant --ip ${BOB} --wait`);
    const room = `room (${ACL})`;
    const outside = await findings(full);
    expect(outside.bad).toContainEqual(expect.objectContaining({ link: room, level: 'failure', code: 'ZONE005' }));
    expect(outside.code).toBe(2);

    const nearly = await healthy({ gatewayLimit: 1 });
    const close = await findings(nearly);
    expect(close.bad).toEqual([expect.objectContaining({ link: room, level: 'warning', code: 'ZONE005' })]);
    expect(close.code).toBe(1);
  });

  it('finds that somebody else has changed the list', async () => {
    const world = await healthy();
    await world.system.simulator.editZone(ZONE, { gateways: [{ type: 'CIDR', value: `${BOB}/32` }] });
    const { bad, code } = await findings(world);
    expect(bad).toEqual([expect.objectContaining({ link: `list (${ACL})`, level: 'warning', code: 'ZONE007' })]);
    expect(bad[0]?.detail).toContain('lacks 1 and has 1 too many');
    expect(code).toBe(1);
  });

  it('reads a zone that differs no more often after Ctrl-C', async () => {
    const world = await healthy();
    await world.system.simulator.editZone(ZONE, { gateways: [{ type: 'CIDR', value: `${BOB}/32` }] });
    const stop = new AbortController();
    const clock = { now: () => Date.now(), sleep: async () => stop.abort() };
    const readings: string[] = [];
    const http: HttpClient = async (request) => {
      if (request.url.endsWith(ZONE)) readings.push(request.method);
      return fetchHttp(request);
    };
    const { out, code } = await world.run('doctor', {}, { clock, http, stop: stop.signal });
    expect(readings).toEqual(['GET']);
    expect(out).toContain('lacks 1 and has 1 too many');
    expect(code).toBe(130);
  });

  it('finds what only a write brought to light', async () => {
    const world = await healthy();
    await world.system.simulator.addFault({ count: 9, method: 'PUT', zoneId: ZONE, fault: { status: 403 } });
    await world.run(`grant --ip ${BOB} --wait`);
    const { bad, code } = await findings(world);
    expect(bad).toContainEqual(expect.objectContaining({ link: `last rebuild (${ACL})`, code: 'OKTA002' }));
    expect(code).toBe(2);
  });

  it('finds that a zone holds others’ entries, before the first event and after it, and how to go on', async () => {
    const world = await CliWorld.start({}, { gateways: ['9.9.9.9/32'] });
    const mend = expect.stringContaining(`npm run zone -- adopt --acl ${ACL} --zone ${ZONE}`);
    const link = `zone ${ZONE} (${ACL})`;
    const before = await findings(world);
    expect(before.bad).toContainEqual(expect.objectContaining({ link, level: 'warning', code: 'ZONE008', mend }));
    await world.run(`grant --ip ${ALICE} --for 1h --wait`);
    const after = await findings(world);
    expect(after.bad).toEqual([expect.objectContaining({ link, level: 'failure', code: 'ZONE008', mend })]);
  });

  it('names each zone in trouble, once, and checks the others', async () => {
    const [second, third] = ['nzo1abcdefGHIJKLM0h8', 'nzo1abcdefGHIJKLM0h9'];
    const world = await CliWorld.start({ acls: { [ACL]: { zoneIds: [ZONE, second, third] } }, gatewayLimit: 2 });
    const { simulator } = world.system;
    for (const id of [second, third]) await simulator.seedZone(id, { gateways: ['192.0.2.0/32'] });
    await world.grant(ALICE);
    await simulator.editZone(second, { status: 'INACTIVE' });
    await simulator.removeZone(third);
    await world.run('verify');
    const { all, bad } = await findings(world);
    expect(bad.map(({ link, code }) => [link, code])).toEqual([
      [`zone ${second} (${ACL})`, 'ZONE004'],
      [`zone ${third} (${ACL})`, 'ZONE001'],
    ]);
    const details = new Map(all.map(({ link, detail }) => [link, detail]));
    expect(details.get(`room (${ACL})`)).toBe('1 of 2 gateways');
    expect(details.get(`list (${ACL})`)).toBe('equal to the live grants');
  });

  it('names a zone that was in trouble also when Okta can’t be asked now', async () => {
    const world = await healthy();
    await world.system.simulator.editZone(ZONE, { usage: 'BLOCKLIST' });
    await world.run('verify');
    await world.system.simulator.revokeToken(TOKEN);
    const { bad } = await findings(world);
    expect(bad.map(({ link, code }) => [link, code])).toEqual([
      ['token accepted', 'OKTA001'],
      [`zone ${ZONE} (${ACL})`, 'ZONE004'],
    ]);
  });

  it('finds that the schedule is off', async () => {
    const world = await healthy();
    world.system.functions.scheduleIsDead = true;
    const { bad, code } = await findings(world);
    expect(bad).toEqual([expect.objectContaining({ link: 'schedule', level: 'failure' })]);
    expect(code).toBe(2);
  });

  it('finds that the webhook does not answer, or is another', async () => {
    const world = await healthy();
    const target = await world.target();
    const asked = async (url: string) => {
      const at = async () => ({ ...target, webhook: { ...target.webhook, url } });
      const { code, out } = await typed('doctor --json', at);
      const { findings: found }: { findings: Finding[] } = JSON.parse(out);
      return { code, webhook: found.find(({ link }) => link === 'webhook') };
    };
    expect(await asked('http://127.0.0.1:9/webhook')).toMatchObject({ code: 2, webhook: { level: 'failure' } });
    const other = await asked(`${world.system.simulatorUrl}/webhook`);
    expect(other).toMatchObject({
      code: 2,
      webhook: { level: 'failure', detail: expect.stringContaining('not as the webhook does') },
    });
  });

  it('leaves no error in the log of the run', async () => {
    const world = await healthy();
    const before = (await world.system.logs()).length;
    await findings(world);
    const lines = (await world.system.logs()).slice(before);
    expect(lines.filter(({ code }) => code !== undefined)).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'ping answered', acl: ACL }));
  });

  it('finds that events are refused and none is accepted, with the code and what to do', async () => {
    const world = await CliWorld.start();
    const { webhookUrl } = world.system;
    const webhookSecret = Buffer.alloc(33, 'x').toString('base64');
    const event = { type: 'access.granted', timestamp: new Date().toISOString(), data: { acl: ACL, ip: ALICE } };
    for (let n = 0; n < 6; n += 1) {
      await sendEvent({ webhookUrl, webhookSecret }, event, { id: `wrong-${n}`, now: Date.now() });
    }
    const { bad, code } = await findings(world);
    expect(code).toBe(2);
    expect(bad).toContainEqual(
      expect.objectContaining({
        ...{ link: 'events', level: 'failure', code: 'HOOK001', mend: expect.stringContaining('Compare the key') },
        detail: expect.stringContaining('refused in the last 1 h: HOOK001 6'),
      }),
    );
    const { out } = await world.run('status');
    expect(out).toContain('events  refused, and none is accepted: ');
    const { events } = await world.json('status');
    expect(events).toMatchObject({ accepted: 0, refused: [{ code: 'HOOK001', count: 6 }], waiting: 0 });
  });

  it('finds that events are accepted and not applied, which the zones do not show', async () => {
    const world = await healthy();
    const { functions } = world.system;
    const { write } = functions.table;
    functions.table.write = async () => Promise.reject(new Error('no right to write'));
    await world.run(`grant --ip ${BOB}`);
    const clock = { now: () => Date.now() + 121_000, sleep: async () => {} };
    const { out, code } = await world.run('doctor', {}, { clock });
    expect(code).toBe(2);
    expect(out).toMatch(/✘ events +accepted, and not applied: .*1 waits, for 2 min/);
    const status = await world.run('status', {}, { clock });
    expect(status.out).toContain(`${ACL}  the zone is right`);
    expect(status.out).toMatch(/^events {2}accepted, and not applied: .*1 waits, for 2 min/m);
    functions.table.write = write;
  });

  it('tells a clock of this machine that is wrong from a webhook that is', async () => {
    const world = await healthy();
    const clock = { now: () => Date.now() - 600_000, sleep: async () => {} };
    const { out, code } = await world.run('doctor', {}, { clock });
    expect(out).toMatch(/! webhook +HOOK002 .*knows the key, but not this machine's time: .*6\d\d s behind/);
    // The rest is judged by the webhook's clock.
    expect(out).toContain('0 broken, 1 to look at');
    expect(code).toBe(1);
  });

  it('says so where the API takes no requests from this machine', async () => {
    const world = await healthy();
    const target = await world.target();
    const server = createServer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const there = { ...target, webhook: { ...target.webhook, url: `http://127.0.0.1:${port}/webhook` } };
    const { code, out } = await typed('doctor --json', async () => there);
    const sent = await typed('grant --ip 203.0.113.7', async () => there);
    server.close();
    const { findings: found }: { findings: Finding[] } = JSON.parse(out);
    expect(code).toBe(1);
    expect(found.find(({ link }) => link === 'webhook')).toMatchObject({
      ...{ level: 'warning', detail: expect.stringContaining("this machine's address") },
      mend: expect.stringContaining('allowFrom'),
    });
    expect(sent).toMatchObject({ code: 2, out: expect.stringContaining('allowFrom') });
  });

  it('goes on where one link cannot be checked', async () => {
    const world = await healthy();
    const target = await world.target();
    const denied = async () => {
      throw Object.assign(new Error('not authorized to perform sqs:GetQueueAttributes'), { name: 'AccessDenied' });
    };
    const facts = { ...target.facts, deadLetters: denied };
    const { code, out } = await typed('doctor', async () => ({ ...target, facts }));
    expect(code).toBe(2);
    expect(out).toMatch(/✘ dead letters +it could not be checked: AWS does not allow it: .*sqs:GetQueueAttributes/);
    expect(out).toContain('docs/cli.md#rights');
    expect(out).toMatch(/· alarms/);
  });

  it('says which alarms are on where it may not see who has subscribed', async () => {
    const world = await healthy();
    const target = await world.target();
    const alarmTopics = async () => {
      throw Object.assign(new Error('not authorized to perform sns:ListSubscriptionsByTopic'), {
        name: 'AccessDenied',
      });
    };
    const alarmsOn = async () => [{ name: 'KnocknocOkta-HOOK004', description: '' }];
    const facts = { ...target.facts, alarmTopics, alarmsOn };
    const { out } = await typed('doctor', async () => ({ ...target, facts }));
    expect(out).toMatch(/✘ alarms +it could not be checked: .*sns:ListSubscriptionsByTopic/);
    expect(out).toMatch(/! alarms +HOOK004 KnocknocOkta-HOOK004 is on/);
  });

  it('changes nothing: not the table, not a secret, not the zone, also when all is broken', async () => {
    const world = await healthy();
    await world.system.simulator.editZone(ZONE, { gateways: [{ type: 'CIDR', value: `${BOB}/32` }] });
    const { functions, oktaCredentialsSecret, webhookSecretStore, simulator } = world.system;
    const before = [
      functions.table.items(),
      oktaCredentialsSecret.text,
      webhookSecretStore.text,
      await world.gateways(),
    ];
    const calls = (await simulator.requests()).length;
    await findings(world);
    await simulator.addFault({ count: 1, fault: { rateLimit: { resetInSeconds: 30 } } });
    await findings(world);
    expect([
      functions.table.items(),
      oktaCredentialsSecret.text,
      webhookSecretStore.text,
      await world.gateways(),
    ]).toEqual(before);
    const made = (await simulator.requests()).slice(calls);
    expect(made.length).toBeGreaterThan(1);
    expect(made.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('shows no secret', async () => {
    const world = await healthy();
    const { out, notes } = await world.run('doctor --json');
    expect(out + notes).not.toContain(TOKEN);
    expect(out + notes).not.toContain(world.system.webhookSecret);
  });
});

describe.concurrent('doctor, of the policies', () => {
  const rule = (name: string, priority: number, access: string, network?: object, status = 'ACTIVE') => ({
    ...{ name, priority, status, actions: { appSignOn: { access } } },
    conditions: network ? { network: { connection: 'ZONE', ...network } } : null,
  });
  const FROM_ZONE = rule('From the zone', 1, 'ALLOW', { include: [ZONE] });
  const DENY_REST = rule('Catch-all Rule', 99, 'DENY');
  const OF = `policies (${ACL})`;

  it.each<[string, (okta: Okta) => unknown, Finding['level'], string]>([
    ['nothing refers to the zone', () => {}, 'failure', 'protects nothing'],
    [
      'the catch-all lets everybody in',
      (okta) => policy(okta, [FROM_ZONE, rule('Catch-all Rule', 99, 'ALLOW')]),
      'warning',
      'rule "Catch-all Rule" of policy "App" lets everybody in from anywhere',
    ],
    [
      'the rule denies all but the zone',
      (okta) => policy(okta, [rule('Out', 1, 'DENY', { exclude: [ZONE] }), rule('All', 2, 'ALLOW')]),
      'ok',
      'decides in "App"',
    ],
    [
      'the rule is switched off',
      (okta) => policy(okta, [rule('Off', 1, 'ALLOW', { include: [ZONE] }, 'INACTIVE'), DENY_REST]),
      'warning',
      'never takes effect',
    ],
    [
      'the policy is switched off',
      (okta) => policy(okta, [FROM_ZONE, DENY_REST], { status: 'INACTIVE' }),
      'warning',
      'never takes effect',
    ],
    [
      'a policy of passwords alone refers to it',
      (okta) => policy(okta, [FROM_ZONE], { type: 'PASSWORD' }),
      'failure',
      'protects nothing',
    ],
    [
      'a session policy refers to it',
      (okta) => policy(okta, [FROM_ZONE, DENY_REST], { type: 'OKTA_SIGN_ON' }),
      'ok',
      'decides',
    ],
    [
      'rules have fields and words that nobody knows',
      (okta) =>
        policy(okta, [
          { ...FROM_ZONE, conditions: { network: { connection: 'ZONE', include: [ZONE, 'ALL_ZONES', 7] }, new: {} } },
          DENY_REST,
          {},
        ]),
      'ok',
      'decides',
    ],
    [
      'the zone is denied, as everything else',
      (okta) => policy(okta, [rule('Out', 1, 'DENY', { include: [ZONE] }), DENY_REST]),
      'failure',
      'lets nobody in by policy "App", which refers to it: rule "Out" turns them away',
    ],
    [
      'a session policy leaves the rest to the default policy',
      async (okta) => {
        await policy(okta, [FROM_ZONE], { type: 'OKTA_SIGN_ON' });
        const last = { type: 'OKTA_SIGN_ON', name: 'Default Policy', system: true, priority: 9 };
        await okta.setPolicy('rstDEFAULT', { ...last, rules: [rule('Default Rule', 1, 'ALLOW')] });
      },
      'warning',
      'rule "Default Rule" of policy "Default Policy" lets everybody in from anywhere',
    ],
    [
      'a rule lets managed devices in from anywhere',
      (okta) => {
        const device = { ...rule('Laptops', 2, 'ALLOW'), conditions: { device: { managed: true } } };
        return policy(okta, [FROM_ZONE, device, DENY_REST]);
      },
      'warning',
      'rule "Laptops" of policy "App" lets whoever meets its other conditions in from anywhere',
    ],
    [
      'an expression names the zone',
      (okta) => policy(okta, [{ ...DENY_REST, conditions: { elCondition: { condition: `zone == "${ZONE}"` } } }]),
      'warning',
      'expression',
    ],
    [
      'Okta forbids to read policies',
      (okta) => okta.addFault({ skip: 1, count: 9, fault: { status: 403 } }),
      'skipped',
      'not known: Okta answered 403',
    ],
    [
      'Okta refuses in the middle',
      (okta) => okta.addFault({ skip: 2, count: 9, fault: { rateLimit: { resetInSeconds: 30 } } }),
      'skipped',
      'not known: Okta answered 429',
    ],
    ['little is left of the quota', (okta) => okta.setRateLimit({ remaining: 200 }), 'skipped', 'to spare Okta'],
  ])('where %s', async (_, prepare, level, text) => {
    const world = await healthy();
    if (level !== 'skipped') await world.system.simulator.removePolicy(`rst${ZONE}`);
    await prepare(world.system.simulator);
    const { all } = await findings(world);
    expect(all.filter(({ link }) => link === OF)).toEqual([
      expect.objectContaining({ level, detail: expect.stringContaining(text) }),
    ]);
  });

  it('says nothing of the token, whatever Okta quotes when it forbids to read policies', async () => {
    const world = await healthy();
    const text = JSON.stringify({ errorCode: 'E0000006', errorSummary: `SSWS ${TOKEN} may not` });
    await world.system.simulator.addFault({ skip: 1, count: 9, fault: { status: 403, text } });
    const { all } = await findings(world);
    const [found] = all.filter(({ link }) => link === OF);
    expect(found).toMatchObject({ level: 'skipped', detail: expect.stringContaining('[secret]') });
    expect(JSON.stringify(all)).not.toContain(TOKEN);
  });

  it.each([
    [{ status: 403 }, 'grant okta.policies.read'],
    [{ rateLimit: { resetInSeconds: 30 } }, 'ask again in a minute'],
    [{ status: 400 }, 'Okta Classic'],
  ])('advises what helps where they are not known: %j', async (fault, advice) => {
    const world = await healthy();
    await world.system.simulator.addFault({ skip: 1, count: 9, fault });
    const { all } = await findings(world);
    expect(all.find(({ link }) => link === OF)?.detail).toContain(advice);
  });

  it('says of a zone that nobody can be let in by that policies do not matter', async () => {
    const world = await healthy();
    await world.system.simulator.editZone(ZONE, { status: 'INACTIVE' });
    const { all } = await findings(world);
    expect(all.filter(({ link }) => link === OF)).toMatchObject([
      { level: 'skipped', detail: expect.stringContaining('lets nobody in, whatever policies say: it is INACTIVE') },
    ]);
  });

  it('names the zone that a rule lacks', async () => {
    const world = await healthy({ acls: { [ACL]: { zoneIds: [ZONE, 'nzo2abcdefGHIJKLM0h7'] } } });
    await world.system.simulator.seedZone('nzo2abcdefGHIJKLM0h7', { gateways: ['192.0.2.0/32'] });
    await policy(world.system.simulator, [FROM_ZONE, DENY_REST]);
    const { bad } = await findings(world);
    expect(bad.filter(({ link }) => link === OF).map(({ detail }) => detail)).toEqual([
      expect.stringContaining('nzo2abcdefGHIJKLM0h7: it protects nothing'),
      expect.stringContaining('lacks nzo2abcdefGHIJKLM0h7: whoever overflows into it is not let in'),
    ]);
  });

  function policy(okta: Okta, rules: readonly object[], more: object = {}) {
    return okta.setPolicy(`rst${ZONE}`, { type: 'ACCESS_POLICY', name: 'App', rules: rules as never, ...more });
  }
});
