import { describe, expect, it } from 'vitest';
import { SAVED_QUERIES } from '../../cdk/saved-queries.ts';
import { flowLink } from '../../cli/doctor/flow-link.ts';
import type { FlowFacts } from '../../cli/flow.ts';
import { allErrorCodes, ERRORS, type ErrorCode } from '../../lib/error-codes.ts';
import { AUDIT } from '../../lib/names.ts';
import { LOCAL } from '../../local/local-configuration.ts';
import { handleControl } from '../../local/okta-simulator/control.ts';
import { resourceOf, templateWith } from '../cdk/synthesised.ts';
import { ACL, TOKEN, VirtualSystem, ZONE } from '../helpers/virtual-system.ts';
import { readDocument, sectionsOf, tableRows } from './documents.ts';

const sections = sectionsOf(readDocument('docs/operations.md'), 2);
const first = (section: string) =>
  tableRows(sections.get(section) ?? '').map(([cell = '']) => cell.replaceAll('`', ''));
const rows = tableRows(sections.get('Practise: cause each error') ?? '');
const practice = rows.filter(([code = '']) => /^[A-Z]/.test(code));
const unseen = rows.filter(([alarm = '']) => alarm.startsWith('events-'));
const CALL = /^`(GET|PUT|POST|PATCH|DELETE) (\/control\/\S+)(?: (\{.*\}))?`$/;
const simulated = practice.filter(([, cause = '']) => CALL.test(cause));

/** Does what a cell says by the simulator's control API. */
function control(system: VirtualSystem, cell: string): void {
  const [, method = '', path = '', body = ''] = CALL.exec(cell) ?? [];
  const answer = handleControl(system.okta, { method, path: path.replace(LOCAL.oktaToken, TOKEN), body });
  expect(answer.status, answer.body).toBeLessThan(300);
}

/** A system whose zone is in use, with `npm run local`'s names. */
async function inUse(settings = {}): Promise<VirtualSystem> {
  const system = new VirtualSystem(settings);
  await system.grant('203.0.113.7');
  await system.clock.advance(5_000);
  expect(system.codes()).toEqual([]);
  return system;
}

const AN_HOUR = { since: 0, accepted: 0, bySenders: { count: 0 }, refused: [], waiting: 0 };
/** 36 posts of a working day, with a wrong key; and one that waits. */
const REFUSED: FlowFacts = { ...AN_HOUR, refused: [{ code: 'HOOK001', count: 36, at: 3_000_000 }] };
const STUCK: FlowFacts = { ...AN_HOUR, accepted: 1, acceptedAt: 3_480_000, waiting: 1, oldestAt: 3_480_000 };

/** The beginning of what it says, which is a failure. */
function doctorSays(flow: FlowFacts): string {
  const { level, detail } = flowLink(flow, undefined, 3_600_000);
  expect(level).toBe('failure');
  return detail.split(':')[0] ?? '';
}

