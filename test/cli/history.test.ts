import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../cli/flow.ts';
import { cloudWatchRecord, type LogRecord } from '../../cli/log-record.ts';
import type { Target } from '../../cli/target.ts';
import { NOW } from '../helpers/events.ts';
import { startFakeAws } from '../helpers/fake-aws.ts';
import { ACL, ALICE, BOB, CliWorld } from './cli-world.ts';
import type { FakeTerminal } from './fake-terminal.ts';
import { typed } from './typed.ts';

const HOUR = 3_600_000;
const BOBS = { acl: ACL, ip: BOB, user: 'bob@example.com', grantId: 's-1' };
const ALICES = { acl: ACL, ip: ALICE, user: 'alice@example.com' };

function line(at: number, fields: object): LogLine {
  return { timestamp: new Date(at).toISOString(), ...fields };
}

/** A day in the life of an ACL, as its functions log it. */
const LINES: readonly LogLine[] = [
  line(NOW - 20 * HOUR, { action: 'event-accepted', webhookId: 'a', ...BOBS, sourceIp: '192.0.2.99', position: '1' }),
  line(NOW - 20 * HOUR + 1, { action: 'granted', webhookId: 'a', ...BOBS, expiresAt: NOW - 12 * HOUR, position: '1' }),
  // A process died at the wrong moment.
  line(NOW - 20 * HOUR + 9, { action: 'granted', webhookId: 'a', ...BOBS, expiresAt: NOW - 12 * HOUR, position: '1' }),
  line(NOW - 20 * HOUR + 500, {
    ...{ action: 'zone-updated', zoneId: 'nzo1', write: 4, acl: ACL, cause: 'events' },
    ...{ added: [`${BOB}/32`], removed: ['192.0.2.0/32'], changes: 2 },
  }),
  line(NOW - 19 * HOUR, { action: 'granted', webhookId: 'b', ...ALICES, expiresAt: NOW - 5 * HOUR, position: '2' }),
  line(NOW - 18 * HOUR, {
    action: 'event-accepted',
    webhookId: 'c',
    acl: ACL,
    ip: BOB,
    sentBy: 'arn:aws:iam::1:user/eve',
  }),
  line(NOW - 18 * HOUR + 1, { action: 'grant-ended', webhookId: 'c', ...BOBS, cause: 'access.revoked' }),
  line(NOW - 18 * HOUR + 2, { action: 'revoked', webhookId: 'c', acl: ACL, ip: BOB, ended: 1, position: '3' }),
  line(NOW - 18 * HOUR + 600, {
    ...{ action: 'zone-updated', zoneId: 'nzo1', write: 5, acl: ACL, cause: 'events' },
    ...{ added: [`${ALICE}/32`], removed: [`${BOB}/32`], changes: 2 },
  }),
  ...[1, 2, 3].map((n) =>
    line(NOW - 4 * HOUR + n, { code: 'HOOK005', detail: 'the IP is private', ...BOBS, ip: '10.0.0.1' }),
  ),
  line(NOW - 3 * HOUR, { code: 'OKTA005', detail: 'later', acl: ACL }),
  line(NOW - 2 * HOUR, { code: 'OKTA005', detail: 'again later', acl: ACL }),
  line(NOW - HOUR, { code: 'ZONE003', detail: 'of another', acl: 'lab' }),
];

function recordOf(lines: readonly LogLine[]): LogRecord {
  const within = (since: number, until: number) => (one: LogLine) => {
    const at = Date.parse(String(one.timestamp));
    return at >= since && at <= until;
  };
  return {
    deployedAt: NOW - 10 * HOUR,
    lines: async (since, until) => ({ since, lines: lines.filter(within(since, until)) }),
  };
}

