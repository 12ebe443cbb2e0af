import { describe, expect, it } from 'vitest';
import { TABLE } from '../../../lib/names.ts';
import { ScenarioError } from '../../../local/scenario/scenario-error.ts';
import { WEBHOOK_KEY } from '../../../local/scenario/world.ts';
import { ACL, ALICE, BOB, configuration, failedAt, granted, played, revoked, SENTINEL, ZONE } from './a-scenario.ts';

const OTHER_KEY = Buffer.alloc(33, 'other').toString('base64');
const has = (ip: string) => ({ zone: ZONE, has: ip });
const hasNot = (ip: string) => ({ zone: ZONE, hasNot: ip });
const login = { at: '0s', post: granted(ALICE) };
const edit = (body: Record<string, unknown>) => ({ okta: { request: `PATCH /control/zones/${ZONE}`, body } });
const fault = (body: Record<string, unknown>) => ({ okta: { request: 'POST /control/faults', body } });

/** Plays the steps, all of whose expectations must hold. */
async function holds(steps: readonly unknown[], changes: Record<string, unknown> = {}): Promise<void> {
  const { failures, timeline } = await played(steps, changes);
  expect(failures, timeline.join('\n')).toEqual([]);
}

describe('an expectation', () => {
  it('that holds is said to, and one that does not with which, when, expected and found', async () => {
    const result = await played([
      login,
      { at: '3s', expect: { zone: ZONE, gateways: [`${ALICE}/32`] } },
      { at: '4s', expect: { zone: ZONE, gateways: [SENTINEL, BOB] } },
    ]);
    expect(result.expectations).toBe(2);
    expect(result.failures).toEqual([
      {
        ...{ path: 'steps[2].expect.gateways', at: 4_000 },
        ...{ key: 'gateways', expected: `${SENTINEL}, ${BOB}`, found: `${ALICE}/32` },
      },
    ]);
    expect(result.timeline.join('\n')).toContain('✔ expected');
    expect(result.timeline.join('\n')).toContain('✘ expected');
  });

  it('with `until` must hold throughout, and fails at the moment at which it no longer does, once', async () => {
    const steps = [
      login,
      { at: '3s', expect: has(ALICE), until: '2m' },
      { at: '3s', expect: { ...has(ALICE), until: '30s' } },
      { at: '60s', ...edit({ gateways: [] }) },
      { at: '60s', ...edit({ gateways: [ALICE] }) },
    ];
    expect(failedAt(await played(steps))).toEqual([['steps[1].expect.has', 60_000]]);
  });

  it('with `until` sees what lasts for less than a call', async () => {
    const steps = [
      { at: '30s', expect: { nowhere: BOB }, until: '50s' },
      { at: '40s', ...edit({ gateways: [BOB] }) },
      { at: '41s', ...edit({ gateways: [] }) },
    ];
    expect(failedAt(await played(steps))).toEqual([['steps[0].expect.nowhere', 40_000]]);
  });

  it('with `until` makes the play go on until then', async () => {
    const steps = [
      { ...login, post: granted(ALICE, { durationSeconds: 600 }) },
      { at: '3s', expect: has(ALICE), until: '11m' },
    ];
    const [failure] = failedAt(await played(steps));
    expect(failure?.[0]).toBe('steps[1].expect.has');
    expect(failure?.[1]).toBeGreaterThan(600_000);
    expect(failure?.[1]).toBeLessThan(606_000);
  });

  it('sees what the steps before it in the same moment did', async () => {
    await holds([
      { at: '0s', post: granted(ALICE), as: 'posted' },
      { at: '0s', expect: { answer: 'posted', status: 202, body: { status: 'accepted' } } },
      { at: '0s', ...edit({ gateways: [BOB] }) },
      { at: '0s', expect: has(BOB) },
    ]);
  });
});

