import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allErrorCodes, ERRORS } from '../../lib/error-codes.ts';
import { EvaluatedAlarm } from '../helpers/alarm-evaluator.ts';
import { InsightsQuery } from '../helpers/insights-query.ts';
import { ACL } from '../helpers/virtual-system.ts';
import { WatchedSystem } from '../helpers/watched-system.ts';
import { widgetsOf } from './dashboard-widgets.ts';
import { FUNCTIONS, property, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_SERVICE_NAME = 'Acme';
});
afterAll(() => vi.restoreAllMocks());

const template = templateWith({ stackName: 'Acme' });
const [, dashboard] = resourceOf(template, 'AWS::CloudWatch::Dashboard', 'Dashboard');
const widgets = widgetsOf(dashboard);
const queries = widgets.flatMap(({ properties }) => (properties.query === undefined ? [] : [properties]));
const series = widgets.flatMap(({ properties: { title, metrics = [] } }) =>
  metrics.map((metric) => ({ title, metric })),
);

/** The function that writes to a log group, by the group's logical id. */
const FUNCTION_OF_LOG = Object.fromEntries(
  FUNCTIONS.map((name) => {
    const [, lambda] = resourceOf(template, 'AWS::Lambda::Function', `${name}Function`);
    return [String(property(lambda, 'LoggingConfig', 'LogGroup', 'Ref')), name.toLowerCase()];
  }),
);

function dimensionsOf(metric: readonly (string | object)[]): Record<string, string> {
  const texts = metric.slice(2).filter((part) => typeof part === 'string');
  return Object.fromEntries(texts.flatMap((name, n) => (n % 2 === 0 ? [[name, texts[n + 1] ?? '']] : [])));
}

/** An hour in which everything happens that the dashboard shows. */
let watched: WatchedSystem;
beforeAll(async () => {
  const names = { functions: {}, eventsQueue: '', eventsDeadLetters: '', timersDeadLetters: '', zoneFailures: '' };
  watched = new WatchedSystem(names);
  const { system } = watched;
  await system.grant('203.0.113.1', { durationSeconds: 300, user: 'alice@example.com' });
  await watched.minutes(1);
  await system.send('access.granted', { ip: '203.0.113.2' }, { id: 'again' });
  await watched.minutes(6);
  await system.send('access.granted', { ip: '203.0.113.2' }, { id: 'again' });
  const early = new Date(watched.now - 60_000).toISOString();
  await system.revoke('203.0.113.2');
  const late = { type: 'access.granted', timestamp: early, data: { acl: ACL, ip: '203.0.113.2' } };
  await system.post({ body: JSON.stringify(late) });
  system.okta.addFault({ count: 1, fault: { status: 503 } });
  system.okta.addFault({ count: 1, fault: { drop: 'before' } });
  await system.send('access.flushed', {}, { signedAt: Math.floor(watched.now / 1000) - 60 });
  await watched.minutes(50);
});

describe('each query of the dashboard', () => {
  it('is there for what an operator asks', () => {
    expect(queries.map(({ title }) => title)).toEqual([
      'Latest errors',
      'Live grants by ACL',
      'Gateways by ACL, and the room in its zones',
      'IPs that zones gained and lost, by the hour',
      'Events by type and outcome',
      'From a grant to the zone (ms)',
      'How late grants end (ms)',
      'Calls to Okta by status',
      "Okta's quota: calls left",
    ]);
  });

  it.each(queries)(
    '$title: reads lines and fields that the functions write, from their log groups',
    ({ query = '' }) => {
      const parsed = new InsightsQuery(query);
      const sources = [...query.matchAll(/SOURCE '(\w+)'/g)].map(([, id]) => id ?? '');
      const speakers = sources.map((id) => FUNCTION_OF_LOG[id]);
      expect(speakers.length).toBeGreaterThan(0);
      const found = watched.lines.filter((line) => speakers.includes(`${line.function}`) && parsed.matches(line));
      expect(found.length).toBeGreaterThan(0);
      expect(parsed.fields.length).toBeGreaterThan(0);
      expect(parsed.fields.filter((field) => found.every((line) => line[field] === undefined))).toEqual([]);
      // A function whose lines never match would be read, and paid for, in vain.
      const silent = query.includes('ispresent(code)')
        ? []
        : speakers.filter((name) => !found.some((line) => line.function === name));
      expect(silent).toEqual([]);
    },
  );

  it('tells events by every outcome there is', () => {
    const { query = '' } = queries.find(({ title }) => title === 'Events by type and outcome') ?? {};
    const found = watched.lines.filter((line) => new InsightsQuery(query).matches(line));
    expect(new Set(found.map(({ message }) => message))).toEqual(
      new Set(['event accepted', 'event applied', 'event overtaken', 'event duplicate']),
    );
    expect(new Set(found.map(({ type }) => type))).toEqual(
      new Set(['access.granted', 'access.revoked', 'access.flushed']),
    );
  });

  it('tells calls by every status, a missing answer included', () => {
    const calls = watched.lines.filter(({ message }) => message === 'Okta called');
    expect(new Set(calls.map(({ oktaStatus }) => oktaStatus))).toEqual(new Set([200, 503, 'none']));
  });
});

