import { describe, expect, it } from 'vitest';
import { configurationLink } from '../../cli/doctor/configuration-link.ts';
import {
  alarmLinks,
  deadLetterLinks,
  partLinks,
  scheduleLink,
  subscriptionLinks,
} from '../../cli/doctor/machinery-links.ts';
import { ERRORS } from '../../lib/error-codes.ts';
import { configOf, NOW } from '../helpers/events.ts';

const MINUTE = 60_000;

describe('the configuration', () => {
  const deployed = JSON.parse(JSON.stringify(configOf()));
  const file = (settings: object) => ({ path: 'config.json', config: configOf({ ...settings }) });

  it('is in order where the file says the same, or where there is none', () => {
    expect(configurationLink(deployed, file({}))).toMatchObject({
      level: 'ok',
      detail: expect.stringContaining('the same'),
    });
    expect(configurationLink(deployed, undefined)).toMatchObject({ level: 'ok' });
  });

  it('is a warning where the file differs, by path', () => {
    const changed = file({
      verifyMinutes: 7,
      acls: { 'okta-prod': { zoneIds: ['nzo2'] }, more: { zoneIds: ['nzo3'] } },
    });
    const found = configurationLink(deployed, changed);
    expect(found).toMatchObject({ level: 'warning' });
    expect(found.detail).toContain('acls.okta-prod.zoneIds, acls.more, verifyMinutes');
  });

  it('is a warning where the file is no good', () => {
    const found = configurationLink(deployed, { path: 'config.json', problem: 'acls: missing' });
    expect(found).toMatchObject({ level: 'warning', detail: expect.stringContaining('acls: missing') });
  });

  it("says nothing of another stack's file", () => {
    expect(configurationLink(deployed, file({ stackName: 'Another', verifyMinutes: 7 }))).toMatchObject({
      level: 'ok',
    });
  });
});

describe('the schedule', () => {
  const checks = { lastChecks: [NOW - MINUTE, NOW - 7 * MINUTE], verifyMinutes: 5, now: NOW };

  it.each([
    ['is in order when every zone was checked in time', { enabled: true, recentInvocations: 10 }, checks, 'ok'],
    ['is in order where nobody counts invocations', { enabled: true, recentInvocations: undefined }, checks, 'ok'],
    ['is broken when it is disabled', { enabled: false, recentInvocations: 10 }, checks, 'failure'],
    ['is broken when the function is not invoked', { enabled: true, recentInvocations: 0 }, checks, 'failure'],
    [
      'is broken when one zone was not checked for too long',
      { enabled: true, recentInvocations: 10 },
      { ...checks, lastChecks: [NOW, NOW - 8 * MINUTE - 1] },
      'failure',
    ],
    [
      'is still to show itself after a first deploy',
      { enabled: true, recentInvocations: 1 },
      { ...checks, lastChecks: [undefined] },
      'warning',
    ],
  ])('%s', (_, schedule, seen, level) => {
    expect(scheduleLink(schedule, seen).level).toBe(level);
  });
});

describe('the parts', () => {
  it('are one line where all are usable, and one line for each that is not', () => {
    const good = { name: 'zone function', state: 'Active', usable: true };
    expect(partLinks([good, good])).toHaveLength(1);
    const bad = { name: 'trigger of the zone function', state: 'Disabled', usable: false };
    expect(partLinks([good, bad, bad]).map(({ level, detail }) => [level, detail])).toEqual([
      ['failure', 'trigger of the zone function: Disabled'],
      ['failure', 'trigger of the zone function: Disabled'],
    ]);
  });
});

describe('dead letters', () => {
  it('of events are a failure, others a warning', () => {
    const queues = [
      { queue: 'events', messages: 2 },
      { queue: 'timers', messages: 1 },
      { queue: 'zone failures', messages: 0 },
    ];
    expect(deadLetterLinks(queues).map(({ level, detail }) => [level, detail])).toEqual([
      ['failure', '2 in the queue of events: events that were accepted but not applied'],
      ['warning', '1 in the queue of timers'],
    ]);
  });
});

describe('the alarms', () => {
  const someone = { endpoint: 'email ops@example.com', confirmed: true };
  const heardBy = (...subscriptions: (typeof someone)[]) => [{ output: 'AlarmTopicArn', subscriptions }];

  const isOn = (alarm: string) => ({
    name: `KnocknocOkta-${alarm}`,
    description: `${alarm} is on. First: Mend ${alarm}. More: docs/errors.md, "It".`,
  });

  it.each([
    ['nobody is subscribed', heardBy(), 'warning'],
    ['somebody has confirmed', heardBy(someone), 'ok'],
    ['somebody has not confirmed', heardBy(someone, { ...someone, confirmed: false }), 'warning'],
    ['there are none', undefined, 'skipped'],
  ])('where %s', (_, topics, level) => {
    expect(subscriptionLinks(topics).map((finding) => finding.level)).toEqual([level]);
  });

  it('that can wait have subscribers of their own, and are told apart', () => {
    const topics = [
      { output: 'AlarmTopicArn', alarms: 'those that must wake somebody', subscriptions: [someone] },
      { output: 'CanWaitTopicArn', alarms: 'those that can wait', subscriptions: [] },
    ];
    expect(subscriptionLinks(topics)).toMatchObject([
      { level: 'ok', detail: 'subscribed to those that must wake somebody: email ops@example.com' },
      { level: 'warning', detail: 'nobody is subscribed to those that can wait', mend: /CanWaitTopicArn/ },
    ]);
  });

  it('are named when they are on, with the code that they stand for', () => {
    const [hook, tick] = alarmLinks([isOn('HOOK004'), isOn('tick-missing')]);
    expect(hook).toMatchObject({ code: 'HOOK004', detail: expect.stringContaining('KnocknocOkta-HOOK004') });
    expect(hook).toHaveProperty('mend', ERRORS.HOOK004.firstStep);
    expect(tick).toMatchObject({ detail: expect.stringContaining('KnocknocOkta-tick-missing') });
    expect(tick).toHaveProperty('mend', 'Mend tick-missing. More: docs/errors.md, "It".');
    expect(tick).not.toHaveProperty('code');
  });
});
