import { afterEach, describe, expect, it, vi } from 'vitest';
import { METRICS } from '../../lib/names.ts';
import { readDocument, sectionsOf } from '../docs/documents.ts';
import { EvaluatedAlarm } from '../helpers/alarm-evaluator.ts';
import { NOW } from '../helpers/events.ts';
import { ACL, ZONE } from '../helpers/virtual-system.ts';
import { type AwsNames, WatchedSystem } from '../helpers/watched-system.ts';
import { resourcesOf, templateWith, textOf } from './synthesised.ts';

afterEach(() => vi.restoreAllMocks());

const NAMES: AwsNames = {
  functions: {},
  eventsQueue: '',
  eventsDeadLetters: '',
  timersDeadLetters: '',
  zoneFailures: '',
};
const settings = { stackName: 'Acme', alarmOnChangesPerHour: 6 };
const isIt = ({ Properties }: { readonly Properties: Readonly<Record<string, unknown>> }) =>
  Properties.AlarmName === 'Acme-many-changes';
const [alarm] = resourcesOf(templateWith(settings), 'AWS::CloudWatch::Alarm').flatMap(([, one]) =>
  isIt(one) ? [one] : [],
);

/** So many people log in, and out again. */
async function comeAndGo(people: number, more: Readonly<Record<string, unknown>>): Promise<WatchedSystem> {
  const watched = new WatchedSystem(NAMES, { acls: { [ACL]: { zoneIds: [ZONE] } }, ...more });
  await watched.system.grant('203.0.113.200');
  await watched.minutes(2);
  for (let n = 1; n <= people; n += 1) await watched.system.grant(`203.0.113.${2 * n}`);
  await watched.minutes(2);
  for (let n = 1; n <= people; n += 1) await watched.system.revoke(`203.0.113.${2 * n}`);
  await watched.minutes(65);
  return watched;
}

describe('the alarm on how many IPs come and go', () => {
  it('is not there where nobody has asked for it, and then no metric is either', async () => {
    const templates = resourcesOf(templateWith({ stackName: 'Acme' }), 'AWS::CloudWatch::Alarm');
    expect(templates.map(([, one]) => one).filter(isIt)).toEqual([]);
    const { points } = await comeAndGo(5, {});
    expect(points.filter(({ name }) => name === METRICS.changes)).toEqual([]);
  });

  it.each([
    [1, false],
    [3, true],
  ])('goes on by what %s people do who come and go: %s', async (people, isOn) => {
    if (!alarm) throw new Error('no such alarm');
    const watched = await comeAndGo(people, settings);
    const on = new EvaluatedAlarm(alarm).on(watched.points, NOW, watched.now);
    expect(on.length > 0).toBe(isOn);
  });

  it('has its section in the runbook', () => {
    const text = textOf(alarm?.Properties.AlarmDescription);
    const [, section = ''] = /docs\/errors\.md, "([^"]+)"\.$/.exec(text) ?? [];
    expect(sectionsOf(readDocument('docs/errors.md'), 2).get(section)).toContain('`{stack name}-many-changes`');
  });
});
