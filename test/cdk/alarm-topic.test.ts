import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourceOf, resourcesOf, templateWith } from './synthesised.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:alarms';
const CAN_WAIT = 'arn:aws:sns:eu-central-1:111122223333:alarms-that-can-wait';

const alarmsOf = (of: Template) =>
  ['Alarm', 'CompositeAlarm'].flatMap((type) => resourcesOf(of, `AWS::CloudWatch::${type}`));

describe("the customer's topic", () => {
  const template = templateWith({ alarmTopicArn: TOPIC });

  it('hears every alarm begin and end, in place of a topic of the stack', () => {
    const alarms = alarmsOf(template);
    expect(alarms.length).toBeGreaterThan(30);
    for (const [id, { Properties }] of alarms) {
      expect([Properties.AlarmActions, Properties.OKActions], id).toEqual([[TOPIC], [TOPIC]]);
    }
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    expect(template.findOutputs('*')).toMatchObject({ AlarmTopicArn: { Value: TOPIC, Description: /all alarms/ } });
    expect(template.findOutputs('*')).not.toHaveProperty('CanWaitTopicArn');
  });

  it('is what the address for alarms is subscribed to', () => {
    const both = templateWith({ alarmTopicArn: TOPIC, alarmEmail: 'ops@example.com' });
    expect(resourcesOf(both, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties)).toEqual([
      { Protocol: 'email', TopicArn: TOPIC, Endpoint: 'ops@example.com' },
    ]);
  });

  it('may be one for what must wake somebody and one for what can wait', () => {
    const two = templateWith({ alarmTopicArn: TOPIC, canWaitTopicArn: CAN_WAIT, alarmEmail: 'ops@example.com' });
    const heard = new Map(alarmsOf(two).map(([, { Properties }]) => [Properties.AlarmName, Properties.AlarmActions]));
    expect(heard.get('KnocknocOkta-access-does-not-work')).toEqual([TOPIC]);
    expect(heard.get('KnocknocOkta-OKTA001')).toEqual([TOPIC]);
    expect(heard.get('KnocknocOkta-ZONE007')).toEqual([CAN_WAIT]);
    two.resourceCountIs('AWS::SNS::Topic', 0);
    const subscribed = resourcesOf(two, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties.TopicArn);
    expect(subscribed).toEqual([TOPIC, CAN_WAIT]);
    expect(two.findOutputs('*')).toMatchObject({
      AlarmTopicArn: { Value: TOPIC },
      CanWaitTopicArn: { Value: CAN_WAIT },
    });
  });

  it('may be named for what can wait alone: what must wake somebody goes to one of the stack', () => {
    const one = templateWith({ canWaitTopicArn: CAN_WAIT });
    const [id] = resourceOf(one, 'AWS::SNS::Topic', 'AlarmTopic');
    const heard = new Map(alarmsOf(one).map(([, { Properties }]) => [Properties.AlarmName, Properties.AlarmActions]));
    expect([heard.get('KnocknocOkta-OKTA001'), heard.get('KnocknocOkta-ZONE007')]).toEqual([[{ Ref: id }], [CAN_WAIT]]);
  });

  it('may be named twice: then it is one topic', () => {
    const same = templateWith({ alarmTopicArn: TOPIC, canWaitTopicArn: TOPIC, alarmEmail: 'ops@example.com' });
    expect(resourcesOf(same, 'AWS::SNS::Subscription')).toHaveLength(1);
    expect(same.findOutputs('*')).not.toHaveProperty('CanWaitTopicArn');
  });
});