describe('a post', () => {
  it('is signed with the key of the secret, with another, or borne', async () => {
    const bearing = { acls: { [ACL]: { zoneIds: [ZONE], allowBearer: true } } };
    const secret = { current: WEBHOOK_KEY, acls: { [ACL]: { bearer: { current: 'bearer-of-the-acl_01' } } } };
    await holds(
      [
        { at: '0s', secret: { webhook: JSON.stringify(secret) } },
        { ...login, id: 'right' },
        { ...login, id: 'wrong', key: OTHER_KEY },
        { ...login, id: 'short', key: 'x' },
        { ...login, as: 'borne', bearer: 'bearer-of-the-acl_01' },
        { ...login, as: 'borne key', bearer: WEBHOOK_KEY },
        { ...login, as: 'borne wrongly', bearer: OTHER_KEY },
        { at: '0s', expect: { answer: 'right', status: 202, body: { id: 'right' } } },
        { at: '0s', expect: { answer: 'borne', status: 202 } },
        ...['wrong', 'short', 'borne key', 'borne wrongly'].map((answer) => ({
          at: '0s',
          expect: { answer, status: 401, body: { code: 'HOOK001' } },
        })),
      ],
      { config: configuration(bearing) },
    );
  });

  it('is of now, of some time ago, or of its own time', async () => {
    await holds([
      { at: '1h', post: granted(ALICE, { durationSeconds: 60 }), as: 'now' },
      { at: '1h', post: granted(ALICE, { durationSeconds: 60 }), ago: '30s', as: 'ago' },
      {
        at: '1h',
        post: { ...granted(ALICE, { durationSeconds: 60 }), timestamp: '2026-11-24T18:59:59.5Z' },
        as: 'own',
      },
      { at: '1h', post: granted(ALICE), ago: '25h', as: 'too old' },
      { at: '1h', expect: { answer: 'now', body: { expiresAt: '2026-11-24T19:01:00Z' } } },
      { at: '1h', expect: { answer: 'ago', body: { expiresAt: '2026-11-24T19:00:30Z' } } },
      { at: '1h', expect: { answer: 'own', body: { expiresAt: '2026-11-24T19:00:59.500Z' } } },
      { at: '1h', expect: { answer: 'too old', status: 400 } },
    ]);
  });

  it('of text is sent as it is', async () => {
    await holds([
      { at: '0s', post: '{', as: 'a' },
      { at: '0s', expect: { answer: 'a', status: 400, body: { code: 'HOOK003' } } },
    ]);
  });

  it('gets what an HTTP API says where the function dies', async () => {
    await holds([
      { at: '0s', crash: { function: 'webhook', at: 'next call' } },
      { ...login, as: 'a' },
      { at: '0s', expect: { answer: 'a', status: 500 } },
    ]);
  });
});

describe('time', () => {
  it('begins at a fixed moment, and its first tick comes after the steps of that moment', async () => {
    await holds([
      login,
      { at: '0s', expect: { log: { message: 'event accepted', timestamp: '2026-11-24T18:00:00.000Z' }, count: 1 } },
    ]);
    await holds([{ at: '59s', expect: { calls: { atLeast: 1 } } }]);
    await holds([
      { at: '0s', lose: 'tick' },
      { at: '59s', expect: { calls: { atMost: 0 } } },
      { at: '65s', expect: { calls: { atLeast: 1 } } },
    ]);
  });

  it('passes in ticks a minute apart', async () => {
    const down = fault({ seconds: 600, fault: { status: 401 } });
    await holds([
      { at: '0s', ...down },
      login,
      { at: '210s', expect: { codes: { OKTA001: { atLeast: 3, since: '30s' } } } },
      { at: '210s', expect: { calls: { since: '30s', atMost: 8 } } },
    ]);
  });
});

describe('Okta', () => {
  it('takes its time for each call', async () => {
    const slow = { okta: { latencyMs: 2_400, zones: { [ZONE]: {} } } };
    await holds([login, { at: '2s', expect: hasNot(ALICE) }, { at: '8s', expect: has(ALICE) }], slow);
  });

  it('has no more calls a minute than the file says', async () => {
    const few = { okta: { limitPerMinute: 1, zones: { [ZONE]: {} } } };
    await holds([login, { at: '10s', expect: { codes: { OKTA005: { atLeast: 1 } } } }], few);
  });

  it('does what its control API is asked for', async () => {
    await holds([
      login,
      { at: '10s', ...edit({ proxies: ['198.51.100.7/32'], status: 'INACTIVE' }) },
      { at: '10s', expect: { zone: ZONE, proxies: ['198.51.100.7'], status: 'INACTIVE', usage: 'POLICY' } },
    ]);
  });

  it('goes on with a call that its caller gave up on', async () => {
    await holds([
      { at: '0s', ...fault({ method: 'PUT', fault: { delayMs: 20_000, apply: 'end' } }) },
      login,
      { at: '11s', expect: { ...hasNot(ALICE), codes: { ZONE003: { atLeast: 1 } } } },
    ]);
  });

  it('is not asked for what it does not have', async () => {
    const steps = [{ at: '5s', okta: { request: 'PATCH /control/zones/nzo9', body: {} } }];
    const playing = played(steps);
    await expect(playing).rejects.toThrow(ScenarioError);
    await expect(playing).rejects.toThrow(/^steps\[0\]\.okta: .*404/);
  });
});