describe('what is measured', () => {
  const line = (name: string) => watched.lines.filter((one) => one[name] !== undefined).map((one) => Number(one[name]));

  it('from a grant to the zone is the time until Okta has it', () => {
    const times = line('eventToZoneMs');
    expect(times).toHaveLength(2);
    expect(Math.min(...times)).toBeGreaterThan(100);
    expect(Math.max(...times)).toBeLessThan(5_000);
  });

  it('live grants and gateways follow the events', () => {
    const compared = watched.lines.filter(({ message }) => message === 'zones compared');
    expect([compared[0]?.grants, compared.at(-1)?.grants]).toEqual([1, 0]);
    expect(compared.at(-1)).toMatchObject({ acl: ACL, gateways: 0, capacity: 150, waiting: 0, failures: 0 });
  });

  it('a grant is late by less than a second where its timer comes', () => {
    expect(line('lateMs')).toHaveLength(1);
    expect(Math.max(...line('lateMs'))).toBeLessThan(1_000);
  });
});

describe('each metric of the dashboard', () => {
  it('of our own is emitted by the functions', () => {
    const own = series.filter(({ metric }) => metric[0] === 'KnocknocOkta');
    // What no alarm watches is a code like the others.
    const withoutAlarm = allErrorCodes().filter((code) => ERRORS[code].severity === 'no alarm');
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => new EvaluatedAlarm(alarm));
    const unknown = own.filter(({ metric }) => {
      const [namespace, name] = metric.map(String);
      const point = { namespace: namespace ?? '', name: name ?? '', dimensions: dimensionsOf(metric), value: 0, at: 0 };
      const key = (one: typeof point) => JSON.stringify([one.name, Object.entries(one.dimensions).sort()]);
      // What an alarm watches is shown to be emitted where the alarms are tried.
      return (
        !watched.points.some((one) => key(one) === key(point)) &&
        !alarms.some((one) => one.watches(point)) &&
        !withoutAlarm.some((code) => metric.includes(code))
      );
    });
    expect(unknown).toEqual([]);
    expect(own.length).toBe(allErrorCodes().length + 4);
  });

  it("of AWS's is one that AWS makes, of a part of the stack", () => {
    const made = {
      'AWS/Lambda': ['Errors', 'Duration', 'IteratorAge', 'FunctionName', 'AWS::Lambda::Function'],
      'AWS/SQS': [
        'ApproximateAgeOfOldestMessage',
        'ApproximateNumberOfMessagesVisible',
        'QueueName',
        'AWS::SQS::Queue',
      ],
    } as const;
    const others = series.filter(({ metric }) => metric[0] !== 'KnocknocOkta');
    expect(others.length).toBeGreaterThan(10);
    for (const { title, metric } of others) {
      const [namespace, name] = metric;
      const known: readonly string[] = made[namespace as keyof typeof made] ?? [];
      const [[dimension, id] = ['', '']] = Object.entries(dimensionsOf(metric));
      expect(known, title).toEqual(expect.arrayContaining([name, dimension]));
      expect(
        resourcesOf(template, known.at(-1) ?? '').map(([one]) => one),
        title,
      ).toContain(id);
    }
  });
});

describe('the dashboard', () => {
  it('shows every error code, every function and every queue, and the state of every alarm', () => {
    const text = JSON.stringify(dashboard.Properties.DashboardBody);
    for (const code of allErrorCodes()) expect(text).toContain(`\\"Code\\",\\"${code}\\"`);
    for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::CloudWatch::Alarm']) {
      for (const [id] of resourcesOf(template, type)) expect(text, id).toContain(`"${id}"`);
    }
  });
});