describe('history', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.start();
  });
  const asked = async (
    args: string,
    person: Partial<FakeTerminal> = {},
    lines = LINES,
    about: Partial<Target> = {},
  ) => {
    const target = { ...(await world.target()), record: recordOf(lines), ...about };
    const clock = { now: () => NOW, sleep: async () => {} };
    return typed(`history ${args}`, async () => target, person, { clock });
  };
  const json = async (args: string) => JSON.parse((await asked(`${args} --json`)).out);

  it('tells why somebody is not in: each thing once, with who ended it, and the first step', async () => {
    const { code, out } = await asked('--user BOB@example.com');
    expect(code).toBe(0);
    const [, heading, ...rows] = out.split('\n');
    expect(heading).toMatch(/^UTC +WHAT +PERSON +IP$/);
    expect(rows.slice(0, 8).map((row) => row.slice(22).replace(/ {2,}/g, '  '))).toEqual([
      'granted  bob@example.com  198.51.100.23  until 2026-11-24 06:00:00Z, grant s-1, from 192.0.2.99',
      'zone  -  -  zone nzo1: +198.51.100.23/32 -192.0.2.0/32, because of events',
      'ended  bob@example.com  198.51.100.23  by a revoke of the whole IP, grant s-1',
      'revoked  -  198.51.100.23  all on the IP: 1 ended, by arn:aws:iam::1:user/eve',
      'zone  -  -  zone nzo1: +203.0.113.7/32 -198.51.100.23/32, because of events',
      'refused  bob@example.com  10.0.0.1  HOOK005: the IP is private, grant s-1, 3 times, until 2026-11-24 14:00:00Z',
      'failed  -  -  OKTA005: later, 2 times, until 2026-11-24 16:00:00Z',
      '',
    ]);
    expect(out).toContain('→ HOOK005: ');
    expect(out.match(/→ OKTA005/g)).toHaveLength(1);
    expect(out).not.toContain('ZONE003');
    expect(out).toContain('BOB@example.com is not in: an event was refused with HOOK005, 4 h ago');
  });

  it.each([
    ['20 h ago nobody', NOW - 20 * HOUR - 1, []],
    ['then bob', NOW - 20 * HOUR + 600, [[BOB, NOW - 20 * HOUR + 500]]],
    [
      'bob and alice, who is not in the zone yet',
      NOW - 18 * HOUR - 1,
      [
        [BOB, NOW - 20 * HOUR + 500],
        [ALICE, undefined],
      ],
    ],
    ['alice, once bob’s IP is revoked', NOW - 18 * HOUR + 700, [[ALICE, NOW - 18 * HOUR + 600]]],
    ['nobody, once her grant is over', NOW - 5 * HOUR, []],
  ])('tells who was in: %s', async (_, at, who) => {
    const told = await json(`--at ${new Date(at).toISOString()}`);
    expect(told.in.map(({ ip, inZoneSince }: Record<string, string>) => [ip, inZoneSince])).toEqual(
      who.map(([ip, since]) => [ip, since === undefined ? undefined : new Date(Number(since)).toISOString()]),
    );
  });

  it('tells who was in for a person, in UTC and on the local clock', async () => {
    const { out } = await asked('--at yesterday-23:30', { timeZone: 'Europe/Berlin' });
    expect(out).toContain('1 in at 2026-11-23 22:30:00Z (23:30:00 CET)');
    expect(out).toMatch(/bob@example\.com +198\.51\.100\.23 +okta-prod +2026-11-23 22:00:00Z +2026-11-23 22:00:00Z/);
    expect((await asked('--since 2h', { timeZone: 'Europe/Berlin' })).out).toContain('LOCAL');
  });

  it('tells what happened since the last deploy, and counts it', async () => {
    const { counts, since } = await json('--since deploy');
    expect(since).toBe(new Date(NOW - 10 * HOUR).toISOString());
    expect(counts).toEqual({ refused: 3, failed: 3 });
    expect((await json('--since deploy --acl okta-prod')).counts).toEqual({ refused: 3, failed: 2 });
  });

  it('says so where nothing is told of somebody', async () => {
    const { out } = await asked('--user carol@example.com');
    expect(out).toContain('nothing is told\ncarol@example.com is not in: nothing was sent for them in this time');
  });

  it('says that somebody is in', async () => {
    const lines = [...LINES, line(NOW - 60_000, { action: 'granted', webhookId: 'z', ...BOBS, expiresAt: NOW + HOUR })];
    expect((await asked('--user bob@example.com', {}, lines)).out).toContain(
      'has a grant, and no zone is known to have',
    );
    const zone = { action: 'zone-updated', zoneId: 'nzo1', write: 9, acl: ACL, added: [`${BOB}/32`], removed: [] };
    const { out } = await asked('--user bob@example.com', {}, [...lines, line(NOW - 59_000, zone)]);
    expect(out).toContain('bob@example.com is in: 198.51.100.23, until 2026-11-24 19:00:00Z');
  });

  describe('of somebody whose grant is over', () => {
    const came = [
      line(NOW - HOUR, { action: 'granted', webhookId: 'z', ...BOBS, expiresAt: NOW - HOUR / 2 }),
      line(NOW - HOUR + 1, { action: 'zone-updated', zoneId: 'nzo1', write: 9, acl: ACL, added: [`${BOB}/32`] }),
    ];
    const gone = line(NOW - HOUR / 4, {
      action: 'zone-updated',
      zoneId: 'nzo1',
      write: 10,
      acl: ACL,
      removed: [`${BOB}/32`],
    });
    const ended = line(NOW - HOUR / 3, { action: 'grant-ended', webhookId: 'y', position: '7', by: 'revoke', ...BOBS });
    const verdict = async (lines: typeof LINES, choice = '--user bob@example.com') =>
      JSON.parse((await asked(`${choice} --json`, {}, lines)).out).verdict;

    it('says that a zone is still known to have them', async () => {
      expect(await verdict([...came, ended])).toBe(
        'bob@example.com has no grant (a grant was ended, 20 min ago), and a zone is still known to have 198.51.100.23',
      );
      expect(await verdict([...came, ended, gone])).toBe('bob@example.com is not in: a grant was ended, 20 min ago');
    });

    it('says that somebody else has the same IP', async () => {
      const alices = { ...BOBS, user: 'alice@example.com', grantId: 's-9' };
      const other = line(NOW - HOUR, { action: 'granted', webhookId: 'x', ...alices, expiresAt: NOW + HOUR });
      expect(await verdict([...came, other, ended])).toContain('and another grant has 198.51.100.23');
    });

    it('blames no flush that was before the grant: it was over by itself', async () => {
      const flush = line(NOW - 2 * HOUR, { action: 'flushed', webhookId: 'w', acl: ACL, ended: 3 });
      const said = 'their grant was good until 2026-11-24 17:30:00Z';
      expect(await verdict([flush, ...came, gone])).toBe(`bob@example.com is not in: ${said}`);
      expect(await verdict([flush, ...came], `--ip ${BOB}`)).toContain(`${BOB} has no grant (${said}), and a zone`);
    });

    it('does not say that a zone has them where more was removed at once than a line names', async () => {
      const all = {
        action: 'zone-updated',
        zoneId: 'nzo1',
        write: 10,
        acl: ACL,
        removed: ['192.0.2.1/32'],
        changes: 148,
      };
      const flush = line(NOW - HOUR / 3, { action: 'grant-ended', webhookId: 'y', cause: 'access.flushed', ...BOBS });
      expect(await verdict([...came, flush, line(NOW - HOUR / 3 + 1, all)])).toBe(
        'bob@example.com is not in: a grant was ended, 20 min ago',
      );
    });

    it('says that an event for them was set aside', async () => {
      const waits = line(NOW - 60_000, { action: 'event-accepted', webhookId: 'v', ...BOBS });
      const aside = line(NOW - 50_000, { code: 'STORE002', detail: 'set aside', webhookId: 'v', acl: ACL });
      expect(await verdict([...came, gone, waits, aside])).toContain('and set aside with STORE002');
    });

    it('says that an event for them waits', async () => {
      const waits = line(NOW - 60_000, { action: 'event-accepted', webhookId: 'v', ...BOBS });
      expect(await verdict([...came, gone, waits])).toMatch(
        /^bob@example.com has no grant: an event was accepted 1 min ago and is not applied yet\. /,
      );
    });
  });

  describe('of somebody who came before what is shown', () => {
    const came = (at: number) => [
      line(at, { action: 'granted', webhookId: 'z', ...BOBS, expiresAt: NOW + HOUR }),
      line(at + 1, { action: 'zone-updated', zoneId: 'nzo1', write: 9, acl: ACL, added: [`${BOB}/32`] }),
    ];
    const grantsOfUpTo = async (maxGrantMinutes: number) => {
      const { config } = await world.target();
      const acls = Object.entries(config.acls).map(([name, acl]) => [name, { ...acl, maxGrantMinutes }]);
      return { ...config, acls: Object.fromEntries(acls) };
    };
    const IN = 'is in: 198.51.100.23, until 2026-11-24 19:00:00Z';

    it.each(['--since 2h', '--since deploy'])('says that they are in, with %s', async (since) => {
      const record = { ...recordOf(came(NOW - 3 * HOUR)), deployedAt: NOW - 2 * HOUR };
      const told = JSON.parse((await asked(`--user bob@example.com ${since} --json`, {}, [], { record })).out);
      expect(told).toMatchObject({ verdict: `bob@example.com ${IN}`, counts: {}, entries: [] });
      expect(told.since).toBe(new Date(NOW - 2 * HOUR).toISOString());
      const { out } = await asked(`--ip ${BOB} ${since}`, {}, [], { record });
      expect(out).toMatch(/^since 2026-11-24 16:00:00Z .*\nnothing is told\n198.51.100.23 is in/s);
    });

    it('says that they are in where a grant can live for more than a day', async () => {
      const about = { config: await grantsOfUpTo(43_200) };
      const { out } = await asked('--user bob@example.com', {}, came(NOW - 700 * HOUR), about);
      expect(out).toContain(`bob@example.com ${IN}`);
    });

    it.each([
      ['there is too much to read', 1440, 30, NOW - 2 * HOUR],
      ['lines are not kept for as long', 43_200, 7, NOW - 800 * HOUR],
    ])('does not say that they are not in where %s', async (_, maxGrantMinutes, logRetentionDays, since) => {
      const record = { deployedAt: NOW, lines: async () => ({ lines: [], since }) };
      const config = { ...(await grantsOfUpTo(maxGrantMinutes)), logRetentionDays };
      const { out } = await asked('--user bob@example.com', {}, [], { record, config });
      expect(out).toContain('whether bob@example.com is in is not known: the log that can be read does not go back');
      expect(out).not.toContain('is not in');
    });
  });

  it('has Okta’s reasons against a list, which the first step of ZONE002 asks for', async () => {
    const oktaCauses = ['gateways: 10.0.0.0/8 is not allowed'];
    const lines = [line(NOW - 1_000, { code: 'ZONE002', detail: 'Okta rejected the update', acl: ACL, oktaCauses })];
    expect((await asked('', { width: 200 }, lines)).out).toContain(`Okta rejected the update, ${oktaCauses[0]}`);
    expect(JSON.parse((await asked('--json', {}, lines)).out).entries).toMatchObject([{ oktaCauses }]);
  });

  it('fits the terminal, and shows nothing that could steer it', async () => {
    const user = `mallory\u001b[2J${'x'.repeat(300)}`;
    const lines = [line(NOW - 1_000, { code: 'HOOK005', detail: 'y'.repeat(300), ...BOBS, user })];
    const { out } = await asked('', { width: 130 }, lines);
    const [, , row = ''] = out.split('\n');
    expect(row).toContain('mallory�[2J');
    expect(row.length).toBeLessThanOrEqual(130);
    expect(row).toMatch(/…$/);
  });

  it.each(['--at tomorrow', '--at 25:61', '--since 2031-01-01T00:00Z', '--at 08:00 --since 2h', '--ip nonsense'])(
    'takes no %s',
    async (args) => {
      expect(await asked(args)).toMatchObject({ code: 64, out: '' });
    },
  );

  it('has the same of a local run, the refused ones for whom they were', async () => {
    await world.grant(ALICE, '--user alice@example.com');
    await world.run(`grant --acl ${ACL} --ip 10.1.2.3 --user alice@example.com`);
    await world.run(`revoke --acl ${ACL} --ip ${ALICE} --wait`);
    const { entries, verdict } = await world.json('history --user alice@example.com --since deploy');
    const kinds = (entries as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'zone')).toEqual(['granted', 'refused', 'ended', 'revoked']);
    expect(verdict).toMatch(/^alice@example.com is not in: a grant was (ended|revoked), \d+ s ago$/);
  });
});