describe('docs/operations.md', () => {
  it('has every action of the audit, and no other', () => {
    expect(first('The audit').slice(1).toSorted()).toEqual(Object.values(AUDIT).toSorted());
  });

  it('has every saved query, and no other', () => {
    expect(first('Saved queries').slice(1).toSorted()).toEqual(Object.keys(SAVED_QUERIES).toSorted());
  });

  it('has each error code to practise, once', () => {
    expect(practice.map(([code]) => code).toSorted()).toEqual(allErrorCodes().toSorted());
    expect([LOCAL.acl, LOCAL.zoneId]).toEqual([ACL, ZONE]);
    expect(simulated.length).toBeGreaterThanOrEqual(8);
  });

  it('says of each code when its alarm goes on', () => {
    const alarms = Object.values(templateWith().findResources('AWS::CloudWatch::Alarm')).map((each) => each.Properties);
    for (const row of practice) {
      const [code = ''] = row;
      const { Threshold, Period } = alarms.find(({ AlarmName }) => AlarmName.endsWith(`-${code}`)) ?? {};
      if (ERRORS[code as ErrorCode].severity === 'no alarm') {
        expect([row.at(-1), Threshold]).toEqual(['none', undefined]);
        continue;
      }
      const [count, minutes = '1'] = row.at(-1)?.match(/\d+/g) ?? [];
      expect([code, Number(count), 60 * Number(minutes)]).toEqual([code, Threshold, Period]);
    }
  });

  it('has what nobody sees by its alarm, and gives back the runs that it takes', () => {
    const template = templateWith();
    const [refused, notApplied] = unseen;
    for (const [alarm] of unseen) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `KnocknocOkta-${alarm}` });
    }
    expect(unseen).toHaveLength(2);
    expect(refused?.[3]).toBe(`events: HOOK001, ${doctorSays(REFUSED)}`);
    expect(notApplied?.[3]).toContain(`events: ${doctorSays(STUCK)}, after two minutes`);
    const [, grants] = resourceOf(template, 'AWS::Lambda::Function', 'GrantsFunction');
    expect(sections.get('Practise: cause each error')).toContain(
      `--reserved-concurrent-executions 0\`, and ${grants.Properties.ReservedConcurrentExecutions} in place of 0`,
    );
  });

  it('tells true what becomes of events while the table takes no writes, and when it does again', async () => {
    const system = await inUse();
    const { table, events } = system.functions;
    table.takesNoWrites = true;
    expect((await system.grant('203.0.113.8')).status).toBe(202);
    await system.clock.advance(150_000);
    expect([events.length, system.gateways()]).toEqual([1, ['203.0.113.7/32']]);
    expect(system.codes()).toContain('STORE001');
    table.takesNoWrites = false;
    await system.clock.advance(120_000);
    expect([events.length, system.gateways()]).toEqual([0, ['203.0.113.7/32', '203.0.113.8/32']]);
  });

  it.each(simulated)('%s is caused by %s, and mended', async (code = '', cause = '', mend = '') => {
    const system = await inUse();
    control(system, cause);
    await system.grant('203.0.113.8');
    await system.clock.advance(10_000);
    expect(new Set(system.codes())).toEqual(new Set([code]));
    if (CALL.test(mend)) control(system, mend);
    await system.clock.advance(150_000);
    const { length } = system.codes();
    await system.clock.advance(300_000);
    expect(system.gateways()).toEqual(['203.0.113.7/32', '203.0.113.8/32']);
    expect(system.codes()).toHaveLength(length);
  });

  it('tells true what a request causes', async () => {
    const system = await inUse();
    const stale = { type: 'access.granted', timestamp: new Date(system.clock.now()).toISOString() };
    const over = { acl: ACL, ip: '203.0.113.8', expiresAt: new Date(system.clock.now() - 1_000).toISOString() };
    const answers = [
      await system.post({ body: JSON.stringify(stale), key: Buffer.alloc(33, 'x').toString('base64') }),
      await system.post({ body: JSON.stringify(stale), signedAt: Math.floor(system.clock.now() / 1000) - 3_600 }),
      await system.post({ body: Buffer.alloc(20_000) }),
      await system.grant('203.0.113.8', { acl: 'nobody' }),
      await system.grant('10.0.0.1'),
      await system.post({ body: JSON.stringify({ ...stale, data: over }) }),
    ];
    expect(system.codes()).toEqual(['HOOK001', 'HOOK002', 'HOOK003', 'HOOK004', 'HOOK005', 'HOOK006']);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 413, 404, 422, 422]);
  });

  it('tells true what a setting, and what is missing, causes', async () => {
    const full = await inUse({ gatewayLimit: 1 });
    await full.grant('203.0.113.9');
    await full.clock.advance(5_000);
    expect(new Set(full.codes())).toEqual(new Set(['ZONE005']));
    const untold = new VirtualSystem();
    untold.oktaCredentials.text = undefined;
    await untold.clock.advance(120_000);
    expect(new Set(untold.codes())).toEqual(new Set(['ZONE006']));
  });
});
