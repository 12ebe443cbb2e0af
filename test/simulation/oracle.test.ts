import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KIND } from './kind-plan.ts';
import { makePlan } from './make-plan.ts';
import type { EventAction, Plan } from './plan.ts';
import { runSchedule } from './run-schedule.ts';

/** What judges, and all that it may look at: Okta, the calls to it, the events, the configuration, the clock. */
const JUDGES = [
  ...['bounds', 'deployment', 'gateways', 'inside', 'model', 'monitor', 'moves', 'put-check', 'quota-check'],
  ...['rest-times', 'violation', 'zone-check', 'confirmed', 'last-shown', 'lists/list-check'],
];

const login = (at: number, ip: string, webhookId: string): EventAction & { readonly at: number } => ({
  ...{ at, do: 'event', type: 'access.granted', webhookId, acl: 'acl-1', ip, ageMs: 0, durationSeconds: 3_600 },
});

/** A schedule in which only this goes wrong. */
function planOf(changes: Partial<Plan>): Plan {
  const zoneIds = ['zone-1-1', 'zone-1-2'];
  const acls = [{ name: 'acl-1', zoneIds, always: [] }];
  return {
    ...{ seed: 1, weather: 'good', actionMs: 30_000, oneShard: true, slow: false, oktaMs: [20, 120], ...KIND },
    ...{ world: 'unkind', rates: {}, actions: [] },
    deployment: { acls, sentinel: '192.0.2.0/32', gatewayLimit: 150, verifyMinutes: 5 },
    ...changes,
  };
}

/** The table does not take these messages of the queue until so many events are set aside. It says how many were. */
async function runWithLetters(changes: Partial<Plan>, most: number, messages: readonly string[]) {
  let letters = 0;
  const queue = { ...KIND.queue, visibilityMs: 2_000 };
  const { violations } = await runSchedule(planOf({ ...changes, queue, codes: ['STORE001'] }), {
    table: (table, name) => ({
      ...table,
      write: (writes) => {
        const text = JSON.stringify(writes);
        const isOut = letters < most && messages.some((message) => text.includes(`"${message}"`));
        if (name === 'grants' && isOut) throw new Error('the table does not answer');
        return table.write(writes);
      },
    }),
    telemetry: (telemetry) => ({
      ...telemetry,
      error: (code, detail, fields) => {
        if (detail.includes('dead-letter queue')) letters += 1;
        telemetry.error(code, detail, fields);
      },
    }),
  });
  return { violations, letters };
}