describe('the record in CloudWatch Logs', () => {
  let aws: Awaited<ReturnType<typeof startFakeAws>>;
  const flood = NOW - 7 * HOUR;
  beforeAll(async () => {
    aws = await startFakeAws(({ input }) => {
      const events = [{ message: JSON.stringify(line(Number(input.startTime), { action: 'granted' })) }];
      const isFlood = Number(input.startTime) <= flood && Number(input.endTime) >= flood;
      return { body: { events, ...(isFlood && { nextToken: 'more' }) } };
    });
  });
  afterAll(() => aws.close());
  const record = () => {
    const settings = {
      endpoint: aws.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    return cloudWatchRecord(new CloudWatchLogsClient(settings), ['one', 'two'], NOW);
  };

  it('is read from each group, the newest part first, each line once', async () => {
    const { lines, since } = await record().lines(NOW - 6 * HOUR, NOW);
    expect(since).toBe(NOW - 6 * HOUR);
    expect(lines).toHaveLength(4);
    const asked = aws.calls.map(({ input }) => [Number(input.startTime), Number(input.endTime)]);
    expect(asked[0]).toEqual([NOW - 6 * HOUR + 1, NOW]);
    expect(asked.at(-1)).toEqual([NOW - 6 * HOUR, NOW - 6 * HOUR]);
  });

  it('ends where there is more than anybody waits for, and says since when it tells', async () => {
    const { lines, since } = await record().lines(NOW - 24 * HOUR, NOW);
    expect(since).toBe(NOW - 6 * HOUR);
    expect(lines).toHaveLength(2);
  });
});
