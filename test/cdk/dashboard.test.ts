import { Construct } from 'constructs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { firstSteps } from '../../cdk/first-steps.ts';
import { SAVED_QUERIES } from '../../cdk/saved-queries.ts';
import { allErrorCodes, ERRORS } from '../../lib/error-codes.ts';
import { VERSION } from '../../lib/version.ts';
import { EvaluatedAlarm } from '../helpers/alarm-evaluator.ts';
import { InsightsQuery } from '../helpers/insights-query.ts';
import { ACL } from '../helpers/virtual-system.ts';
import { WatchedSystem } from '../helpers/watched-system.ts';
import { widgetsOf } from './dashboard-widgets.ts';
import {
  EVERYTHING_SET,
  FUNCTIONS,
  property,
  resourceOf,
  resourcesOf,
  stackWith,
  templateWith,
} from './synthesised.ts';

afterAll(() => vi.restoreAllMocks());

const template = templateWith({ stackName: 'Acme' });
const [, dashboard] = resourceOf(template, 'AWS::CloudWatch::Dashboard', 'Dashboard');
const widgets = widgetsOf(dashboard);
const queries = widgets.flatMap(({ properties }) => (properties.query === undefined ? [] : [properties]));
/** What a dashboard of an account's first three shows at most without a price (AWS's price list). */
const MOST_METRICS = 50;
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
      'In and waiting, by ACL',
      'In and waiting, the largest ACL',
      'IPs that zones gained and lost, by the hour',
      'Events by type and outcome',
      "Okta's quota: calls left",
      'Calls to Okta by status',
      'From a grant to the zone (ms)',
      'How late grants end (ms)',
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
    const ofLists = allErrorCodes().filter((code) => code.startsWith('LIST'));
    expect(own.length).toBe(allErrorCodes().length - ofLists.length + 4);
  });

  it("of AWS's is one that AWS makes, of a part of the stack", () => {
    const made = {
      'AWS/Lambda': ['Errors', 'IteratorAge', 'FunctionName', 'AWS::Lambda::Function'],
      'AWS/SQS': [
        'ApproximateAgeOfOldestMessage',
        'ApproximateNumberOfMessagesVisible',
        'NumberOfMessagesSent',
        'NumberOfMessagesDeleted',
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
  const everything = templateWith(EVERYTHING_SET);
  const [, fullest] = resourceOf(everything, 'AWS::CloudWatch::Dashboard', 'Dashboard');

  it('shows every error code, every function and every queue, and the state of every alarm', () => {
    const text = JSON.stringify(fullest.Properties.DashboardBody);
    for (const code of allErrorCodes()) expect(text).toContain(`\\"Code\\",\\"${code}\\"`);
    for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::CloudWatch::Alarm']) {
      for (const [id] of resourcesOf(everything, type)) expect(text, id).toContain(`"${id}"`);
    }
  });

  it('shows the alarm of all that is urgent before all others', () => {
    const [only] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm').map(([, { Properties }]) => Properties);
    const [first] = widgets.find(({ type }) => type === 'alarm')?.properties.alarms ?? [];
    // By its name: an emulator that deploys the stack anew knows no other way to its ARN.
    expect(first?.endsWith(`:alarm:${only?.AlarmName}`)).toBe(true);
  });

  it.each([
    ['as it comes', template],
    ['with everything set', everything],
  ])('%s, has no more metrics than are free, and fills its rows', (_, of) => {
    const all = widgetsOf(resourceOf(of, 'AWS::CloudWatch::Dashboard', 'Dashboard')[1]);
    const metrics = all.flatMap(({ properties: { metrics: each = [] } }) => each);
    const names = metrics.map((metric) => JSON.stringify(metric.filter((part) => typeof part === 'string')));
    expect(new Set(names).size).toBeLessThanOrEqual(MOST_METRICS);
    const widths = Map.groupBy(all, ({ y }) => y);
    for (const row of widths.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
  });

  it('has a line at the threshold of each alarm on a metric that it shows', () => {
    const alarms = resourcesOf(everything, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => ({
      name: String(Properties.AlarmName).replace('KnocknocOkta-', ''),
      threshold: Properties.Threshold,
    }));
    const lines = widgetsOf(fullest).flatMap(({ properties: { annotations } }) => annotations?.horizontal ?? []);
    const marked = alarms.filter(({ name, threshold }) =>
      lines.some(({ label, value }) => value === threshold && label.startsWith(name)),
    );
    expect(marked.map(({ name }) => name).toSorted()).toEqual(
      [
        ...['HOOK001', 'HOOK002', 'OKTA001', 'events-dead-letters', 'events-not-applied', 'expired-in-zone'],
        ...['list-not-read', 'sender-clock', 'zone-iterator-age', 'zone-nearly-full', 'zone-not-verified'],
      ].toSorted(),
    );
    expect(lines).toHaveLength(marked.length);
    expect(lines).toContainEqual(expect.objectContaining({ value: 20, label: 'HOOK001, HOOK003' }));
  });
});

describe('what the dashboard says first', () => {
  const [{ type, y, properties: first } = { type: '', y: -1, properties: {} }] = widgets;
  const { markdown = '' } = first;
  const links = new Map(
    [...markdown.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, text = '', url = '']) => [text, url]),
  );

  it('is what to do, with the command to run first', () => {
    expect([type, y]).toEqual(['text', 0]);
    expect(markdown.indexOf('npm run zone -- --stack Acme --region eu-west-1 doctor')).toBeLessThan(100);
    expect(links.get('status.okta.com')).toBe('https://status.okta.com');
  });

  it.each(Object.entries(SAVED_QUERIES))('opens the query "%s" over the logs of all functions', (name, lines) => {
    const [page = '', fragment = ''] = (links.get(name) ?? '').split('#');
    // By its partition; the region comes twice.
    expect(page).toMatch(/^https:\/\/\w+\/cloudwatch\/home\?region=\w/);
    // Twice as the console writes it, and once more for what is text within that.
    const opened = decodeURIComponent(decodeURIComponent(fragment.replaceAll('$', '%')));
    const [, query = '', source = ''] = /~editorString~'([^~]+)~.*~source~\(((?:~'\w+)+)\)\)$/.exec(opened) ?? [];
    expect(decodeURIComponent(query.replaceAll('*', '%'))).toBe(lines.join('\n'));
    expect(source.split("~'").slice(1).toSorted()).toEqual(Object.keys(FUNCTION_OF_LOG).toSorted());
  });

  it('links to the runbook of the release, where the project says where that is', () => {
    const { stack } = stackWith();
    const url = 'https://git.example.com/knocknoc-okta';
    const runbook = `[The runbook of version ${VERSION}](${url}/blob/v${VERSION}/docs/errors.md)`;
    expect(firstSteps(new Construct(stack, 'Linked'), [], url)).toContain(runbook);
    expect(firstSteps(new Construct(stack, 'Unlinked'), [])).toContain(`docs/errors.md of version ${VERSION}`);
  });
});
