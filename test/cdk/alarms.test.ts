import { describe, expect, it } from 'vitest';
import { allErrorCodes, ERRORS } from '../../lib/error-codes.ts';
import { FUNCTIONS, property, type Resource, resourceOf, resourcesOf, templateWith, textOf } from './synthesised.ts';

const template = templateWith({ stackName: 'Acme', alarmEmail: 'ops@example.com' });
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
const withAlarm = allErrorCodes().filter((code) => ERRORS[code].severity !== 'no alarm');
const topic = (prefix: string) => ({ Ref: resourceOf(template, 'AWS::SNS::Topic', prefix)[0] });
const TOPICS = { urgent: topic('AlarmTopicC2164170'), 'can wait': topic('AlarmTopicCanWait') } as const;
/** Alarms that must wake somebody, beside the codes that the catalogue calls urgent. All others can wait. */
const URGENT = [
  ...['events-dead-letters', 'events-not-applied', 'events-refused', 'expired-in-zone', 'tick-missing'],
  ...['webhook-errors', 'webhook-throttles', 'zone-not-verified'],
];

function alarmOf(name: string): Resource {
  const alarm = alarms.find(({ Properties }) => Properties.AlarmName === `Acme-${name}`);
  if (!alarm) throw new Error(`no alarm ${name}`);
  return alarm;
}

