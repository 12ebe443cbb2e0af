import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../local/scenario/read-scenario.ts';
import { ScenarioError } from '../../../local/scenario/scenario-error.ts';
import { ACL, ALICE, configuration, file, granted, ZONE } from './a-scenario.ts';

const at = '0s';
const read = (json: unknown) => readScenario(json, 'x.json');

/** The paths of all that is wrong. */
function problems(json: unknown): string[] {
  try {
    read(json);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ path }) => path);
  }
}
const inStep = (step: Record<string, unknown>) => problems(file([{ at, ...step }]));
const inExpect = (expectation: Record<string, unknown>) => inStep({ expect: expectation });

describe('a scenario file', () => {
  it('is taken with every kind of step, and with everything that can be expected', () => {
    const steps = [
      { post: granted(ALICE), id: 'a', as: 'answer', key: 'k', ago: '1h', note: 'a story' },
      { post: 'not even JSON', bearer: 'b' },
      { okta: { request: `PATCH /control/zones/${ZONE}`, body: { usage: 'BLOCKLIST' } } },
      { okta: { request: 'POST /control/faults', body: { method: 'GET', fault: { stale: { changes: 1 } } } } },
      { okta: { request: 'DELETE /control/faults' } },
      { okta: { request: 'DELETE /control/zones/nzo2' } },
      { okta: { request: 'DELETE /control/tokens/unknown' } },
      { secret: { okta: 'text', webhook: null } },
      { deploy: { verifyMinutes: 1 } },
      { adopt: ACL },
      { queue: 'text' },
      { queue: { version: 1 } },
      { row: { acl: ACL, item: 'ZONE', nested: [{ a: null }] } },
      { table: 'conflict' },
      {
        table: { fault: 'lose the answer', times: 2, for: '1m', function: 'zone', method: 'get', acl: ACL, item: 'Z' },
      },
      { lose: 'stream batch' },
      { crash: { function: 'zone', at: 'next call' } },
      { note: 'time goes by' },
      { expect: { zone: ZONE, gateways: [ALICE], has: ALICE, hasNot: [ALICE], proxies: [], usage: 'POLICY' } },
      { expect: { zone: ZONE, status: 'ACTIVE', nowhere: [ALICE, '::1'], until: '5m' }, until: '6m' },
      { expect: { codes: { ZONE004: 1, ZONE003: { atLeast: 1, atMost: 2, since: '1s' }, since: '2s' } } },
      { expect: { noOtherCodes: ['ZONE004'], since: '1s', log: { message: 'm' }, count: { atMost: 3 } } },
      { expect: { calls: { method: 'GET', zone: ZONE, since: '1s', atMost: 1, atLeast: 0 } } },
      { expect: { answer: 'answer', status: 202, body: { status: 'accepted' } } },
      { expect: { table: { acl: ACL, items: 1 } } },
      { expect: { table: { acl: ACL, items: [ALICE, `${ALICE}#g`, { ip: ALICE }] } } },
    ];
    const json = file(
      steps.map((step) => ({ at, ...step })),
      { title: 'All of it', shows: 'that it is taken' },
    );
    expect(problems(json)).toEqual([]);
    expect(read(json)).toMatchObject({ title: 'All of it', shows: 'that it is taken', steps: steps.map(() => ({})) });
  });

  it('is called after its file, and Okta is usual, unless it says otherwise', () => {
    const { title, okta } = read(file([]));
    expect([title, okta.latencyMs, okta.limitPerMinute]).toEqual(['x.json', 250, 600]);
    expect(read(file([], { okta: { latencyMs: 2_400, limitPerMinute: 40 } })).okta).toMatchObject({
      latencyMs: 2_400,
      limitPerMinute: 40,
    });
  });

  it('is sorted by time, the steps of one moment as they stand', () => {
    const { steps } = read(file([1, 0, 1, 0].map((second, index) => ({ at: `${second}s`, note: String(index) }))));
    expect(steps.map(({ index, at: moment }) => [index, moment])).toEqual([
      [1, 0],
      [3, 0],
      [0, 1_000],
      [2, 1_000],
    ]);
  });

  it.each([
    ['250ms', 250],
    ['3s', 3_000],
    ['1.5s', 1_500],
    ['9m', 540_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('knows the time %s', (text, ms) => {
    expect(read(file([{ at: text, note: '' }])).steps[0]?.at).toBe(ms);
  });
});

describe('zones', () => {
  const two = configuration({ acls: { [ACL]: { zoneIds: [ZONE, 'nzo2'] } } });

  it('are those that the file names, and no others', () => {
    expect(Object.keys(read(file([], { config: two })).okta.zones)).toEqual([ZONE]);
  });

  it('are all that any configuration names, and empty, where the file names none', () => {
    const deploy = { acls: { other: { zoneIds: ['nzo3'] } } };
    const { zones } = read({ config: two, steps: [{ at, deploy }] }).okta;
    expect(zones).toEqual({ [ZONE]: {}, nzo2: {}, nzo3: {} });
  });
});

describe('the configuration of a deploy', () => {
  it('keeps what it leaves out from the one before, in the order of time', () => {
    const scenario = read(
      file([
        { at: '2m', deploy: { gatewayLimit: 3 } },
        { at: '1m', deploy: { verifyMinutes: 7 } },
      ]),
    );
    expect(scenario.deploys.get(1)).toMatchObject({ verifyMinutes: 7, gatewayLimit: 150 });
    expect(scenario.deploys.get(0)).toMatchObject({ verifyMinutes: 7, gatewayLimit: 3 });
    expect(scenario.config).toMatchObject({ verifyMinutes: 5, gatewayLimit: 150 });
  });

  it('is judged as a whole, each problem with its path', () => {
    const acls = { [ACL]: { zoneIds: [], allwaysAllow: [] } };
    expect(inStep({ deploy: { acls, gatewayLimt: 3 } })).toEqual([
      `steps[0].deploy.acls.${ACL}.zoneIds`,
      'steps[0].deploy.gatewayLimt',
      `steps[0].deploy.acls.${ACL}.allwaysAllow`,
    ]);
  });
});

describe('what is wrong is said with its path:', () => {
  it.each([
    ['steps[0].expect.zonee', { expect: { zonee: ZONE, nowhere: ALICE } }],
    ['steps[0].expct', { expct: {} }],
    ['steps[0].posst', { note: 'x', posst: {} }],
    ['steps[0].until', { lose: 'tick', until: '1m' }],
    ['steps[0]', {}],
    ['steps[0].expect', { expect: { nowhere: ALICE }, okta: { request: 'POST /control/reset' } }],
    ['steps[0].post', { post: 7 }],
    ['steps[0].ago', { post: granted(ALICE), ago: 'an hour' }],
    ['steps[0].okta.request', { okta: { request: 'GET /api/v1/zones' } }],
    ['steps[0].okta.request', { okta: { request: 'GET /control/zoness' } }],
    ['steps[0].okta.request', { okta: { request: 'PUT /control/reset' } }],
    ['steps[0].okta.body', { okta: { request: 'POST /control/faults' } }],
    ['steps[0].okta.body.usagee', { okta: { request: `PATCH /control/zones/${ZONE}`, body: { usagee: 'POLICY' } } }],
    ['steps[0].okta.body.fault.stale', { okta: { request: 'POST /control/faults', body: { fault: { stale: {} } } } }],
    ['steps[0].secret.oktaa', { secret: { oktaa: '' } }],
    ['steps[0].adopt', { adopt: 'no-such-acl' }],
    ['steps[0].row', { row: { acl: ACL } }],
    ['steps[0].table', { table: 'explode' }],
    ['steps[0].table.fault', { table: { fault: 'explode' } }],
    ['steps[0].table.fault', { table: {} }],
    ['steps[0].table.item_', { table: { fault: 'refuse', item_: '' } }],
    ['steps[0].lose', { lose: 'hope' }],
    ['steps[0].crash.at', { crash: { function: 'zone' } }],
    ['steps[0].crash.function', { crash: { function: 'zones', at: 'now' } }],
  ])('%s', (path, step) => {
    expect(inStep(step)).toEqual([path]);
  });

  it.each([
    ['steps[0].expect', {}],
    ['steps[0].expect', { since: '1s' }],
    ['steps[0].expect.has', { has: ALICE, nowhere: ALICE }],
    ['steps[0].expect.has[1]', { zone: ZONE, has: [ALICE, 'alice'] }],
    ['steps[0].expect.gateways[0]', { zone: ZONE, gateways: ['203.0.113'] }],
    ['steps[0].expect.status', { status: 200, zone: ZONE }],
    ['steps[0].expect.status', { status: 'ACTIVE', answer: 'a' }],
    ['steps[0].expect.status', { status: 'BUSY', zone: ZONE }],
    ['steps[0].expect.body', { body: {}, zone: ZONE }],
    ['steps[0].expect.count', { count: 1, zone: ZONE }],
    ['steps[0].expect.codes.ZONE999', { codes: { ZONE999: 0 } }],
    ['steps[0].expect.codes.ZONE004', { codes: { ZONE004: -1 } }],
    ['steps[0].expect.codes.ZONE004.atleast', { codes: { ZONE004: { atleast: 1 } } }],
    ['steps[0].expect.codes.ZONE004.since', { codes: { ZONE004: 1, since: 'ever' } }],
    ['steps[0].expect.noOtherCodes[0]', { noOtherCodes: ['ZONE04'] }],
    ['steps[0].expect.calls.zones', { calls: { zones: ZONE } }],
    ['steps[0].expect.calls.method', { calls: { method: 'get' } }],
    ['steps[0].expect.table.items', { table: { acl: ACL } }],
    ['steps[0].expect.table.items[0]', { table: { acl: ACL, items: [7] } }],
  ])('%s, of an expectation', (path, expectation) => {
    expect(inExpect(expectation)).toEqual([path]);
  });

  it.each([
    ['okta.zones.nzo1.gatewayz', { okta: { zones: { nzo1: { gatewayz: [] } } } }],
    ['okta.zones.nzo1', { okta: { zones: { nzo1: { gateways: ['203.0.113'] } } } }],
    ['okta.latency', { okta: { latency: 1 } }],
    ['config.acls', { config: { okta: { domain: 'acme.okta.com' }, acls: {} } }],
    ['config', { config: undefined }],
    ['steps', { steps: {} }],
    ['tittle', { tittle: '' }],
  ])('%s', (path, change) => {
    expect(problems(file([], change))).toEqual([path]);
  });

  it('all of them at once, each where it stands in the file', () => {
    expect(
      problems(
        file([
          { at: '5s', expct: {} },
          { at: 'soon', note: '' },
          { at, expect: { zonee: '' } },
        ]),
      ),
    ).toEqual(['steps[0].expct', 'steps[1]', 'steps[2].expect.zonee', 'steps[2].expect']);
  });

  it('a file that holds no object', () => {
    expect(problems([])).toEqual(['']);
  });
});