describe('what is not there is not made up: zones', () => {
  it('that the file does not name do not exist', async () => {
    const config = configuration({ acls: { [ACL]: { zoneIds: ['nzo9'] } } });
    const steps = [login, { at: '5s', expect: { codes: { ZONE001: { atLeast: 1 } }, nowhere: ALICE } }];
    await holds(steps, { config });
    expect(failedAt(await played([{ at: '0s', expect: { zone: 'nzo9' } }]))).toEqual([['steps[0].expect.zone', 0]]);
  });
});

describe('a secret', () => {
  it('can be changed, and be without a value', async () => {
    await holds([
      { at: '0s', secret: { okta: null } },
      login,
      { at: '30s', expect: { codes: { ZONE006: { atLeast: 1 } }, ...hasNot(ALICE) } },
      { at: '40s', okta: { request: 'PUT /control/tokens/new', body: { role: 'ORG_ADMIN' } } },
      { at: '40s', secret: { okta: 'new', webhook: JSON.stringify({ current: OTHER_KEY }) } },
      { at: '120s', expect: has(ALICE) },
      { at: '10m', post: granted(BOB), key: OTHER_KEY, as: 'new key' },
      { at: '10m', post: granted(BOB), as: 'old key' },
      { at: '10m', expect: { answer: 'new key', status: 202 } },
      { at: '10m', expect: { answer: 'old key', status: 401 } },
    ]);
  });
});

describe('a deploy', () => {
  it('is what new invocations find; those under way go on with the old configuration', async () => {
    const second = 'nzo1abcdefGHIJKLM0h8';
    const acls = { [ACL]: { zoneIds: [second] } };
    await holds(
      [
        { at: '0s', ...fault({ method: 'GET', fault: { delayMs: 3_000 } }) },
        login,
        { at: '1s', deploy: { acls }, note: 'while the rebuild waits for its first answer' },
        { at: '6s', expect: has(ALICE) },
        { at: '150s', expect: { zone: second, has: ALICE } },
      ],
      { okta: { zones: { [ZONE]: {}, [second]: {} } } },
    );
  });
});

describe('adopting', () => {
  const others = ['10.0.0.0/24', '10.0.1.0/24'];
  const taken = { okta: { zones: { [ZONE]: { gateways: others } } } };

  it('lets the zones be taken over, and tells what the operator sees', async () => {
    const { failures, timeline } = await played(
      [
        login,
        { at: '10s', expect: { zone: ZONE, gateways: others, codes: { ZONE008: { atLeast: 1 } } } },
        { at: '10s', adopt: ACL },
        { at: '20s', expect: { zone: ZONE, gateways: [ALICE] } },
      ],
      taken,
    );
    expect(failures).toEqual([]);
    expect(timeline.join('\n')).toContain('2 of 2 entries go');
    expect(timeline.join('\n')).toContain(`zone ${ZONE} is taken over`);
  });

  it('of a list that changes meanwhile is void', async () => {
    await holds(
      [
        { at: '0s', adopt: ACL },
        { at: '30s', ...edit({ addGateways: ['10.0.2.0/24'] }) },
        { at: '60s', post: granted(ALICE) },
        { at: '10m', expect: { zone: ZONE, gateways: [...others, '10.0.2.0/24'] } },
      ],
      taken,
    );
  });
});