describe('what judges the schedules', () => {
  it.each(JUDGES)('reads nothing that the code under test has stored: %s', (name) => {
    const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
    const imported = [...source.matchAll(/^import .* from '([^']+)';$/gm)].map(([, path = '']) => path);
    const forbidden = ['lib/zones/', 'lib/expiry/', 'lib/grants/grant', 'memory-table', 'table-weather', './world'];
    expect(imported.filter((path) => forbidden.some((part) => path.includes(part)))).toEqual([]);
  });

  it('blames nobody for whom an administrator has put out by closing a zone while it was written', async () => {
    for (const seed of [39, 45, 46]) {
      const { violations } = await runSchedule(
        planOf({
          seed,
          rates: { 'other status in an answer': 0.5 },
          codes: ['ZONE004', 'ZONE007'],
          actions: [login(1_000, '203.0.113.5', 'first'), login(9_000, '203.0.113.7', 'second')],
        }),
      );
      expect(violations).toEqual([]);
    }
  });

  it('knows whose a zone is whose list was exchanged for others’ before the answer to its first write', async () => {
    const { violations } = await runSchedule(
      planOf({
        ...{ oktaMs: [2_000, 2_000], oddZones: { 'zone-1-1': 'foreign' }, codes: ['ZONE007', 'ZONE008'] },
        actions: [login(1_000, '203.0.113.5', 'first'), { at: 6_500, do: 'turn lists round' }],
      }),
    );
    expect(violations).toEqual([]);
  });

  it('blames nobody where two versions that are both at work give a zone to one ACL each', async () => {
    const moved = (zones: readonly [string, string]) => ({
      ...{ sentinel: '192.0.2.0/32', gatewayLimit: 150, verifyMinutes: 5 },
      acls: zones.map((zone, index) => ({ name: `acl-${index + 1}`, zoneIds: [zone], always: [] })),
    });
    const [before, after] = [moved(['zone-1-1', 'zone-2-1']), moved(['zone-2-1', 'zone-1-1'])];
    for (const seed of [1, 2, 3, 8, 11]) {
      const { violations } = await runSchedule(
        planOf({
          ...{ seed, weather: 'storm', deployment: before, deployMs: 15_000 },
          actions: [
            login(1_000, '203.0.113.5', 'first'),
            { ...login(1_500, '203.0.113.6', 'other'), acl: 'acl-2' },
            { at: 5_000, do: 'redeploy', deployment: after, change: 'zone moved' },
            ...[8, 12, 16, 20, 24].flatMap((second) => [
              login(second * 1000, `203.0.113.${second}`, `at-${second}`),
              { ...login(second * 1000 + 1_700, `203.0.113.${second}`, `at-${second}b`), acl: 'acl-2' },
            ]),
          ],
        }),
      );
      expect(violations).toEqual([]);
    }
  });

  it('blames nobody for a zone that others’ entries came into before its first write could be remembered', async () => {
    const { violations, counts } = await runSchedule(makePlan(9_301_954, { world: 'unkind' }));
    expect(counts['lists turned round']).toBe(1);
    expect(violations).toEqual([]);
  });

  it('blames nobody for a revoke that is told as applied while Okta says that the zone is not there', async () => {
    const { violations, counts } = await runSchedule(makePlan(9_122_782, { world: 'unkind' }));
    expect(counts['404']).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  it('knows that a question to the table which is on its way for seconds is answered when it arrives', async () => {
    for (const seed of [95_055_036, 95_179_387, 95_453_998]) {
      const { violations, counts } = await runSchedule(makePlan(seed, { world: 'unkind' }));
      expect(counts['slow call']).toBeGreaterThan(0);
      expect(violations).toEqual([]);
    }
  });

  it('blames no write that Okta refused for whom an administrator put out meanwhile', async () => {
    const { violations, counts } = await runSchedule(makePlan(95_262_747, { world: 'unkind' }));
    expect(counts).toMatchObject({ 'admin wipes': 1, 'token expired in mid-pass': expect.any(Number) });
    expect(violations).toEqual([]);
  });

  it('blames nobody for a grant that was cut short by an event which the table has, though its message is still on the queue', async () => {
    const { violations, counts } = await runSchedule(makePlan(100_116_698, { world: 'unkind' }));
    expect(counts['frozen function']).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  it('blames nobody for whom an administrator took out of a zone that Okta has not shown since', async () => {
    for (const seed of [95_046_205, 95_277_504, 95_472_175]) {
      const { violations, counts } = await runSchedule(makePlan(seed, { world: 'unkind' }));
      expect(counts['admin wipes']).toBeGreaterThan(0);
      expect(violations).toEqual([]);
    }
  });

  it('takes five conflicts in a row, by chance, for no good weather', async () => {
    const { violations, counts } = await runSchedule(makePlan(115_213_881, { world: 'unkind' }));
    expect(counts['conflicts in a row']).toBe(1);
    expect(violations).toEqual([]);
  });

  it('blames nobody for writing a changed list once more where the table has failed just after the first time', async () => {
    const { violations, counts } = await runSchedule(makePlan(115_208_960, { world: 'unkind' }));
    expect(counts).toMatchObject({ 'table throttled': expect.any(Number), 'admin adds': expect.any(Number) });
    expect(violations).toEqual([]);
  });

  it('lets a run replace the list that was allowed when it asked, though an operator allows another one meanwhile', async () => {
    const { violations, counts } = await runSchedule(makePlan(115_377_153, { world: 'unkind' }));
    expect(counts['adopted by an operator']).toBeGreaterThan(1);
    expect(violations).toEqual([]);
  });

  it('takes a write for known that was announced before its item was read, where the zone is read after it', async () => {
    const { violations, counts } = await runSchedule(makePlan(95_472_841, { world: 'unkind' }));
    expect(counts['zone moved']).toBe(1);
    expect(violations).toEqual([]);
  });

  it('blames no flush for a neighbour in the same /64, who came after it', async () => {
    const { violations, counts } = await runSchedule(makePlan(92_001_834, { world: 'unkind' }));
    expect([counts.IPv6, violations]).toEqual([1, []]);
  });

  it('counts from the end of a deploy that waited for those before it', async () => {
    const { violations, counts } = await runSchedule(makePlan(92_012_671, { world: 'unkind' }));
    expect(counts['sentinel overlaps']).toBe(1);
    expect(violations).toEqual([]);
  });

  it('gives many events time that come again together, where every call may be slow', async () => {
    const plan = makePlan(91_035_277, { world: 'unkind' });
    expect([plan.slow, plan.actions.filter(({ do: what }) => what === 'event').length]).toEqual([true, 32]);
    expect((await runSchedule(plan)).violations).toEqual([]);
  });

  it('blames nobody for a grant that was cut short by an event which had been set aside, and came again', async () => {
    const first = { ...login(1_000, '203.0.113.5', 'first'), grantId: 'x' };
    const shorter = { ...login(30_000, '203.0.113.5', 'shorter'), grantId: 'x', durationSeconds: 60 };
    const again = { ...shorter, at: 75_000, ageMs: 45_000 };
    // It would hold the IP, and waits among the dead letters.
    const other = { ...login(29_000, '203.0.113.5', 'other'), grantId: 'y' };
    const actions = [first, other, shorter, again, { at: 91_000, do: 'redrive' } as const];
    const { violations, letters } = await runWithLetters({ actions, actionMs: 120_000 }, 2, ['message-2', 'message-3']);
    expect(letters).toBe(2);
    expect(violations).toEqual([]);
  });

  it('blames nobody for an event that was set aside after others had been put back, since somebody comes again', async () => {
    const actions = [login(1_000, '203.0.113.5', 'first'), { at: 5_000, do: 'redrive' } as const];
    const { violations, letters } = await runWithLetters({ actions }, 1, ['message-1']);
    expect(letters).toBe(1);
    // That the table refuses is no fault that the judge knows of.
    expect(violations.map(({ invariant }) => invariant)).toEqual(['3 in within time']);
  });

  it('tells of an event that was set aside once nothing goes wrong any more', async () => {
    const { violations } = await runSchedule(planOf({ actions: [login(1_000, '203.0.113.5', 'first')] }), {
      grantsHandler:
        () =>
        async ({ Records }) => ({
          batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
        }),
    });
    expect(violations.map(({ invariant }) => invariant)).toContain('nothing left behind');
  });

  it('tells of a zone that is not what it must be', async () => {
    const actions = [login(1_000, '203.0.113.5', 'first')];
    const { violations } = await runSchedule(planOf({ actions }), {
      timers: () => ({ send: async () => {} }),
      http: (http) => (request) => (request.method === 'GET' ? http(request) : http({ ...request, method: 'GET' })),
    });
    expect(violations.map(({ invariant }) => invariant)).toContain('3 in within time');
  });
});

describe('a list that an operator allowed before another one', () => {
  it('is not to be taken over when an administrator brings it back', async () => {
    const { violations, counts } = await runSchedule(makePlan(116_163_753, { world: 'unkind' }));
    expect(counts['adopted by an operator']).toBeGreaterThan(1);
    expect(violations).toEqual([]);
  });
});

describe('a zone that was not there for a moment', () => {
  it('is right in time though one tick comes too early and the next one late', async () => {
    const { violations, counts } = await runSchedule(makePlan(112_278_941, { world: 'unkind' }));
    expect(counts['404']).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });
});

describe('a zone that comes from another ACL', () => {
  it('is put right however slow Okta is: what a rebuild has read of it, the next one knows', async () => {
    const { violations, counts } = await runSchedule(makePlan(102_299_595, { world: 'unkind' }));
    expect(counts['zone moved']).toBe(1);
    expect(violations).toEqual([]);
  });
});

describe('what is always allowed', () => {
  it('stays in its full zone while a zone of which nothing is known may have room for others', async () => {
    const { violations, counts } = await runSchedule(makePlan(110_039_601, { world: 'unkind' }));
    expect(counts['full zones change places']).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });
});