describe('each error code', () => {
  it.each(withAlarm)('%s has an alarm on the very metric that the functions emit', (code) => {
    const { Properties } = alarmOf(code);
    expect(Properties).toMatchObject({
      Namespace: 'KnocknocOkta',
      MetricName: 'Errors',
      Statistic: 'Sum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(Properties.Dimensions).toHaveLength(2);
    expect(Properties.Dimensions).toEqual(
      expect.arrayContaining([
        { Name: 'service', Value: 'Acme' },
        { Name: 'Code', Value: code },
      ]),
    );
  });

  it('is none where no person must act', () => {
    const none = allErrorCodes().filter((code) => !withAlarm.includes(code));
    expect(none).toEqual(['LIST005']);
    expect(alarms.some(({ Properties }) => String(Properties.AlarmName).endsWith('LIST005'))).toBe(false);
  });

  it('alarms at the first time, but for what a passer-by can cause: that takes a rate', () => {
    const rates = Object.fromEntries(
      withAlarm.map((code) => {
        const { Properties } = alarmOf(code);
        return [code, `${String(Properties.Threshold)} in ${String(Properties.Period)} s`];
      }),
    );
    const ofRequests = { anyone: '20 in 900 s', sender: '5 in 900 s' };
    for (const code of withAlarm) {
      const { causedBy } = ERRORS[code];
      expect(rates[code], code).toBe(causedBy ? ofRequests[causedBy] : '1 in 60 s');
    }
    expect([rates.HOOK001, rates.HOOK002, rates.HOOK007]).toEqual(['20 in 900 s', '5 in 900 s', '1 in 60 s']);
  });

  it.each(withAlarm)('%s says what it means, what to look at first and where to read on', (code) => {
    const text = textOf(alarmOf(code).Properties.AlarmDescription);
    const { impact, firstStep } = ERRORS[code];
    // Whoever gets the mail works on this stack, and on no other.
    const first = firstStep.replaceAll('npm run zone -- ', `npm run zone -- --stack Acme --region \${Region} `);
    expect(text).toBe(`${impact} First: ${first} More: docs/errors.md, "${code}".`);
  });
});

describe('every alarm', () => {
  it('tells the topic of its severity of trouble and of its end', () => {
    expect(alarms).toHaveLength(withAlarm.length + 21);
    const found: string[] = [];
    for (const { Properties } of alarms) {
      const name = String(Properties.AlarmName).replace('Acme-', '');
      const code = withAlarm.find((one) => one === name);
      const isUrgent = code ? ERRORS[code].severity === 'urgent' : URGENT.includes(name);
      if (isUrgent && !code) found.push(name);
      const actions = [TOPICS[isUrgent ? 'urgent' : 'can wait']];
      expect([name, Properties.AlarmActions, Properties.OKActions]).toEqual([name, actions, actions]);
      expect(textOf(Properties.AlarmDescription).length).toBeLessThan(1024);
    }
    expect(found.toSorted()).toEqual(URGENT);
  });

  it('has a name that no other has', () => {
    expect(new Set(alarms.map(({ Properties }) => Properties.AlarmName)).size).toBe(alarms.length);
  });
});

describe('"access does not work"', () => {
  const [[, composite] = ['', undefined], ...more] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm');
  const { AlarmName, AlarmRule, AlarmActions, OKActions, AlarmDescription } = composite?.Properties ?? {};

  it('is the only one of its kind, and wakes somebody', () => {
    expect(more).toEqual([]);
    expect(AlarmName).toBe('Acme-access-does-not-work');
    expect([AlarmActions, OKActions]).toEqual([[TOPICS.urgent], [TOPICS.urgent]]);
    expect(textOf(AlarmDescription)).toMatch(/ First: .+ More: docs\/errors\.md, "Access does not work"\.$/);
  });

  it('is on as long as one of the urgent alarms is, and one that can wait changes nothing', () => {
    const rule = JSON.stringify(AlarmRule);
    expect(rule).not.toMatch(/\b(?:AND|NOT|OK|INSUFFICIENT_DATA)\b/);
    const ids = [...rule.matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/g)].map(([, id]) => id);
    const urgent = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
      ([, { Properties }]) => JSON.stringify(Properties.AlarmActions) === JSON.stringify([TOPICS.urgent]),
    );
    expect(ids.toSorted()).toEqual(urgent.map(([id]) => id).toSorted());
    expect(rule.match(/ALARM\(/g)).toHaveLength(ids.length);
    expect(rule.match(/ OR /g)).toHaveLength(ids.length - 1);
  });
});

describe('the ways in which the pipeline gets stuck', () => {
  it.each([
    ['events-dead-letters', 'GrantsEventsDeadLetters'],
    ['timer-queue-dead-letters', 'ExpiryTimersDeadLetters'],
    ['zone-failures', 'ZoneFailuresQueue'],
  ])('%s: one message is an alarm', (name, queue) => {
    const { Properties } = alarmOf(name);
    expect(Properties).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(JSON.stringify(Properties.Dimensions)).toContain(
      `["${resourceOf(template, 'AWS::SQS::Queue', queue)[0]}","QueueName"]`,
    );
  });

  it('old events, an old stream position, a tick that does not come', () => {
    expect(alarmOf('events-not-applied').Properties).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Threshold: 120,
    });
    expect(alarmOf('zone-iterator-age').Properties).toMatchObject({ MetricName: 'IteratorAge', Threshold: 60_000 });
    expect(alarmOf('tick-missing').Properties).toMatchObject({
      MetricName: 'ExpiredInZoneSeconds',
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('posts that are all refused, a sender whose clock is off', () => {
    expect(alarmOf('events-refused').Properties).toMatchObject({
      ...{ MetricName: 'RefusedAndNoneAccepted', Statistic: 'Sum', Threshold: 5, Period: 3600 },
    });
    expect(alarmOf('sender-clock').Properties).toMatchObject({
      ...{ MetricName: 'ClockSkewSeconds', ComparisonOperator: 'GreaterThanThreshold', Threshold: 30 },
    });
  });

  it.each(FUNCTIONS)('%s fails or is throttled', (name) => {
    const [id] = resourceOf(template, 'AWS::Lambda::Function', `${name}Function`);
    for (const [suffix, metric] of [
      ['errors', 'Errors'],
      ['throttles', 'Throttles'],
    ]) {
      expect(alarmOf(`${name.toLowerCase()}-${suffix}`).Properties).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: metric,
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: id } }],
      });
    }
  });
});

describe('each topic', () => {
  it('lets CloudWatch of this account publish, and nobody over plain http', () => {
    const policies = resourcesOf(template, 'AWS::SNS::TopicPolicy').map(([, policy]) => policy);
    expect(policies.map((policy) => property(policy, 'Topics'))).toEqual(Object.values(TOPICS).map((one) => [one]));
    for (const policy of policies)
      expect(property(policy, 'PolicyDocument', 'Statement')).toEqual([
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]);
  });

  it('writes to the address in the configuration, and to nobody without one', () => {
    const subscriptions = resourcesOf(template, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties);
    const address = { Protocol: 'email', Endpoint: 'ops@example.com' };
    expect(subscriptions).toEqual(Object.values(TOPICS).map((one) => ({ ...address, TopicArn: one })));
    templateWith().resourceCountIs('AWS::SNS::Subscription', 0);
  });
});
