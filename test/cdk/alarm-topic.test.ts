import { describe, expect, it } from 'vitest';
import { resourcesOf, templateWith } from './synthesised.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:alarms';

describe("the customer's topic", () => {
  const template = templateWith({ alarmTopicArn: TOPIC });

  it('hears every alarm begin and end, in place of a topic of the stack', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(30);
    for (const [id, { Properties }] of alarms) {
      expect([Properties.AlarmActions, Properties.OKActions], id).toEqual([[TOPIC], [TOPIC]]);
    }
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual([]);
    expect(resourcesOf(template, 'AWS::SNS::TopicPolicy')).toEqual([]);
    expect(template.findOutputs('AlarmTopicArn')).toMatchObject({ AlarmTopicArn: { Value: TOPIC } });
  });

  it('is what the address for alarms is subscribed to', () => {
    const both = templateWith({ alarmTopicArn: TOPIC, alarmEmail: 'ops@example.com' });
    expect(resourcesOf(both, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties)).toEqual([
      { Protocol: 'email', TopicArn: TOPIC, Endpoint: 'ops@example.com' },
    ]);
  });
});