describe('raw input', () => {
  it('goes onto the events queue as it is', async () => {
    const timestamp = `${Date.UTC(2026, 10, 24, 18)}000000`;
    const event = { version: 1, type: 'access.granted', webhookId: 'raw', acl: ACL, timestamp, ip: ALICE };
    await holds([
      { at: '0s', queue: 'poison' },
      { at: '0s', queue: { ...event, expiresAt: Date.UTC(2026, 10, 24, 20) } },
      { at: '5s', expect: { ...has(ALICE), codes: { STORE002: 1 } } },
    ]);
  });

  it('goes into the table as it is: a grant that nobody announced is found by the next verification', async () => {
    const until = { [TABLE.expiryAttribute]: Date.UTC(2026, 10, 24, 20) };
    const order = `${Date.UTC(2026, 10, 24, 18)}000000`.padStart(20, '0');
    await holds([
      login,
      { at: '10s', row: { acl: ACL, item: `GRANT#${BOB}#raw`, ip: BOB, grantId: 'raw', ...until, order } },
      { at: '6m', expect: { ...has(BOB), table: { acl: ACL, items: [ALICE, `${BOB}#raw`] } } },
    ]);
  });
});

describe('faults', () => {
  it('of the table strike the calls they are for', async () => {
    await holds([
      { at: '0s', table: { fault: 'refuse', function: 'grants', times: 1 } },
      login,
      { at: '5s', expect: { codes: { STORE001: 1 }, table: { acl: ACL, items: 0 } } },
      { at: '100s', expect: { table: { acl: ACL, items: [ALICE] }, ...has(ALICE) } },
    ]);
  });

  it('lose the next timer: the tick is left', async () => {
    const short = { at: '0s', post: granted(ALICE, { durationSeconds: 70 }) };
    const gone = [short, { at: '75s', expect: hasNot(ALICE) }];
    await holds(gone);
    const timers = [1, 2].map(() => ({ at: '65s', lose: 'timer' }));
    await holds([short, ...timers, { at: '75s', expect: has(ALICE) }, { at: '125s', expect: hasNot(ALICE) }]);
  });

  it('lose the next tick', async () => {
    const short = { at: '0s', post: granted(ALICE, { durationSeconds: 70 }) };
    const timers = [1, 2].map(() => ({ at: '65s', lose: 'timer' }));
    const tick = { at: '119s', lose: 'tick' };
    await holds([short, ...timers, tick, { at: '175s', expect: has(ALICE) }, { at: '185s', expect: hasNot(ALICE) }]);
  });

  it('lose the next batch of the stream', async () => {
    await holds([
      { at: '1s', lose: 'stream batch' },
      { at: '1s', post: granted(ALICE) },
      { at: '30s', expect: { ...hasNot(ALICE), table: { acl: ACL, items: 1 } } },
      { at: '65s', expect: has(ALICE) },
    ]);
  });

  it('crash a function now, in the middle of its work', async () => {
    await holds([
      login,
      { at: '0.4s', crash: { function: 'zone', at: 'now' } },
      { at: '20s', expect: hasNot(ALICE) },
      { at: '2m', expect: has(ALICE) },
    ]);
  });

  it('says that nothing has crashed where nothing was running', async () => {
    const { timeline } = await played([{ at: '30s', crash: { function: 'zone', at: 'now' } }]);
    expect(timeline.at(-1)).toContain('nothing has crashed');
  });

  it('crash a function at its next call', async () => {
    await holds([
      { at: '0s', crash: { function: 'grants', at: 'next call' } },
      login,
      { at: '80s', expect: { table: { acl: ACL, items: 0 } } },
      { at: '95s', expect: { table: { acl: ACL, items: 1 } } },
    ]);
  });
});

it('tells of what was to go wrong and never did', async () => {
  const { timeline } = await played([
    { at: '0s', ...fault({ method: 'DELETE', fault: { status: 500 } }) },
    { at: '0s', ...fault({ count: 9, method: 'GET', fault: { delayMs: 1 } }) },
    { at: '0s', table: { fault: 'refuse', item: 'nothing' } },
    { at: '30s', lose: 'tick' },
    { at: '30s', lose: 'timer' },
    { at: '30s', lose: 'stream batch' },
  ]);
  const told = timeline.flatMap((line) => line.split('never came')[1]?.trim() ?? []);
  expect(told).toEqual([
    'status 500 for DELETE',
    'refuse of the table',
    'a lost tick',
    'a lost timer',
    'a lost stream batch',
  ]);
});

it('comes out the same every time', async () => {
  const steps = [login, { at: '1m', post: revoked(ALICE) }, { at: '5m', expect: { nowhere: ALICE } }];
  const [first, second] = [await played(steps), await played(steps)];
  expect(second).toEqual(first);
});
